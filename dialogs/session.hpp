#pragma once

#include "dialogs/errc.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// What a conversation has learnt. Every value is text in the canonical form of its input type:
/// a NIK is 16 digits, a date ISO 8601, a region its code, a choice its value.
using var_map = std::map<std::string, std::string, std::less<>>;

/// The languages that citizens are answered in. Indonesian is the default.
enum class language : std::uint8_t { id, en, su, jv };

/// "id", "en", "su" or "jv".
std::string_view to_string(language value);

/// The reverse of `to_string`; nothing for any other text.
std::expected<language, errc> language_from_string(std::string_view code);

/// One flow in progress. Positions are node names, never indexes, so that a flow can be edited
/// while citizens are inside it.
struct frame {
    std::string flow;
    int revision = 0;
    std::string node;
    var_map vars;
    /// How many answers in a row the waiting node could not use.
    int retries = 0;
    /// Waits of this flow that were answered, oldest first: where "kembali" leads.
    std::vector<std::string> back;
    /// Variables that the text which opened the flow already gave: the `ask` that fills one is
    /// passed once without asking.
    std::vector<std::string> given;

    bool operator==(const frame&) const = default;
};

/// Where a citizen stands. A value: `step` takes one and returns the next.
struct session {
    /// The innermost flow is last. Empty: no conversation is open.
    std::vector<frame> stack;
    /// Grows with each wait; a timer, tap or result that carries an older number is stale.
    std::uint64_t wait_seq = 0;
    language lang = language::id;

    bool operator==(const session&) const = default;
};

/// The session as JSON text, for storage. `session_from_json(to_json(s)) == s` for every session
/// whose texts are valid UTF-8, as all that `step` returns are; other bytes become U+FFFD.
std::string to_json(const session& value);

/// Refuses anything that `to_json` could not have written (errc::bad_session); never throws.
std::expected<session, errc> session_from_json(std::string_view text);

}  // namespace siwareng::dialogs
