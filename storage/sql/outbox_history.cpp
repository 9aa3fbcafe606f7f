#include "storage/sql/outbox.hpp"
#include "storage/sql/outbox_places.hpp"

#include <string_view>
#include <utility>

namespace siwareng::storage::sql {

constexpr std::string_view outbox_newest =
    "SELECT id, created_ms, state, reply_to, error_code, pricing_category, wamid, payload "
    "FROM outbox WHERE contact_id = $1 ORDER BY id DESC LIMIT $2";

std::vector<conversation_entry> outbox_history::newest(contact_id who, int limit) {
    std::vector<conversation_entry> entries;
    rows found(newest_, who, limit);
    while (found.next()) {
        conversation_entry entry;
        entry.id = found.integer(0);
        entry.at_ms = found.integer(1);
        entry.outbox = found.value<outbox_state>(2);
        if (!found.is_null(3)) entry.reply_to = found.integer(3);
        entry.error_code = found.small(4);
        entry.pricing_category = found.bytes(5);
        entry.wamid = seals_.open(place_outbox_wamid, found, 6);
        entry.body = seals_.open(place_outbox_payload, found, 7);
        entries.push_back(std::move(entry));
    }
    return entries;
}

constexpr std::string_view outbox_count_unresolved =
    "SELECT state, count(*), min(created_ms) FROM outbox WHERE state < 4 GROUP BY state";

constexpr std::string_view outbox_count_failed = "SELECT count(*) FROM outbox WHERE state = 8";

void outbox_history::count(store_stats& into) {
    rows found(count_unresolved_);
    while (found.next()) {
        const std::int64_t count = found.integer(1);
        switch (found.value<outbox_state>(0)) {
            case outbox_state::queued:
                into.outbox_queued = count;
                break;
            case outbox_state::sending:
                into.outbox_sending = count;
                break;
            default:
                into.outbox_in_doubt = count;
                break;
        }
        const std::int64_t oldest_ms = found.integer(2);
        const bool older = into.oldest_unsent_ms == 0 || oldest_ms < into.oldest_unsent_ms;
        if (older) into.oldest_unsent_ms = oldest_ms;
    }
    into.outbox_failed = first_integer(count_failed_).value();
}

outbox_history::outbox_history(connection& db, const vault& seals)
    : seals_(seals),
      newest_(db.prepare(outbox_newest)),
      count_unresolved_(db.prepare(outbox_count_unresolved)),
      count_failed_(db.prepare(outbox_count_failed)) {}

}  // namespace siwareng::storage::sql
