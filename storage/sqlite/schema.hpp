#pragma once

#include "storage/sqlite/connection.hpp"

#include <string_view>

namespace siwareng::storage::sqlite {

/// The newest version of the schema.
int newest_schema();

/// Makes an empty file one of our databases, at the given version of the schema.
void create_schema(connection& db, std::string_view key_fingerprint, int version);

/// Throws not_a_store, newer_schema or wrong_key where the file should not be opened.
void check_schema(connection& db, std::string_view key_fingerprint);

/// Brings the schema to the newest version, each step in a transaction of its own together with its
/// number: a step that fails leaves the version before it.
void migrate_schema(connection& db);

}  // namespace siwareng::storage::sqlite
