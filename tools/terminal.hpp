#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace siwareng::tools {

/// Reads lines of a person (with editing and history) or of a pipe. Not thread-safe: libedit keeps
/// its state in the process.
class line_reader {
  public:
    virtual ~line_reader() = default;
    line_reader() = default;
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

    /// The next line without its end; nothing at the end of the input.
    virtual std::optional<std::string> next(const std::string& prompt) = 0;
    /// A person is typing.
    [[nodiscard]] virtual bool interactive() const = 0;
};

/// On standard input.
std::unique_ptr<line_reader> create_line_reader();

/// Prints one message of the bot: a bar in front of each line, options in bold if `colours`.
void print_bubble(const std::vector<std::string>& text_lines,
                  const std::vector<std::string>& option_lines, bool colours);

/// Standard output is a terminal that shows colours (and NO_COLOR is not set by the caller).
bool stdout_has_colours();

}  // namespace siwareng::tools
