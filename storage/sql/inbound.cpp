#include "storage/sql/inbound.hpp"

#include <string_view>
#include <utility>

namespace siwareng::storage::sql {
namespace {

constexpr std::string_view place_wamid = "inbound.wamid";
constexpr std::string_view place_body = "inbound.body";

}  // namespace

constexpr std::string_view inbound_insert =
    "INSERT INTO inbound (contact_id, state, sent_ms, received_ms, phone_number_id, type, "
    "wamid_index, wamid, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
    "ON CONFLICT (wamid_index) DO NOTHING RETURNING id";

std::optional<inbound_id> inbound_table::insert(contact_id who, const inbound& what,
                                                inbound_state state) {
    const blind_index index =
        seals_.blind("inbound.wamid_index", {what.phone_number_id, what.wamid});
    return first_integer(insert_, who, state, what.sent_ms, what.received_ms, what.phone_number_id,
                         what.type, as_blob(index), seals_.seal(place_wamid, what.wamid),
                         seals_.seal(place_body, what.body));
}

constexpr std::string_view inbound_set_state = "UPDATE inbound SET state = $2 WHERE id = $1";

bool inbound_table::set_state(inbound_id id, inbound_state state) {
    run(set_state_, id, state);
    return db_.changes() > 0;
}

// Rows are as old as their ids are low, so the oldest are found without an index of times.
constexpr std::string_view inbound_purge =
    "DELETE FROM inbound WHERE id IN (SELECT id FROM "
    "(SELECT id, received_ms FROM inbound ORDER BY id LIMIT $2) AS oldest WHERE received_ms < $1)";

int inbound_table::purge(std::int64_t before_ms, int limit) {
    run(purge_, before_ms, limit);
    return static_cast<int>(db_.changes());
}

inbound_table::inbound_table(connection& db, const vault& seals)
    : db_(db),
      seals_(seals),
      insert_(db.prepare(inbound_insert)),
      set_state_(db.prepare(inbound_set_state)),
      purge_(db.prepare(inbound_purge)) {}

constexpr std::string_view inbound_newest =
    "SELECT id, received_ms, type, state, wamid, body FROM inbound "
    "WHERE contact_id = $1 ORDER BY id DESC LIMIT $2";

std::vector<conversation_entry> inbound_history::newest(contact_id who, int limit) {
    std::vector<conversation_entry> entries;
    rows found(newest_, who, limit);
    while (found.next()) {
        conversation_entry entry;
        entry.from_citizen = true;
        entry.id = found.integer(0);
        entry.at_ms = found.integer(1);
        entry.type = found.bytes(2);
        entry.inbound = found.value<inbound_state>(3);
        entry.wamid = seals_.open(place_wamid, found, 4);
        entry.body = seals_.open(place_body, found, 5);
        entries.push_back(std::move(entry));
    }
    return entries;
}

constexpr std::string_view inbound_count_failed = "SELECT count(*) FROM inbound WHERE state = 3";

std::int64_t inbound_history::count_failed() {
    return first_integer(count_failed_).value();
}

inbound_history::inbound_history(connection& db, const vault& seals)
    : seals_(seals),
      newest_(db.prepare(inbound_newest)),
      count_failed_(db.prepare(inbound_count_failed)) {}

}  // namespace siwareng::storage::sql
