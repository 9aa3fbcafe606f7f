#include "storage/sql/parked_statuses.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace siwareng::storage::sql {

constexpr std::string_view parked_park =
    "INSERT INTO parked_statuses (received_ms, state, error_code, pricing_type, pricing_category, "
    "wamid_index) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (wamid_index, state) DO NOTHING";

void parked_statuses_table::park(const blind_index& wamid, const status_update& update,
                                 std::int64_t now_ms) {
    run(park_, now_ms, update.state, update.error_code, update.pricing_type,
        update.pricing_category, as_blob(wamid));
}

constexpr std::string_view parked_find =
    "SELECT id, state, error_code, pricing_type, pricing_category FROM parked_statuses "
    "WHERE wamid_index = $1";

constexpr std::string_view parked_remove = "DELETE FROM parked_statuses WHERE wamid_index = $1";

std::vector<status_update> parked_statuses_table::take(const blind_index& wamid) {
    // The index gives them by state; arrival is what counts.
    std::map<std::int64_t, status_update> by_arrival;
    {
        rows found(find_, as_blob(wamid));
        while (found.next()) {
            status_update& update = by_arrival[found.integer(0)];
            update.state = found.value<outbox_state>(1);
            update.error_code = found.small(2);
            update.pricing_type = found.bytes(3);
            update.pricing_category = found.bytes(4);
        }
    }
    if (by_arrival.empty()) return {};
    run(remove_, as_blob(wamid));
    std::vector<status_update> parked;
    parked.reserve(by_arrival.size());
    for (auto& [id, update] : by_arrival)
        parked.push_back(std::move(update));
    return parked;
}

// Rows are as old as their ids are low, so the oldest are found without an index of times.
constexpr std::string_view parked_purge =
    "DELETE FROM parked_statuses WHERE id IN (SELECT id FROM "
    "(SELECT id, received_ms FROM parked_statuses ORDER BY id LIMIT $2) AS oldest "
    "WHERE received_ms < $1)";

int parked_statuses_table::purge(std::int64_t before_ms, int limit) {
    run(purge_, before_ms, limit);
    return static_cast<int>(db_.changes());
}

parked_statuses_table::parked_statuses_table(connection& db)
    : db_(db),
      park_(db.prepare(parked_park)),
      find_(db.prepare(parked_find)),
      remove_(db.prepare(parked_remove)),
      purge_(db.prepare(parked_purge)) {}

constexpr std::string_view parked_count = "SELECT count(*) FROM parked_statuses";

std::int64_t parked_status_counts::all() {
    return first_integer(all_).value();
}

parked_status_counts::parked_status_counts(connection& db) : all_(db.prepare(parked_count)) {}

}  // namespace siwareng::storage::sql
