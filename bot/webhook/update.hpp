#pragma once

#include "dialogs/event.hpp"
#include "storage/types.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace siwareng::bot {

/// What to do with a citizen's message.
enum class message_use : std::uint8_t {
    turn,    ///< a flow, or at least a polite answer, is due
    silent,  ///< kept, never answered: reactions, edits, revokes, groups, system notes, errors
};

/// One element of `messages[]`, typed.
struct inbound_message {
    std::string phone_number_id;
    /// Opaque. Where Meta sends none, "missing." and a hash of the element, so that a redelivery is
    /// still recognised.
    std::string wamid;
    std::string type;  ///< Meta's `type`, "unknown" where missing
    /// Phone, BSUID and parent BSUID, whichever are there and plausible; may be empty (kept,
    /// silent).
    std::vector<storage::address> from;
    /// As the person wrote it; "@username" where there is only that.
    std::string profile_name;
    std::string username;      ///< without "@"; usually empty
    std::int64_t sent_ms = 0;  ///< 0 where missing; seconds or milliseconds accepted
    message_use use = message_use::silent;
    /// What the dialog sees. For `tap_event` and `text_event` the intents are still empty.
    dialogs::event what;
    /// A short readable form for staff: the text, "[foto] caption", "[lokasi] -6.1, 106.5" ...
    std::string body;
    std::string group_id;
    bool forwarded = false;
    /// The message that this one replies to (`context.id`), reacts to, edits or revokes.
    std::string reply_to_wamid;
};

/// `system` with `user_changed_number` or `user_changed_user_id`: two addresses are one person.
struct address_change {
    std::string phone_number_id;
    std::string wamid;
    std::vector<storage::address> before;
    std::vector<storage::address> after;
    std::int64_t sent_ms = 0;
};

/// One element of `statuses[]`.
struct delivery_status {
    std::string phone_number_id;
    storage::status_update update;  ///< office still empty
    /// Whom Meta delivered to, as far as it says: phone, BSUID, parent BSUID.
    std::vector<storage::address> recipient = {};
};

/// Anything else worth a counter and a line in the log: an account event, `value.errors[]`, an
/// unknown field. The raw body keeps its content.
struct notice {
    std::string field;  ///< at most 64 of [a-z0-9_], else "unknown"
    std::string phone_number_id;
    /// One of a fixed set, for the metric: "error", "status", "user_actions", a documented field
    /// such as "account_update", else "unknown".
    std::string kind;
    int error_code = 0;
};

using update = std::variant<inbound_message, address_change, delivery_status, notice>;

/// A whole webhook body, every entry, change, message and status, in order of appearance.
struct webhook_body {
    std::vector<update> updates;
    /// Elements of a shape that could not be read at all (a message that is a number ...).
    int unreadable = 0;
};

/// Nothing that Meta sends comes near it (its own limit is 3 MB); bounds the work of one parse.
constexpr std::size_t webhook_bytes_max = 16U << 20U;
constexpr int webhook_depth_max = 64;

/// Lenient: unknown keys, fields and types are never an error, and broken characters inside strings
/// (half an emoji) are replaced. Only what is not JSON, or not an object, or beyond the two limits
/// above, is refused. The error says why and holds nothing of the body.
std::expected<webhook_body, std::string> parse_webhook(std::string_view body);

}  // namespace siwareng::bot
