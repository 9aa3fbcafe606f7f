#include "tools/emulator/chat_view.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace siwareng::tools {
namespace {

using nlohmann::json;

constexpr std::string_view reset = "\x1b[0m";
constexpr std::string_view bar_colour = "\x1b[32m";
constexpr std::string_view number_colour = "\x1b[36m";
constexpr std::string_view faint = "\x1b[2m";

std::string text_at(const json& in, const char* key) {
    const auto found = in.find(key);
    return found != in.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const json& object_at(const json& in, const char* key) {
    static const json nothing = json::object();
    const auto found = in.find(key);
    return found != in.end() && found->is_object() ? *found : nothing;
}

void read_options(const json& action, chat_bubble& into) {
    for (const json& button : action.value("buttons", json::array())) {
        const json& reply = object_at(button, "reply");
        into.options.push_back({.id = text_at(reply, "id"),
                                .title = text_at(reply, "title"),
                                .description = {},
                                .in_list = false});
    }
    into.list_label = text_at(action, "button");
    for (const json& section : action.value("sections", json::array())) {
        for (const json& row : section.value("rows", json::array())) {
            into.options.push_back({.id = text_at(row, "id"),
                                    .title = text_at(row, "title"),
                                    .description = text_at(row, "description"),
                                    .in_list = true});
        }
    }
}

void read_interactive(const json& interactive, chat_bubble& into) {
    const json& header = object_at(interactive, "header");
    const std::string kind = text_at(header, "type");
    into.header =
        kind == "text" || kind.empty() ? text_at(header, "text") : fmt::format("[{}]", kind);
    into.text = text_at(object_at(interactive, "body"), "text");
    into.footer = text_at(object_at(interactive, "footer"), "text");
    const json& action = object_at(interactive, "action");
    read_options(action, into);
    const json& parameters = object_at(action, "parameters");
    if (const auto url = text_at(parameters, "url"); !url.empty()) {
        into.text += fmt::format("\n{}: {}", text_at(parameters, "display_text"), url);
    }
}

struct mark {
    char sign;
    std::string_view on;
    std::string_view off;
};

constexpr std::array marks{
    mark{'*', "\x1b[1m", "\x1b[22m"},
    mark{'_', "\x1b[3m", "\x1b[23m"},
    mark{'~', "\x1b[9m", "\x1b[29m"},
};

/// A pair of signs with text between them and no letter or digit outside, within a line.
std::string with_marks(std::string_view line) {
    std::string out;
    const auto is_word = [](char c) {
        const auto small = static_cast<char>(c | 0x20);
        return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9');
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto* const found = std::ranges::find(marks, line[i], &mark::sign);
        const bool opens = found != marks.end() && (i == 0 || !is_word(line[i - 1])) &&
                           i + 1 < line.size() && line[i + 1] != ' ';
        const auto end = opens ? line.find(line[i], i + 1) : std::string_view::npos;
        const bool closes = end != std::string_view::npos && end > i + 1 && line[end - 1] != ' ' &&
                            (end + 1 == line.size() || !is_word(line[end + 1]));
        if (closes) {
            out += found->on;
            out += line.substr(i + 1, end - i - 1);
            out += found->off;
            i = end;
        } else {
            out += line[i];
        }
    }
    return out;
}

/// Control characters of a message must not steer the terminal.
std::string printable(std::string_view text) {
    std::string out;
    std::ranges::copy_if(text, std::back_inserter(out), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t';
    });
    return out;
}

class painter {
  public:
    explicit painter(bool colours) : colours_(colours) {}

    void lines(std::string_view text, std::string_view style = {}) {
        const std::string clean = printable(text);
        std::string_view rest = clean;
        while (!rest.empty()) {
            const auto end = std::min(rest.find('\n'), rest.size());
            line(rest.substr(0, end), style);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    void option(std::size_t number, const chat_option& what) {
        const std::string title = printable(what.title);
        const std::string description = printable(what.description);
        const std::string about = description.empty() ? "" : " | " + description;
        if (colours_) {
            raw(fmt::format("{}[{}]{} {}{}{}{}", number_colour, number, reset, title, faint, about,
                            reset));
        } else {
            raw(fmt::format("[{}] {}{}", number, title, about));
        }
    }

    std::string take() { return std::move(out_); }

  private:
    void line(std::string_view text, std::string_view style) {
        raw(colours_ ? fmt::format("{}{}{}", style, with_marks(text), reset) : std::string(text));
    }

    void raw(std::string_view text) {
        if (colours_) {
            fmt::format_to(std::back_inserter(out_), "{}┃{} {}\n", bar_colour, reset, text);
        } else {
            fmt::format_to(std::back_inserter(out_), "{}{}\n", out_.empty() ? "< " : "  ", text);
        }
    }

    bool colours_;
    std::string out_;
};

}  // namespace

chat_bubble read_bubble(const json& message) {
    chat_bubble bubble;
    const std::string type = text_at(message, "type");
    const json& content = object_at(message, type.c_str());
    if (type == "text") {
        bubble.text = text_at(content, "body");
    } else if (type == "interactive") {
        read_interactive(content, bubble);
    } else {
        const std::string caption = text_at(content, "caption");
        const std::string name =
            type == "template" ? text_at(content, "name") : text_at(content, "filename");
        bubble.text = name.empty() ? fmt::format("[{}]", type) : fmt::format("[{} {}]", type, name);
        if (!caption.empty()) bubble.text += " " + caption;
    }
    return bubble;
}

std::string draw_bubble(const chat_bubble& bubble, bool colours) {
    painter paint(colours);
    if (!bubble.header.empty()) paint.lines(bubble.header, "\x1b[1m");
    paint.lines(bubble.text);
    if (!bubble.footer.empty()) paint.lines(bubble.footer, faint);
    if (!bubble.list_label.empty()) paint.lines(bubble.list_label + ":", faint);
    for (std::size_t i = 0; i < bubble.options.size(); ++i) {
        paint.option(i + 1, bubble.options[i]);
    }
    return paint.take();
}

const chat_option* tapped_option(const std::vector<chat_option>& options, std::string_view line) {
    if (line.starts_with('[') && line.ends_with(']')) {
        line.remove_prefix(1);
        line.remove_suffix(1);
    }
    std::size_t number = 0;
    const auto result = std::from_chars(line.data(), line.data() + line.size(), number);
    const bool whole = result.ec == std::errc{} && result.ptr == line.data() + line.size();
    if (!whole || number == 0 || number > options.size()) return nullptr;
    return &options[number - 1];
}

}  // namespace siwareng::tools
