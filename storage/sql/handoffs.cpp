#include "storage/sql/handoffs.hpp"

namespace siwareng::storage::sql {

constexpr std::string_view handoff_refresh =
    "UPDATE handoffs SET topic = $2, refreshed_ms = $3 WHERE contact_id = $1 AND closed_ms IS NULL";

constexpr std::string_view handoff_open =
    "INSERT INTO handoffs (contact_id, topic, opened_ms, refreshed_ms) VALUES ($1, $2, $3, $3)";

bool handoffs_table::open(contact_id who, std::string_view topic, std::int64_t now_ms) {
    run(refresh_, who, topic, now_ms);
    if (db_.changes() > 0) return false;
    run(open_, who, topic, now_ms);
    return true;
}

constexpr std::string_view handoff_close =
    "UPDATE handoffs SET closed_ms = $2 WHERE contact_id = $1 AND closed_ms IS NULL";

void handoffs_table::close(contact_id who, std::int64_t now_ms) {
    run(close_, who, now_ms);
}

constexpr std::string_view handoff_purge =
    "DELETE FROM handoffs WHERE id IN (SELECT id FROM handoffs "
    "WHERE closed_ms IS NOT NULL AND closed_ms < $1 ORDER BY closed_ms LIMIT $2)";

int handoffs_table::purge(std::int64_t before_ms, int limit) {
    run(purge_, before_ms, limit);
    return static_cast<int>(db_.changes());
}

handoffs_table::handoffs_table(connection& db)
    : db_(db),
      refresh_(db.prepare(handoff_refresh)),
      open_(db.prepare(handoff_open)),
      close_(db.prepare(handoff_close)),
      purge_(db.prepare(handoff_purge)) {}

constexpr std::string_view handoff_count_open =
    "SELECT count(*) FROM handoffs WHERE closed_ms IS NULL";

std::int64_t handoff_counts::open() {
    return first_integer(open_).value();
}

handoff_counts::handoff_counts(connection& db) : open_(db.prepare(handoff_count_open)) {}

}  // namespace siwareng::storage::sql
