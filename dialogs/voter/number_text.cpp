#include "dialogs/voter/number_text.hpp"

#include <utility>

namespace siwareng::dialogs {
namespace {

constexpr std::size_t nik_digits = 16;
constexpr std::size_t separators_max = 3;

bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool separator(char c) {
    return c == ' ' || c == '.' || c == '-';
}

std::vector<number_span> digit_groups(std::string_view text) {
    std::vector<number_span> out;
    std::size_t at = 0;
    while (at < text.size()) {
        if (!digit(text[at])) {
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < text.size() && digit(text[at]))
            ++at;
        out.push_back({begin, at, std::string(text.substr(begin, at - begin))});
    }
    return out;
}

bool adjacent(std::string_view text, const number_span& left, const number_span& right) {
    const std::string_view between = text.substr(left.end, right.begin - left.end);
    if (between.size() > separators_max) return false;
    for (const char c : between) {
        if (!separator(c)) return false;
    }
    return true;
}

}  // namespace

std::vector<number_span> find_numbers(std::string_view ascii, std::size_t digits_min) {
    std::vector<number_span> out;
    const auto keep = [&](number_span& number) {
        if (number.digits.size() >= digits_min) out.push_back(std::move(number));
    };
    number_span current;
    for (number_span& group : digit_groups(ascii)) {
        const bool joins = !current.digits.empty() && adjacent(ascii, current, group) &&
                           current.digits.size() + group.digits.size() <= nik_digits;
        if (joins) {
            current.end = group.end;
            current.digits += group.digits;
            continue;
        }
        keep(current);
        current = std::move(group);
    }
    keep(current);
    return out;
}

}  // namespace siwareng::dialogs
