#pragma once

#include "dialogs/chat_file.hpp"
#include "dialogs/effect.hpp"
#include "dialogs/event.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// What a level shows of one turn.
struct chat_observation {
    /// Everything that was sent, in order; a single bubble unless something is wrong.
    std::vector<bubble> sent;
    /// "flow/node" or "idle"; nothing where the level cannot see it.
    std::optional<std::string> position;
    /// The innermost frame's variables; nothing where the level cannot see them.
    std::optional<var_map> variables;
    /// Operations in the order in which they were called; nothing where the level cannot see them.
    std::optional<std::vector<call>> operations;
    /// What they came back with, in the same order, where the level knows it; for recording.
    std::vector<result_event> results;
};

/// What a citizen sends. Texts come without intents: each level understands them by itself.
struct chat_input {
    event what;
    /// A tap on a list's row rather than on a button.
    bool list_row = false;
};

/// One level that golden conversations run on: the engine alone, a store, the real program. An
/// error is a sentence for the person who reads the test's output.
class chat_driver {
  public:
    using observed = std::expected<chat_observation, std::string>;

    virtual ~chat_driver() = default;
    chat_driver() = default;
    chat_driver(const chat_driver&) = delete;
    chat_driver& operator=(const chat_driver&) = delete;

    /// What the operations of the next turn come back with, in order. Levels on which a store
    /// answers take no notice.
    virtual void script(std::vector<result_event> results) = 0;
    /// The citizen sends something.
    virtual observed send(const chat_input& what) = 0;
    /// The last message's webhook arrives once more.
    virtual observed repeat() = 0;
    /// Time passes; timers that fall due in it go off.
    virtual observed advance(std::int64_t milliseconds) = 0;
    virtual observed restart() = 0;
    /// The flow gets another revision while conversations are open.
    virtual observed deploy(std::string_view flow, int revision) = 0;
    /// The turn of the next message is interrupted there, then the program starts again.
    virtual observed crash(crash_point when) = 0;
    virtual observed set_language(language lang) = 0;
};

/// How a file fared on one level.
struct chat_outcome {
    bool passed = false;
    /// "NAME:LINE: ..." and the lines that differ, "-" expected and "+" seen; empty if it passed.
    std::string report;
    /// The file with everything that did not match replaced by what happened. Expectations that
    /// matched, also by "{{*}}", and comments stay as they are. Not to be written where
    /// `broken` is set: the conversation could not be carried on.
    chat_file rewritten;
    bool broken = false;
};

/// Runs a conversation. `name` stands in the report only.
chat_outcome run_chat(const chat_file& file, std::string_view name, chat_driver& driver);

/// Whether a line is as expected; "{{*}}" matches any text, also none.
bool matches_line(std::string_view expected, std::string_view line);

}  // namespace siwareng::dialogs
