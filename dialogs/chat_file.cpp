#include "dialogs/chat_file.hpp"

#include "dialogs/channel_limits.hpp"
#include "dialogs/text_template.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace siwareng::dialogs {
namespace {

constexpr std::string_view continuation = "  ";
constexpr std::array<std::string_view, 6> file_kinds = {"image", "document", "video",
                                                        "audio", "voice",    "sticker"};
constexpr std::array<crash_point, 3> crash_points = {
    crash_point::before_commit, crash_point::after_commit, crash_point::after_send};

template <typename number>
std::optional<number> parse_number(std::string_view text) {
    number out{};
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, error] = std::from_chars(begin, end, out);
    if (error != std::errc() || rest != end || text.empty()) return std::nullopt;
    return out;
}

bool is_json_object(std::string_view text) {
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    return parsed.is_object();
}

/// "(12)" gives 12; nothing for anything else.
std::optional<std::size_t> row_number(std::string_view text) {
    if (text.size() < 3 || text.front() != '(' || text.back() != ')') return std::nullopt;
    const auto number = parse_number<std::size_t>(text.substr(1, text.size() - 2));
    return number && *number > 0 ? number : std::nullopt;
}

std::string_view without_backslashes(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of('\\'), text.size()));
    return text;
}

/// Whether a line of a bubble's text would be taken for an option, but for the backslashes that say
/// it is not one.
bool looks_like_option(std::string_view line) {
    line = without_backslashes(line);
    if (line.starts_with('[') && line.ends_with(']')) return true;
    return line.starts_with('(') && row_number(line.substr(0, line.find(')') + 1)).has_value();
}

/// The same for the first line of what a citizen writes.
bool looks_like_input(std::string_view line) {
    line = without_backslashes(line);
    return line.starts_with('{') || row_number(line) ||
           (line.starts_with('[') && line.ends_with(']') && line.size() > 2);
}

/// A coordinate is any JSON number.
bool is_coordinate(std::string_view text) {
    return nlohmann::json::parse(text, nullptr, false).is_number();
}

std::string print_lines(char mark, const std::vector<std::string>& lines) {
    std::string out;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        // An empty line stands as it is: editors remove spaces at the end of lines.
        if (at == 0) {
            out += fmt::format("{} {}\n", mark, lines[at]);
        } else {
            out += lines[at].empty() ? "\n" : fmt::format("{}{}\n", continuation, lines[at]);
        }
    }
    return out;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t end = text.find('\n');
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

struct printer {
    std::string operator()(const chat_comment& at) const {
        if (at.blank) return "\n";
        return at.text.empty() ? "#\n" : fmt::format("# {}\n", at.text);
    }
    std::string operator()(const chat_text& at) const {
        std::vector<std::string> lines = split_lines(at.text);
        if (looks_like_input(lines.front())) lines.front().insert(0, 1, '\\');
        return print_lines('>', lines);
    }
    std::string operator()(const chat_tap& at) const { return fmt::format("> [{}]\n", at.title); }
    std::string operator()(const chat_row& at) const { return fmt::format("> ({})\n", at.number); }
    std::string operator()(const chat_attachment& at) const {
        std::string out = fmt::format("> {{{}", at.kind);
        if (at.kind == "location") out += fmt::format(" {} {}", at.latitude, at.longitude);
        if (!at.filename.empty()) out += fmt::format(" {}", at.filename);
        if (!at.caption.empty()) out += fmt::format(" \"{}\"", at.caption);
        return out + "}\n";
    }
    std::string operator()(const chat_again& /*at*/) const { return ">> again\n"; }
    std::string operator()(const chat_reply& at) const {
        return at.lines.empty() ? "<\n" : print_lines('<', at.lines);
    }
    std::string operator()(const chat_operation& at) const {
        return fmt::format("! {} {}\n", at.name, at.args);
    }
    std::string operator()(const chat_result& at) const {
        return at.vars.empty() ? fmt::format("= {}\n", at.outcome)
                               : fmt::format("= {} {}\n", at.outcome, at.vars);
    }
    std::string operator()(const chat_clock& at) const {
        return fmt::format("+ {}{}\n", at.amount, at.unit);
    }
    std::string operator()(const chat_position& at) const {
        return fmt::format("@ {}\n", at.where);
    }
    std::string operator()(const chat_variable& at) const {
        return fmt::format("$ {}={}\n", at.name, at.value);
    }
    std::string operator()(const chat_restart& /*at*/) const { return "%restart\n"; }
    std::string operator()(const chat_deploy& at) const {
        return fmt::format("%deploy {}@{}\n", at.flow, at.revision);
    }
    std::string operator()(const chat_crash& at) const {
        return fmt::format("%crash {}\n", to_string(at.when));
    }
    std::string operator()(const chat_language& at) const {
        return fmt::format("%lang {}\n", to_string(at.lang));
    }
};

