#pragma once

#include "dialogs/session.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace siwareng::dialogs {

/// What a free text may mean, most likely first. Made by `understand`, outside the transaction.
struct intent {
    /// An id of the intent table ("cek_status_pemilih", "menu", "batal" ...).
    std::string id;
    /// 0 to 1; 1 for an exact rule.
    double confidence = 0;
    /// What the text already says, raw: {"nik": "3603...", "name": "Siti Aminah"}.
    var_map slots;

    bool operator==(const intent&) const = default;
};

/// The citizen wrote something.
struct text_event {
    std::string text;
    std::vector<intent> intents;
};

/// The citizen tapped a button or a list row.
struct tap_event {
    /// What we put into the button: see `option::id`.
    std::string id;
    std::string title;
    /// What the title means when the tap turns out to be stale and is read as text.
    std::vector<intent> intents;
};

/// A file from the citizen. The bytes are fetched elsewhere.
struct media_event {
    /// "image", "document", "video", "audio", "voice" or "sticker".
    std::string kind;
    std::string media_id;
    std::string mime;
    std::string caption;
    std::string filename;
};

/// A place that the citizen shared.
struct location_event {
    double latitude = 0;
    double longitude = 0;
    std::string name;
    std::string address;
};

/// A message that no flow can use (contacts, order, unsupported ...): deserves one polite answer.
struct other_event {
    std::string type;
};

/// What an operation came back with. Fed to `step` by the turn's loop only.
struct result_event {
    std::uint64_t wait_seq = 0;
    /// One of the outcomes that the call node binds.
    std::string outcome;
    /// Merged into the frame's variables.
    var_map vars;
};

/// A wait that lasted too long.
struct timer_event {
    std::uint64_t wait_seq = 0;
};

using event = std::variant<text_event, tap_event, media_event, location_event, other_event,
                           result_event, timer_event>;

}  // namespace siwareng::dialogs
