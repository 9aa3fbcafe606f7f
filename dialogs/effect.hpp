#pragma once

#include "dialogs/session.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace siwareng::dialogs {

/// One thing that the citizen may tap, or type the number of.
struct option {
    /// Opaque and short (at most 200 bytes): "<wait_seq>:<value>". A tap on an older bubble carries
    /// an older wait_seq and is read as text.
    std::string id;
    std::string title;
    std::string description;

    bool operator==(const option&) const = default;
};

/// Part of this turn's one bubble.
struct say {
    std::string text;
    bool operator==(const say&) const = default;
};

/// The options under this turn's bubble: at most one a turn, the last one wins.
struct prompt {
    std::vector<option> options;
    /// The label that opens a list (more than three options).
    std::string list_label;
    bool operator==(const prompt&) const = default;
};

/// An operation to perform in the turn's transaction; `step` again with its `result_event`.
struct call {
    std::string operation;
    var_map args;
    std::uint64_t wait_seq = 0;
    bool operator==(const call&) const = default;
};

/// The citizen asked for, or needs, a person.
struct handoff {
    std::string topic;
    bool operator==(const handoff&) const = default;
};

/// Wake the session up with a `timer_event` unless something else happens first.
struct start_timer {
    std::int64_t after_ms = 0;
    std::uint64_t wait_seq = 0;
    bool operator==(const start_timer&) const = default;
};

/// Side effects as data, in the order in which they arose.
using effect = std::variant<say, prompt, call, handoff, start_timer>;

/// The one message of a turn, ready for any channel.
struct bubble {
    std::string text;
    std::vector<option> options;
    std::string list_label;

    bool operator==(const bubble&) const = default;
    /// Nothing to send.
    [[nodiscard]] bool empty() const { return text.empty(); }
};

/// Merges a turn's texts (joined by a blank line) and its last prompt into one bubble. Keeps the
/// channel's limits whatever comes in: options become numbered lines of the text when there are
/// more than ten or the text is over 1,024 characters; a text over 4,096 characters is cut at a
/// line end. Cloud API: text, interactive button and interactive list limits.
bubble compose(const std::vector<effect>& effects);

}  // namespace siwareng::dialogs
