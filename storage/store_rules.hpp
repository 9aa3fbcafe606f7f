#pragma once

#include "storage/types.hpp"

#include <cstdint>
#include <vector>

namespace siwareng::storage {

/// Nobody knows yet whether the message reached the API: it keeps later ones of its contact
/// waiting.
constexpr bool is_unresolved(outbox_state state) {
    return state == outbox_state::queued || state == outbox_state::sending ||
           state == outbox_state::in_doubt;
}

/// May a status move a message from `from` to `to`? Only forward; `failed` only over what was not
/// yet delivered; nothing follows `failed` and `cancelled`.
constexpr bool may_follow(outbox_state from, outbox_state to) {
    const bool final = from == outbox_state::failed || from == outbox_state::cancelled;
    const bool of_a_status = to >= outbox_state::sent && to <= outbox_state::failed;
    if (final || !of_a_status) return false;
    if (to == outbox_state::failed) return from <= outbox_state::sent;
    return to > from;
}

/// Does a status change its row? A message that was in doubt may have been sent twice, under two
/// wamids: the failure of one says nothing about the other (`same_wamid` is false).
constexpr bool status_is_news(outbox_state from, outbox_state to, bool same_wamid) {
    return may_follow(from, to) && (same_wamid || to != outbox_state::failed);
}

/// May a status that names this outbox row by our own id be about it? Not if the row was never
/// handed to the API: then the id is of another life of the database (restored from a backup).
constexpr bool may_have_status(outbox_state state, int attempts, bool has_wamid) {
    return state != outbox_state::queued || attempts > 0 || has_wamid;
}

/// The later of `now_ms` and the moment after `newest_ms`: the newest address of a kind is the one
/// to send to, also where two become known in the same millisecond.
constexpr std::int64_t after(std::int64_t newest_ms, std::int64_t now_ms) {
    return now_ms > newest_ms ? now_ms : newest_ms + 1;
}

/// Orders entries by time, a message before the reply that was made in the same moment, and keeps
/// the last `limit`.
std::vector<conversation_entry> last_entries(std::vector<conversation_entry> entries, int limit);

}  // namespace siwareng::storage
