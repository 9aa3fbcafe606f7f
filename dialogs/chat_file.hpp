#pragma once

#include "dialogs/effect.hpp"
#include "dialogs/event.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace siwareng::dialogs {

// A golden conversation, record by record; see "Golden conversations" in docs/flows.md. Texts are
// kept as they were written, so that printing a parsed file gives the file again.

/// "# text", or an empty line where `text` is empty and `blank` is set.
struct chat_comment {
    std::string text;
    bool blank = false;
};

/// "> text": may have several lines.
struct chat_text {
    std::string text;
};

/// "> [Button]".
struct chat_tap {
    std::string title;
};

/// "> (3)": a row of a list, from 1.
struct chat_row {
    std::size_t number = 1;
};

/// "> {image ktp.jpg "caption"}": a file, a location, contacts or a reaction.
struct chat_attachment {
    /// "image", "document", "video", "audio", "voice", "sticker", "location", "contacts",
    /// "reaction".
    std::string kind;
    std::string filename;
    std::string caption;
    /// As written, for "location" only.
    std::string latitude;
    std::string longitude;
};

/// ">> again".
struct chat_again {};

/// "< text" with its buttons or rows as lines; no lines: nothing was sent.
struct chat_reply {
    std::vector<std::string> lines;
};

/// "! operation {json}".
struct chat_operation {
    std::string name;
    std::string args;  ///< JSON as written
};

/// "= outcome {json}".
struct chat_result {
    std::string outcome;
    std::string vars;  ///< JSON as written; may be empty
};

/// "+ 11m".
struct chat_clock {
    std::int64_t amount = 0;
    char unit = 's';  ///< s, m, h or d

    [[nodiscard]] std::int64_t milliseconds() const;
};

/// "@ flow/node" or "@ idle".
struct chat_position {
    std::string where;
};

/// "$ name=value".
struct chat_variable {
    std::string name;
    std::string value;
};

/// "%restart".
struct chat_restart {};

/// "%deploy flow@n".
struct chat_deploy {
    std::string flow;
    int revision = 0;
};

/// Where in a turn a crash strikes.
enum class crash_point : std::uint8_t { before_commit, after_commit, after_send };

/// "before_commit" ...
std::string_view to_string(crash_point value);

/// "%crash before_commit": the turn of the next message is interrupted there.
struct chat_crash {
    crash_point when = crash_point::before_commit;
};

/// "%lang en".
struct chat_language {
    language lang = language::id;
};

using chat_content =
    std::variant<chat_comment, chat_text, chat_tap, chat_row, chat_attachment, chat_again,
                 chat_reply, chat_operation, chat_result, chat_clock, chat_position, chat_variable,
                 chat_restart, chat_deploy, chat_crash, chat_language>;

/// One record and where it stands.
struct chat_record {
    int line = 0;  ///< 0 for a record that was not read from a file
    chat_content content;

    /// Whether something happens by it (a message, time, a fault), rather than being expected.
    [[nodiscard]] bool acts() const;
};

/// A whole conversation.
struct chat_file {
    std::vector<chat_record> records;
};

/// Why a file could not be read.
struct chat_problem {
    int line = 0;
    std::string message;
};

/// Reads a `.chat` file; refuses what it does not know, with the line.
std::expected<chat_file, chat_problem> parse_chat(std::string_view text);

/// The file again. `print_chat(*parse_chat(text)) == text` for every text that parses and ends in a
/// newline.
std::string print_chat(const chat_file& file);

/// A bubble as lines of a `.chat` file: text, then "[Button]" or "(n) row | description" lines. A
/// line of the text that looks like an option starts with a backslash.
std::vector<std::string> chat_lines(const bubble& sent);

/// What the citizen did as the record that says so, for recording; nothing for an event that no
/// record can express (timers, results). `shown` is the bubble last sent.
std::optional<chat_content> chat_of_event(const event& what, const bubble& shown);

}  // namespace siwareng::dialogs
