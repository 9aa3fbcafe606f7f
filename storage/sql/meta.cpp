#include "storage/sql/meta.hpp"

namespace siwareng::storage::sql {

constexpr std::string_view meta_load = "SELECT value FROM meta WHERE key = $1";

std::optional<std::string> load_meta(connection& db, std::string_view key) {
    const kept load = db.prepare(meta_load);
    rows found(load, key);
    if (!found.next()) return std::nullopt;
    return std::string(found.bytes(0));
}

constexpr std::string_view meta_save =
    "INSERT INTO meta (key, value) VALUES ($1, $2) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value";

void save_meta(connection& db, std::string_view key, std::string_view value) {
    run(db.prepare(meta_save), key, value);
}

}  // namespace siwareng::storage::sql
