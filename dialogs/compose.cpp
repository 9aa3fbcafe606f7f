#include "dialogs/channel_limits.hpp"
#include "dialogs/effect.hpp"
#include "dialogs/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

namespace siwareng::dialogs {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// At most `points_max` code points, without a broken last line where the text has several.
std::string_view cut_at_line(std::string_view text, std::size_t points_max) {
    const std::string_view head = utf8_prefix(text, points_max);
    if (head.size() == text.size()) return text;
    const bool ends_line = text[head.size()] == '\n';
    const std::size_t line_end = ends_line ? head.size() : head.rfind('\n');
    if (line_end == std::string_view::npos || line_end == 0) return head;
    return trimmed(head.substr(0, line_end));
}

/// Whether the options fit buttons or a list row by row; texts that are merely too long are cut.
bool tappable(std::string_view text, const prompt& asked) {
    if (asked.options.size() > list_rows_max) return false;
    if (text.empty() || utf8_length(text) > interactive_body_max) return false;
    const bool list = asked.options.size() > buttons_max;
    if (list && trimmed(asked.list_label).empty()) return false;
    const std::size_t title_max = list ? row_title_max : button_title_max;
    std::set<std::string> titles;
    for (const option& each : asked.options) {
        if (each.id.empty() || each.id.size() > option_id_bytes_max) return false;
        if (trimmed(each.title).empty()) return false;
        // The API refuses equal button titles, and nobody could tell equal rows apart.
        if (!titles.insert(utf8_cut(trimmed(each.title), title_max)).second) return false;
    }
    return true;
}

std::string numbered_lines(const std::vector<option>& options) {
    std::string out;
    std::size_t number = 0;
    for (const option& each : options) {
        out += fmt::format("{}{}. {}", number == 0 ? "" : "\n", number + 1, trimmed(each.title));
        const std::string_view about = trimmed(each.description);
        if (!about.empty()) out += fmt::format(" – {}", about);
        ++number;
    }
    return out;
}

void add_numbered(bubble& out, const std::vector<option>& options) {
    const std::string all_lines = numbered_lines(options);
    const std::string_view lines = cut_at_line(all_lines, text_body_max);
    const std::size_t used = utf8_length(lines) + 2;
    // The options matter more than the end of a long text: without them nobody can answer.
    const std::size_t room = used < text_body_max ? text_body_max - used : 0;
    const std::string_view head = cut_at_line(out.text, room);
    out.text = head.empty() ? std::string(lines) : fmt::format("{}\n\n{}", head, lines);
}

void add_tappable(bubble& out, prompt asked) {
    const bool list = asked.options.size() > buttons_max;
    for (option& each : asked.options) {
        each.title = utf8_cut(trimmed(each.title), list ? row_title_max : button_title_max);
        each.description = utf8_cut(trimmed(each.description), row_description_max);
    }
    out.options = std::move(asked.options);
    if (list) out.list_label = utf8_cut(trimmed(asked.list_label), list_label_max);
}

}  // namespace

bubble compose(const std::vector<effect>& effects) {
    bubble out;
    const prompt* asked = nullptr;
    for (const effect& each : effects) {
        if (const auto* said = std::get_if<say>(&each)) {
            const std::string_view text = trimmed(said->text);
            if (text.empty()) continue;
            if (!out.text.empty()) out.text += "\n\n";
            out.text += text;
        } else if (const auto* last = std::get_if<prompt>(&each)) {
            asked = last;
        }
    }
    if (asked == nullptr || asked->options.empty()) {
        out.text = std::string(cut_at_line(out.text, text_body_max));
    } else if (tappable(out.text, *asked)) {
        add_tappable(out, *asked);
    } else {
        add_numbered(out, asked->options);
    }
    return out;
}

}  // namespace siwareng::dialogs
