#pragma once

#include "storage/sql/driver.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace siwareng::storage::sql {

/// The key of the row that says which key file the database belongs to.
inline constexpr std::string_view meta_key_fingerprint = "key_fingerprint";

/// Reads and writes meta: only at creation and at start, so its statements are not kept.
std::optional<std::string> load_meta(connection& db, std::string_view key);
void save_meta(connection& db, std::string_view key, std::string_view value);

}  // namespace siwareng::storage::sql
