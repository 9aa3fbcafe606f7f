#include "storage/sql/timers.hpp"

#include <string>
#include <string_view>

namespace siwareng::storage::sql {

constexpr std::string_view timer_set =
    "INSERT INTO timers (contact_id, due_ms, wait_seq) VALUES ($1, $2, $3) "
    "ON CONFLICT (contact_id) DO UPDATE SET due_ms = excluded.due_ms, wait_seq = excluded.wait_seq";

void timers_table::set(contact_id who, std::int64_t due_ms, std::uint64_t wait_seq) {
    run(set_, who, due_ms, wait_seq);
}

constexpr std::string_view timer_clear = "DELETE FROM timers WHERE contact_id = $1";

void timers_table::clear(contact_id who) {
    run(clear_, who);
}

constexpr std::string_view timers_due =
    "SELECT t.contact_id, c.office, t.wait_seq FROM timers AS t "
    "JOIN contacts AS c ON c.id = t.contact_id "
    "WHERE t.due_ms <= $1 ORDER BY t.due_ms, t.contact_id LIMIT $2";

std::vector<due_timer> timers_table::take_due(std::int64_t now_ms, int limit) {
    std::vector<due_timer> due;
    {
        rows found(due_, now_ms, limit);
        while (found.next()) {
            due.push_back({.contact = found.integer(0),
                           .office = std::string(found.bytes(1)),
                           .wait_seq = static_cast<std::uint64_t>(found.integer(2))});
        }
    }
    for (const due_timer& each : due)
        clear(each.contact);
    return due;
}

timers_table::timers_table(connection& db)
    : set_(db.prepare(timer_set)), clear_(db.prepare(timer_clear)), due_(db.prepare(timers_due)) {}

}  // namespace siwareng::storage::sql