class chat_parser final {
  public:
    explicit chat_parser(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            if (line.ends_with('\r')) line.remove_suffix(1);
            lines_.push_back(line);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }

    std::expected<chat_file, chat_problem> parse() {
        chat_file out;
        while (at_ < lines_.size()) {
            const int line = static_cast<int>(at_) + 1;
            auto content = parse_record();
            if (!content) return std::unexpected(chat_problem{line, std::move(content.error())});
            if (auto problem = differs_from(*content, line)) {
                return std::unexpected(*std::move(problem));
            }
            out.records.push_back({line, *std::move(content)});
        }
        return out;
    }

  private:
    using parsed = std::expected<chat_content, std::string>;

    /// There is one way to write each record, so that a rewritten file differs in its content only.
    std::optional<chat_problem> differs_from(const chat_content& content, int line) const {
        std::string written;
        for (std::size_t at = static_cast<std::size_t>(line) - 1; at < at_; ++at) {
            written += lines_[at];
            written += '\n';
        }
        const std::string printed = std::visit(printer{}, content);
        if (written == printed) return std::nullopt;
        return chat_problem{line, fmt::format("write it as: {}", printed)};
    }

    /// Takes the lines of one record.
    parsed parse_record() {
        const std::string_view line = lines_[at_++];
        if (line.empty()) return chat_comment{{}, true};
        if (line == "#") return chat_comment{};
        if (line.starts_with("# ")) return chat_comment{std::string(line.substr(2))};
        if (line == ">> again") return chat_again{};
        if (line.starts_with("> ")) return parse_input(line.substr(2));
        if (line == "<") return chat_reply{};
        if (line.starts_with("< ")) return chat_reply{take_lines(line.substr(2))};
        if (line.starts_with("! ")) return parse_operation(line.substr(2));
        if (line.starts_with("= ")) return parse_result(line.substr(2));
        if (line.starts_with("+ ")) return parse_clock(line.substr(2));
        if (line.starts_with("@ ")) return parse_position(line.substr(2));
        if (line.starts_with("$ ")) return parse_variable(line.substr(2));
        if (line.starts_with("%")) return parse_fault(line.substr(1));
        if (line.starts_with(continuation)) {
            return std::unexpected("an indented line continues '< text' or '> text' only");
        }
        return std::unexpected(
            "a record starts with one of '# ', '> ', '>> again', '< ', '! ', "
            "'= ', '+ ', '@ ', '$ ', '%'");
    }

    /// The rest of a first line and its continuation. Empty lines belong to it only where another
    /// indented line follows.
    std::vector<std::string> take_lines(std::string_view first) {
        std::vector<std::string> out = {std::string(first)};
        while (at_ < lines_.size()) {
            std::size_t next = at_;
            while (next < lines_.size() && lines_[next].empty()) {
                ++next;
            }
            if (next == lines_.size() || !lines_[next].starts_with(continuation)) break;
            out.insert(out.end(), next - at_, std::string());
            out.emplace_back(lines_[next].substr(continuation.size()));
            at_ = next + 1;
        }
        return out;
    }

    parsed parse_input(std::string_view first) {
        if (first.starts_with('[') && first.ends_with(']') && first.size() > 2) {
            return chat_tap{std::string(first.substr(1, first.size() - 2))};
        }
        if (const auto number = row_number(first)) return chat_row{*number};
        if (first.starts_with('{')) {
            if (!first.ends_with('}')) return std::unexpected("'{' without '}' at the line's end");
            return parse_attachment(first.substr(1, first.size() - 2));
        }
        const bool escaped = first.starts_with('\\') && looks_like_input(first);
        chat_text out;
        std::string_view separator;
        for (const std::string& each : take_lines(escaped ? first.substr(1) : first)) {
            out.text += separator;
            out.text += each;
            separator = "\n";
        }
        return out;
    }

