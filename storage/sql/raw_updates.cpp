#include "storage/sql/raw_updates.hpp"

#include <optional>

namespace siwareng::storage::sql {

constexpr std::string_view raw_keep =
    "INSERT INTO raw_updates (received_ms, body_index, body) VALUES ($1, $2, $3) "
    "ON CONFLICT (body_index) DO NOTHING";

bool raw_updates_table::keep(std::string_view body, std::int64_t received_ms) {
    const blind_index index = seals_.blind("raw_updates.body_index", {body});
    run(keep_, received_ms, as_blob(index), seals_.seal("raw_updates.body", body));
    return db_.changes() > 0;
}

// Rows are as old as their ids are low, so the oldest are found without an index of times.
constexpr std::string_view raw_purge =
    "DELETE FROM raw_updates WHERE id IN (SELECT id FROM "
    "(SELECT id, received_ms FROM raw_updates ORDER BY id LIMIT $2) AS oldest "
    "WHERE received_ms < $1)";

int raw_updates_table::purge(std::int64_t before_ms, int limit) {
    run(purge_, before_ms, limit);
    return static_cast<int>(db_.changes());
}

raw_updates_table::raw_updates_table(connection& db, const vault& seals)
    : db_(db), seals_(seals), keep_(db.prepare(raw_keep)), purge_(db.prepare(raw_purge)) {}

}  // namespace siwareng::storage::sql
