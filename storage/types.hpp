#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace siwareng::storage {

using contact_id = std::int64_t;
using inbound_id = std::int64_t;
using outbox_id = std::int64_t;

/// How WhatsApp knows a person. Cloud API: wa_id, business-scoped user id, parent user id.
enum class address_kind : std::uint8_t { phone = 1, bsuid = 2, parent_bsuid = 3 };

/// One way to reach a person.
struct address {
    address_kind kind = address_kind::phone;
    /// Verbatim, as Meta wrote it: digits without "+" for a phone.
    std::string value;
    bool operator==(const address&) const = default;
};

/// The form of a phone number that is compared: Brazil's ninth digit, Mexico's 1 and Argentina's 9
/// after the country code are dropped, as the same person appears with and without them.
/// Other kinds and other countries are compared as they are.
std::string matching_form(const address& value);

/// Who talks to an office. One person may have several addresses.
struct contact {
    contact_id id = 0;
    std::string office;
    std::vector<address> addresses;
    std::string profile_name;
    /// The dialog session as JSON; empty before the first turn.
    std::string session;
    /// Free-form messages may be sent until then (24 h after the citizen's last message).
    std::int64_t window_until_ms = 0;
    /// Meta said that this recipient cannot be reached; no further sends until they write again.
    bool blocked = false;
};

/// One message or event from a citizen, as first received.
struct inbound {
    std::string office;
    std::string phone_number_id;
    /// Unique together with the phone number id: the redelivery check.
    std::string wamid;
    std::string type;  ///< "text", "image" ...
    /// What staff will read in the conversation; personal data, sealed.
    std::string body;
    std::int64_t sent_ms = 0;      ///< Meta's timestamp
    std::int64_t received_ms = 0;  ///< our clock
};

/// What became of a message that came in.
enum class inbound_state : std::uint8_t {
    handled = 1,  ///< its turn is done in the same transaction
    kept = 2,     ///< no turn is due (a reaction, a group message)
    failed = 3,   ///< its turn threw; staff must look
};

/// Where an outgoing message stands. Order is law: a message never goes back, but `failed` may
/// follow `queued`, `sending`, `in_doubt` and `sent`.
enum class outbox_state : std::uint8_t {
    queued = 1,    ///< waits until it is due
    sending = 2,   ///< handed to the sender; after a crash it is in doubt
    in_doubt = 3,  ///< no answer came: waits for its status for a while, then queued again
    sent = 4,      ///< accepted by the API
    delivered = 5,
    read = 6,
    played = 7,
    failed = 8,
    cancelled = 9,  ///< never sent, on purpose
};

/// Which message goes first when a number is busy. Lower is sooner.
enum class lane : std::uint8_t { officer = 1, reply = 2, notice = 3, broadcast = 4 };

/// A message to be sent, made in a turn.
struct outbound {
    std::string office;
    contact_id contact = 0;
    lane priority = lane::reply;
    /// The inbound message that it answers; unique, so that no message is answered twice.
    std::optional<inbound_id> reply_to;
    /// The channel-independent bubble as JSON (bot/bubble_json.hpp); personal data, sealed.
    std::string payload;
    /// Free-form messages need an open 24-hour window; templates do not.
    bool needs_window = true;
    std::int64_t created_ms = 0;
};

/// A row of the outbox as the sender needs it.
struct outbox_item {
    outbox_id id = 0;
    std::string office;
    contact_id contact = 0;
    lane priority = lane::reply;
    std::string payload;
    bool needs_window = true;
    std::int64_t window_until_ms = 0;
    std::int64_t created_ms = 0;
    int attempts = 0;
    /// Whom to send it to: the phone if known, else the BSUID, else the parent BSUID.
    address to;
};

/// One element of `statuses[]`.
struct status_update {
    std::string office;
    std::string wamid;
    /// Our outbox id from `biz_opaque_callback_data`, where Meta echoed it.
    std::optional<outbox_id> outbox;
    outbox_state state = outbox_state::sent;
    int error_code = 0;  ///< first of `errors[]`, 0 for none
    std::string pricing_type;
    std::string pricing_category;
    std::int64_t at_ms = 0;
};

/// What a status did.
enum class status_outcome : std::uint8_t {
    applied = 1,  ///< the row moved forward
    stale = 2,    ///< repeated or older than what is known; nothing changed
    parked = 3,   ///< no such wamid yet; kept until the send's answer is recorded
};

/// A named counter over a window of time: throttles.
struct throttle_key {
    std::string scope;  ///< "contact", "nik", "office"
    std::string value;  ///< personal data allowed: only its blind index is stored
    std::int64_t window_ms = 0;
};

/// A wait whose time is up.
struct due_timer {
    contact_id contact = 0;
    std::string office;
    std::uint64_t wait_seq = 0;
};

/// Counts for health and metrics.
struct store_stats {
    std::int64_t contacts = 0;
    std::int64_t inbound_failed = 0;
    std::int64_t outbox_queued = 0;
    std::int64_t outbox_sending = 0;
    std::int64_t outbox_in_doubt = 0;
    std::int64_t outbox_failed = 0;
    std::int64_t handoffs_open = 0;
    std::int64_t parked_statuses = 0;
    /// Creation time of the oldest unsent row; 0 for none.
    std::int64_t oldest_unsent_ms = 0;
};

/// One line of a conversation, for staff, tests and export.
struct conversation_entry {
    bool from_citizen = false;
    std::int64_t id = 0;
    std::int64_t at_ms = 0;
    std::string type;  ///< Meta's; empty where not from_citizen
    std::string body;  ///< opened
    std::string wamid;
    inbound_state inbound = inbound_state::handled;  ///< where from_citizen
    outbox_state outbox = outbox_state::queued;      ///< where not from_citizen
    std::optional<inbound_id> reply_to;
    int error_code = 0;
    std::string pricing_category;
};

/// How long each class of data is kept.
struct retention {
    std::int64_t raw_ms = 8LL * 24 * 3600 * 1000;
    std::int64_t parked_status_ms = 8LL * 24 * 3600 * 1000;
    std::int64_t throttle_ms = 2LL * 24 * 3600 * 1000;
    std::int64_t messages_ms = 400LL * 24 * 3600 * 1000;
};

}  // namespace siwareng::storage
