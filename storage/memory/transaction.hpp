#pragma once

#include "storage/memory/tables.hpp"
#include "storage/ports.hpp"

#include <memory>

namespace siwareng::storage::memory {

/// What jobs may do, on tables in memory.
std::unique_ptr<transaction> create_transaction(tables& data);

}  // namespace siwareng::storage::memory
