#include "storage/sql/outbox.hpp"
#include "storage/sql/outbox_places.hpp"

#include <array>
#include <string>
#include <utility>

namespace siwareng::storage::sql {

constexpr std::string_view outbox_route =
    "SELECT c.office, c.blocked, c.window_until_ms, a.kind, a.value, "
    "EXISTS (SELECT 1 FROM outbox AS o WHERE o.contact_id = c.id AND o.state < 4) "
    "FROM contacts AS c JOIN contact_addresses AS a ON a.contact_id = c.id "
    "WHERE c.id = $1 ORDER BY a.kind, a.used_ms DESC LIMIT 1";

std::optional<outbox_queue::route> outbox_queue::route_to(contact_id who) {
    rows found(route_, who);
    if (!found.next()) return std::nullopt;
    route to;
    to.item.office = found.bytes(0);
    to.free = !found.flag(1) && !found.flag(5);
    to.item.window_until_ms = found.integer(2);
    to.item.to.kind = found.value<address_kind>(3);
    to.item.to.value = seals_.open("contact_addresses.value", found, 4);
    return to;
}

constexpr std::string_view outbox_insert =
    "INSERT INTO outbox (contact_id, state, lane, due_ms, created_ms, needs_window, reply_to, "
    "payload) VALUES ($1, $2, $3, $4, $4, $5, $6, $7) RETURNING id";

std::optional<outbox_item> outbox_queue::enqueue(const outbound& what, bool dispatch) {
    std::optional<route> to;
    if (dispatch) to = route_to(what.contact);
    const bool at_once = to && to->free;
    const outbox_state state = at_once ? outbox_state::sending : outbox_state::queued;
    const std::optional<std::int64_t> id = first_integer(
        insert_, what.contact, state, what.priority, what.created_ms, what.needs_window,
        what.reply_to, seals_.seal(place_outbox_payload, what.payload));
    if (!at_once) return std::nullopt;
    outbox_item item = std::move(to->item);
    item.id = id.value();
    item.contact = what.contact;
    item.priority = what.priority;
    item.payload = what.payload;
    item.needs_window = what.needs_window;
    item.created_ms = what.created_ms;
    return item;
}

// One lane at a time, so that the index gives the order and a long queue is never sorted.
constexpr std::string_view outbox_due =
    "SELECT o.id FROM outbox AS o JOIN contacts AS c ON c.id = o.contact_id "
    "WHERE o.state = 1 AND o.lane = $1 AND o.due_ms <= $2 AND c.blocked = 0 "
    "AND NOT EXISTS (SELECT 1 FROM outbox AS e "
    "WHERE e.contact_id = o.contact_id AND e.state < 4 AND e.id < o.id) "
    "ORDER BY o.due_ms, o.id LIMIT $3";

std::vector<outbox_item> outbox_queue::claim_due(std::int64_t now_ms, int limit) {
    constexpr std::array lanes{lane::officer, lane::reply, lane::notice, lane::broadcast};
    std::vector<outbox_id> ids;
    for (const lane each : lanes) {
        const int room = limit - static_cast<int>(ids.size());
        if (room <= 0) break;
        rows found(due_, each, now_ms, room);
        while (found.next())
            ids.push_back(found.integer(0));
    }
    std::vector<outbox_item> items;
    items.reserve(ids.size());
    for (const outbox_id id : ids)
        items.push_back(claim(id));
    return items;
}

constexpr std::string_view outbox_next =
    "SELECT o.id, o.state, o.due_ms, c.blocked FROM outbox AS o "
    "JOIN contacts AS c ON c.id = o.contact_id "
    "WHERE o.contact_id = $1 AND o.state < 4 ORDER BY o.id LIMIT 1";

std::optional<outbox_item> outbox_queue::claim_next(contact_id who, std::int64_t now_ms) {
    outbox_id id = 0;
    {
        rows found(next_, who);
        if (!found.next()) return std::nullopt;
        const bool queued = found.value<outbox_state>(1) == outbox_state::queued;
        if (!queued || found.integer(2) > now_ms || found.flag(3)) return std::nullopt;
        id = found.integer(0);
    }
    return claim(id);
}

constexpr std::string_view outbox_claim = "UPDATE outbox SET state = 2 WHERE id = $1";

constexpr std::string_view outbox_load =
    "SELECT o.contact_id, o.lane, o.created_ms, o.needs_window, o.attempts, o.payload, "
    "c.office, c.window_until_ms, a.kind, a.value "
    "FROM outbox AS o JOIN contacts AS c ON c.id = o.contact_id "
    "JOIN contact_addresses AS a ON a.contact_id = o.contact_id "
    "WHERE o.id = $1 ORDER BY a.kind, a.used_ms DESC LIMIT 1";

outbox_item outbox_queue::claim(outbox_id id) {
    run(claim_, id);
    rows found(load_, id);
    outbox_item item;
    if (!found.next()) return item;
    item.id = id;
    item.contact = found.integer(0);
    item.priority = found.value<lane>(1);
    item.created_ms = found.integer(2);
    item.needs_window = found.flag(3);
    item.attempts = found.small(4);
    item.payload = seals_.open(place_outbox_payload, found, 5);
    item.office = found.bytes(6);
    item.window_until_ms = found.integer(7);
    item.to.kind = found.value<address_kind>(8);
    item.to.value = seals_.open("contact_addresses.value", found, 9);
    return item;
}

outbox_queue::outbox_queue(connection& db, const vault& seals)
    : seals_(seals),
      route_(db.prepare(outbox_route)),
      insert_(db.prepare(outbox_insert)),
      due_(db.prepare(outbox_due)),
      next_(db.prepare(outbox_next)),
      claim_(db.prepare(outbox_claim)),
      load_(db.prepare(outbox_load)) {}

}  // namespace siwareng::storage::sql
