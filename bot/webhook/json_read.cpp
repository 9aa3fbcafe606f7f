#include "bot/webhook/json_read.hpp"

#include "dialogs/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>

namespace siwareng::bot {
namespace {

using nlohmann::json;

// As seconds this is the year 5138, as milliseconds 1973: no real time is on the wrong side.
constexpr std::int64_t milliseconds_from = 100'000'000'000;
constexpr std::int64_t milliseconds_max = 100'000'000'000'000;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number result{};
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, result);
    if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return result;
}

/// The value of four hex digits at `at`, or -1.
int hex4(std::string_view text, std::size_t at) {
    if (at + 4 > text.size()) return -1;
    int result = 0;
    const char* const end = text.data() + at + 4;
    const auto [stop, error] = std::from_chars(text.data() + at, end, result, 16);
    return error == std::errc{} && stop == end ? result : -1;
}

bool is_high_surrogate(int code) {
    return code >= 0xd800 && code <= 0xdbff;
}

bool is_low_surrogate(int code) {
    return code >= 0xdc00 && code <= 0xdfff;
}

/// Copies the escape that begins at `at` and returns its length.
std::size_t copy_escape(std::string_view text, std::size_t at, std::string& out) {
    if (at + 1 >= text.size() || text[at + 1] != 'u') {
        out += text.substr(at, 2);
        return std::min<std::size_t>(2, text.size() - at);
    }
    const int code = hex4(text, at + 2);
    if (is_high_surrogate(code) && text.substr(at + 6).starts_with("\\u") &&
        is_low_surrogate(hex4(text, at + 8))) {
        out += text.substr(at, 12);
        return 12;
    }
    if (is_high_surrogate(code) || is_low_surrogate(code)) {
        out += "\\ufffd";
        return 6;
    }
    out += text.substr(at, 2);
    return 2;
}

}  // namespace

const json& member(const json& value, std::string_view key) {
    static const json absent;
    if (!value.is_object()) return absent;
    const auto found = value.find(key);
    return found == value.end() ? absent : *found;
}

const std::vector<json>& elements(const json& value, std::string_view key) {
    static const std::vector<json> none;
    const json& found = member(value, key);
    return found.is_array() ? found.get_ref<const json::array_t&>() : none;
}

std::string text_at(const json& value, std::string_view key) {
    const json& found = member(value, key);
    if (found.is_number_integer()) return found.dump();
    if (!found.is_string()) return {};
    std::string text = found.get_ref<const std::string&>();
    // No database column and no C interface further on can be trusted with a NUL.
    std::erase(text, '\0');
    return text;
}

std::optional<std::int64_t> integer_at(const json& value, std::string_view key) {
    const json& found = member(value, key);
    if (found.is_string()) return parse_number<std::int64_t>(found.get_ref<const std::string&>());
    if (found.is_number_unsigned()) {
        const auto number = found.get<std::uint64_t>();
        if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (found.is_number_integer()) return found.get<std::int64_t>();
    return std::nullopt;
}

std::optional<double> number_at(const json& value, std::string_view key) {
    const json& found = member(value, key);
    std::optional<double> number;
    if (found.is_number()) number = found.get<double>();
    if (found.is_string()) number = parse_number<double>(found.get_ref<const std::string&>());
    if (number && !std::isfinite(*number)) number.reset();
    return number;
}

bool flag_at(const json& value, std::string_view key) {
    const json& found = member(value, key);
    return found.is_boolean() && found.get<bool>();
}

std::int64_t time_ms_at(const json& value, std::string_view key) {
    const std::int64_t time = integer_at(value, key).value_or(0);
    if (time <= 0 || time >= milliseconds_max) return 0;
    return time >= milliseconds_from ? time : time * 1000;
}

int first_error_code(const json& value) {
    for (const json& error : elements(value, "errors")) {
        const auto code = integer_at(error, "code");
        if (code && *code > 0 && *code <= std::numeric_limits<int>::max()) {
            return static_cast<int>(*code);
        }
    }
    return 0;
}

bool nests_deeper(std::string_view json_text, int levels) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < json_text.size(); ++i) {
        const char c = json_text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > levels) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

std::string repair_strings(std::string_view json_text) {
    const std::string text = dialogs::utf8_repair(json_text);
    std::string out;
    out.reserve(text.size());
    bool in_string = false;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string && c == '\\') {
            i += copy_escape(text, i, out);
            continue;
        }
        const bool control = static_cast<unsigned char>(c) < 0x20;
        out += in_string && control ? ' ' : c;
        ++i;
    }
    return out;
}

}  // namespace siwareng::bot
