#include "dialogs/input/types.hpp"
#include "dialogs/understanding/fold.hpp"
#include "dialogs/voter/nik.hpp"
#include "dialogs/voter/number_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace siwareng::dialogs::input {
namespace {

constexpr std::size_t nik_digits = 16;

constexpr auto problem_keys = std::to_array<std::string_view>({
    "input.needs_text",
    "input.nik_missing",
    "input.nik_several",
    "input.nik_not_digits",
    "input.nik_wrong_length",
    "input.nik_all_equal",
    "input.nik_bad_region",
    "input.nik_bad_day",
    "input.nik_bad_month",
    "input.nik_impossible_date",
    "input.nik_zero_serial",
});

bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

input_problem problem_for(nik_errc why) {
    return {"input.nik_" + std::string(to_string(why)), {}};
}

// "36O3014101900001": a letter with digits on both sides was meant to be one.
bool letter_among_digits(std::string_view text) {
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        if (letter(text[i]) && digit(text[i - 1]) && digit(text[i + 1])) return true;
    }
    return false;
}

// What is wrong with an answer that holds no number of 16 digits.
input_problem no_number(std::string_view text) {
    if (letter_among_digits(text)) return problem_for(nik_errc::not_digits);
    std::size_t count = 0;
    if (std::ranges::none_of(text, letter)) {
        count = static_cast<std::size_t>(std::ranges::count_if(text, digit));
    } else {
        for (const number_span& number : find_numbers(text, 1)) {
            count = std::max(count, number.digits.size());
        }
    }
    if (count == 0) return {"input.nik_missing", {}};
    input_problem out = problem_for(nik_errc::wrong_length);
    out.vars.emplace("count", std::to_string(count));
    return out;
}

// Every different number of exactly 16 digits.
std::vector<number_span> candidates(std::string_view ascii) {
    std::vector<number_span> out;
    for (number_span& number : find_numbers(ascii, nik_digits)) {
        const bool fits = number.digits.size() == nik_digits &&
                          std::ranges::find(out, number.digits, &number_span::digits) == out.end();
        if (fits) out.push_back(std::move(number));
    }
    return out;
}

class nik_input final : public input_type {
  public:
    [[nodiscard]] std::string_view name() const override { return "nik"; }

    [[nodiscard]] std::expected<std::string, input_problem> parse(
        const event& what) const override {
        const auto text = text_of(what);
        if (!text) return std::unexpected(needs_text());
        const std::string ascii = to_ascii(*text);
        const std::vector<number_span> found = candidates(ascii);
        if (found.size() > 1) return std::unexpected(input_problem{"input.nik_several", {}});
        if (found.empty()) return std::unexpected(no_number(ascii));
        const auto number = nik::parse(found.front().digits);
        if (!number) return std::unexpected(problem_for(number.error()));
        return std::string(number->digits());
    }

    // Only a number that `parse` accepts: so an answer with a mistyped one is explained as a whole.
    [[nodiscard]] std::optional<extraction> extract(std::string_view text) const override {
        const std::string ascii = to_ascii(text);
        const std::vector<number_span> found = candidates(ascii);
        if (found.size() != 1 || !nik::parse(found.front().digits)) return std::nullopt;
        std::string rest;
        std::size_t from = 0;
        for (const number_span& number : find_numbers(ascii, nik_digits)) {
            if (number.digits != found.front().digits) continue;
            rest.append(ascii, from, number.begin - from);
            // A line of its own keeps the words before and behind the number apart.
            rest.push_back('\n');
            from = number.end;
        }
        rest.append(ascii, from);
        if (rest.find_first_not_of(" \n.,;:-") == std::string::npos) rest.clear();
        return extraction{found.front().digits, std::move(rest)};
    }

    [[nodiscard]] std::vector<std::string> text_keys() const override {
        return {problem_keys.begin(), problem_keys.end()};
    }
};

}  // namespace

const input_type& nik_type() {
    static const nik_input type;
    return type;
}

}  // namespace siwareng::dialogs::input
