#pragma once

#include <string_view>

namespace siwareng::storage::sql {

/// The places of the outbox's sealed columns; its classes share them.
inline constexpr std::string_view place_outbox_payload = "outbox.payload";
inline constexpr std::string_view place_outbox_wamid = "outbox.wamid";

}  // namespace siwareng::storage::sql
