#include "tools/terminal.hpp"

#include <fmt/color.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <editline/readline.h>
#include <iostream>
#include <unistd.h>

namespace siwareng::tools {
namespace {

class terminal_reader final : public line_reader {
  public:
    std::optional<std::string> next(const std::string& prompt) override {
        const std::unique_ptr<char, decltype(&std::free)> line(readline(prompt.c_str()),
                                                               &std::free);
        if (line == nullptr) {
            fmt::print("\n");
            return std::nullopt;
        }
        if (*line != '\0') {
            add_history(line.get());
        }
        return std::string(line.get());
    }
    [[nodiscard]] bool interactive() const override { return true; }
};

/// Shows what it reads, so that the output of a piped chat reads like the conversation.
class pipe_reader final : public line_reader {
  public:
    std::optional<std::string> next(const std::string& prompt) override {
        std::string line;
        if (!std::getline(std::cin, line)) {
            return std::nullopt;
        }
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        fmt::print("{}{}\n", prompt, line);
        return line;
    }
    [[nodiscard]] bool interactive() const override { return false; }
};

}  // namespace

std::unique_ptr<line_reader> create_line_reader() {
    if (isatty(STDIN_FILENO) != 0) {
        return std::make_unique<terminal_reader>();
    }
    return std::make_unique<pipe_reader>();
}

void print_bubble(const std::vector<std::string>& text_lines,
                  const std::vector<std::string>& option_lines, bool colours) {
    const auto bar =
        colours ? fmt::format(fg(fmt::terminal_color::green), "│ ") : std::string("│ ");
    for (const auto& line : text_lines) {
        fmt::print("{}{}\n", bar, line);
    }
    for (const auto& line : option_lines) {
        fmt::print("{}{}\n", bar,
                   colours ? fmt::format(fg(fmt::terminal_color::cyan), "{}", line) : line);
    }
    fmt::print("\n");
    std::fflush(stdout);
}

bool stdout_has_colours() {
    return isatty(STDOUT_FILENO) != 0;
}

}  // namespace siwareng::tools
