#include "storage/sql/contacts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace siwareng::storage::sql {
namespace {

/// A sealed column as it is: moving it within its column needs no opening.
std::optional<std::string> copy_of(const rows& from, int column) {
    if (from.is_null(column)) return std::nullopt;
    return std::string(from.bytes(column));
}

std::optional<blob> view_of(const std::optional<std::string>& bytes) {
    if (!bytes) return std::nullopt;
    return blob{*bytes};
}

}  // namespace

constexpr std::string_view merge_load =
    "SELECT window_until_ms, blocked, profile_name, session FROM contacts WHERE id = $1";

constexpr std::string_view merge_fill =
    "UPDATE contacts SET "
    "window_until_ms = CASE WHEN window_until_ms < $2 THEN $2 ELSE window_until_ms END, "
    "blocked = CASE WHEN $3 = 0 THEN 0 ELSE blocked END, "
    "profile_name = COALESCE(profile_name, $4), session = COALESCE(session, $5) WHERE id = $1";

constexpr std::string_view merge_move_timer =
    "UPDATE timers SET contact_id = $1 WHERE contact_id = $2";

constexpr std::string_view merge_drop_timer = "DELETE FROM timers WHERE contact_id = $1";

/// The kept contact's own facts win; a session is never mixed, and a timer goes with its session.
void contact_merge::merge_row(contact_id kept_id, contact_id other) {
    bool kept_has_session = false;
    {
        rows found(load_, kept_id);
        kept_has_session = found.next() && !found.is_null(3);
    }
    bool other_has_session = false;
    std::int64_t window_until_ms = 0;
    bool blocked = true;
    std::optional<std::string> profile_name;
    std::optional<std::string> session;
    {
        rows found(load_, other);
        if (found.next()) {
            window_until_ms = found.integer(0);
            blocked = found.flag(1);
            profile_name = copy_of(found, 2);
            session = copy_of(found, 3);
            other_has_session = session.has_value();
        }
    }
    run(fill_, kept_id, window_until_ms, blocked, view_of(profile_name), view_of(session));
    if (!kept_has_session && other_has_session) {
        run(drop_timer_, kept_id);
        run(move_timer_, kept_id, other);
    }
    run(drop_timer_, other);
}

constexpr std::string_view merge_move_addresses =
    "UPDATE contact_addresses SET contact_id = $1 WHERE contact_id = $2";

constexpr std::string_view merge_move_inbound =
    "UPDATE inbound SET contact_id = $1 WHERE contact_id = $2";

constexpr std::string_view merge_move_outbox =
    "UPDATE outbox SET contact_id = $1 WHERE contact_id = $2";

// At most one handoff of a contact is open: the kept contact's, if it has one.
constexpr std::string_view merge_move_handoffs =
    "UPDATE handoffs SET contact_id = $1 WHERE contact_id = $2 AND (closed_ms IS NOT NULL OR "
    "NOT EXISTS (SELECT 1 FROM handoffs AS h WHERE h.contact_id = $1 AND h.closed_ms IS NULL))";

constexpr std::string_view merge_drop_handoffs = "DELETE FROM handoffs WHERE contact_id = $1";

constexpr std::string_view merge_remove = "DELETE FROM contacts WHERE id = $1";

void contact_merge::merge(contact_id kept_id, contact_id other) {
    merge_row(kept_id, other);
    run(move_addresses_, kept_id, other);
    run(move_inbound_, kept_id, other);
    run(move_outbox_, kept_id, other);
    run(move_handoffs_, kept_id, other);
    run(drop_handoffs_, other);
    run(remove_, other);
}

contact_merge::contact_merge(connection& db)
    : load_(db.prepare(merge_load)),
      fill_(db.prepare(merge_fill)),
      move_addresses_(db.prepare(merge_move_addresses)),
      move_inbound_(db.prepare(merge_move_inbound)),
      move_outbox_(db.prepare(merge_move_outbox)),
      move_handoffs_(db.prepare(merge_move_handoffs)),
      drop_handoffs_(db.prepare(merge_drop_handoffs)),
      move_timer_(db.prepare(merge_move_timer)),
      drop_timer_(db.prepare(merge_drop_timer)),
      remove_(db.prepare(merge_remove)) {}

}  // namespace siwareng::storage::sql