    static parsed parse_attachment(std::string_view inside) {
        const std::size_t space = std::min(inside.find(' '), inside.size());
        chat_attachment out;
        out.kind = std::string(inside.substr(0, space));
        std::string_view rest = inside.substr(std::min(space + 1, inside.size()));
        if (out.kind == "contacts" || out.kind == "reaction") {
            if (rest.empty()) return out;
            return std::unexpected(fmt::format("{{{}}} takes nothing else", out.kind));
        }
        if (out.kind == "location") {
            const std::size_t middle = std::min(rest.find(' '), rest.size());
            out.latitude = std::string(rest.substr(0, middle));
            out.longitude = std::string(rest.substr(std::min(middle + 1, rest.size())));
            if (is_coordinate(out.latitude) && is_coordinate(out.longitude)) return out;
            return std::unexpected("a location is {location -6.1 106.5}");
        }
        if (std::ranges::find(file_kinds, out.kind) == file_kinds.end()) {
            return std::unexpected(fmt::format(
                "no '{}' can be sent; known are image, document, video, audio, voice, sticker, "
                "location, contacts, reaction",
                out.kind));
        }
        if (const std::size_t quote = rest.find('"'); quote != std::string_view::npos) {
            const std::string_view caption = rest.substr(quote);
            const bool closed = caption.size() >= 2 && caption.ends_with('"');
            if (!closed || (quote > 0 && rest[quote - 1] != ' ')) {
                return std::unexpected("a caption stands in quotes at the end");
            }
            out.caption = std::string(caption.substr(1, caption.size() - 2));
            rest = rest.substr(0, quote == 0 ? 0 : quote - 1);
        }
        out.filename = std::string(rest);
        return out;
    }

    static parsed parse_operation(std::string_view text) {
        const std::size_t space = std::min(text.find(' '), text.size());
        chat_operation out{std::string(text.substr(0, space)),
                           std::string(text.substr(std::min(space + 1, text.size())))};
        if (out.name.empty() || !is_json_object(out.args)) {
            return std::unexpected("an operation is '! name {json}'");
        }
        return out;
    }

    static parsed parse_result(std::string_view text) {
        const std::size_t space = std::min(text.find(' '), text.size());
        chat_result out{std::string(text.substr(0, space)),
                        std::string(text.substr(std::min(space + 1, text.size())))};
        const bool object = out.vars.empty() ? space == text.size() : is_json_object(out.vars);
        if (!is_name(out.outcome) || !object || !texts_only(out.vars)) {
            return std::unexpected("a result is '= outcome' or '= outcome {\"name\": \"text\"}'");
        }
        return out;
    }

    /// Variables are text.
    static bool texts_only(std::string_view object) {
        if (object.empty()) return true;
        const auto parsed_object = nlohmann::json::parse(object, nullptr, false);
        return std::ranges::all_of(parsed_object,
                                   [](const nlohmann::json& each) { return each.is_string(); });
    }

    static parsed parse_clock(std::string_view text) {
        constexpr std::string_view units = "smhd";
        const char unit = text.empty() ? ' ' : text.back();
        const auto amount = parse_number<std::int64_t>(text.substr(0, text.size() - 1));
        constexpr std::int64_t amount_max = 1'000'000;
        if (!units.contains(unit) || !amount || *amount <= 0 || *amount > amount_max) {
            return std::unexpected("time is '+ 30s', '+ 11m', '+ 2h' or '+ 1d'");
        }
        return chat_clock{*amount, unit};
    }

    static parsed parse_position(std::string_view text) {
        const std::size_t slash = text.find('/');
        const bool node = slash != std::string_view::npos && is_name(text.substr(0, slash)) &&
                          is_name(text.substr(slash + 1));
        if (text != "idle" && !node)
            return std::unexpected("a position is '@ flow/node' or '@ idle'");
        return chat_position{std::string(text)};
    }

    static parsed parse_variable(std::string_view text) {
        const std::size_t equals = std::min(text.find('='), text.size());
        if (equals == text.size() || !is_name(text.substr(0, equals))) {
            return std::unexpected("a variable is '$ name=value'");
        }
        return chat_variable{std::string(text.substr(0, equals)),
                             std::string(text.substr(equals + 1))};
    }

