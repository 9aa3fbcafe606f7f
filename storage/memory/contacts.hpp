#pragma once

#include "storage/memory/tables.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace siwareng::storage::memory {

/// As transaction::resolve_contact.
contact resolve_contact(tables& data, std::string_view office,
                        const std::vector<address>& addresses, std::string_view profile_name,
                        std::int64_t now_ms);

}  // namespace siwareng::storage::memory