    static parsed parse_fault(std::string_view text) {
        if (text == "restart") return chat_restart{};
        if (text.starts_with("deploy ")) {
            const std::string_view what = text.substr(7);
            const std::size_t at = std::min(what.find('@'), what.size());
            const auto revision = parse_number<int>(what.substr(std::min(at + 1, what.size())));
            if (is_name(what.substr(0, at)) && revision && *revision > 0) {
                return chat_deploy{std::string(what.substr(0, at)), *revision};
            }
            return std::unexpected("a deployment is '%deploy flow@2'");
        }
        if (text.starts_with("lang ")) {
            const auto lang = language_from_string(text.substr(5));
            if (lang) return chat_language{*lang};
            return std::unexpected("a language is id, en, su or jv");
        }
        for (const crash_point each : crash_points) {
            if (text == fmt::format("crash {}", to_string(each))) return chat_crash{each};
        }
        return std::unexpected(
            "a fault is '%restart', '%deploy flow@n', '%lang en', '%crash "
            "before_commit', '%crash after_commit' or '%crash after_send'");
    }

    std::vector<std::string_view> lines_;
    std::size_t at_ = 0;
};

}  // namespace

std::int64_t chat_clock::milliseconds() const {
    switch (unit) {
        case 'm':
            return amount * 60'000;
        case 'h':
            return amount * 3'600'000;
        case 'd':
            return amount * 86'400'000;
        default:
            return amount * 1000;
    }
}

std::string_view to_string(crash_point value) {
    switch (value) {
        case crash_point::before_commit:
            return "before_commit";
        case crash_point::after_commit:
            return "after_commit";
        case crash_point::after_send:
            return "after_send";
    }
    return "before_commit";
}

bool chat_record::acts() const {
    const auto is = [&]<typename... kinds>(std::variant<kinds...>* /*which*/) {
        return (std::holds_alternative<kinds>(content) || ...);
    };
    return is(static_cast<
              std::variant<chat_text, chat_tap, chat_row, chat_attachment, chat_again, chat_clock,
                           chat_restart, chat_deploy, chat_crash, chat_language>*>(nullptr));
}

std::expected<chat_file, chat_problem> parse_chat(std::string_view text) {
    return chat_parser(text).parse();
}

std::string print_chat(const chat_file& file) {
    std::string out;
    for (const chat_record& each : file.records) {
        out += std::visit(printer{}, each.content);
    }
    return out;
}

std::vector<std::string> chat_lines(const bubble& sent) {
    if (sent.empty()) return {};
    std::vector<std::string> out = split_lines(sent.text);
    for (std::string& each : out) {
        if (looks_like_option(each)) each.insert(0, 1, '\\');
    }
    const bool rows = sent.options.size() > buttons_max;
    for (std::size_t at = 0; at < sent.options.size(); ++at) {
        const option& each = sent.options[at];
        if (!rows) {
            out.push_back(fmt::format("[{}]", each.title));
        } else if (each.description.empty()) {
            out.push_back(fmt::format("({}) {}", at + 1, each.title));
        } else {
            out.push_back(fmt::format("({}) {} | {}", at + 1, each.title, each.description));
        }
    }
    return out;
}

std::optional<chat_content> chat_of_event(const event& what, const bubble& shown) {
    if (const auto* text = std::get_if<text_event>(&what)) return chat_text{text->text};
    if (const auto* tap = std::get_if<tap_event>(&what)) {
        const auto found = std::ranges::find(shown.options, tap->id, &option::id);
        const bool row = found != shown.options.end() && shown.options.size() > buttons_max;
        if (!row) return chat_tap{tap->title};
        return chat_row{static_cast<std::size_t>(found - shown.options.begin()) + 1};
    }
    if (const auto* media = std::get_if<media_event>(&what)) {
        return chat_attachment{media->kind, media->filename, media->caption, {}, {}};
    }
    if (const auto* place = std::get_if<location_event>(&what)) {
        return chat_attachment{"location",
                               {},
                               {},
                               fmt::format("{}", place->latitude),
                               fmt::format("{}", place->longitude)};
    }
    if (const auto* other = std::get_if<other_event>(&what)) {
        const bool known = other->type == "contacts" || other->type == "reaction";
        if (known) return chat_attachment{other->type, {}, {}, {}, {}};
    }
    return std::nullopt;
}

}  // namespace siwareng::dialogs
