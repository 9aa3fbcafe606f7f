#include "dialogs/input/types.hpp"
#include "dialogs/understanding/fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace siwareng::dialogs::input {
namespace {

// No voter was born before, and no date of the service lies behind.
constexpr int year_min = 1900;
constexpr int year_max = 2100;

struct month_name {
    std::string_view name;
    unsigned month;
};

// Folded, so no letter twice in a row. Full names, old spellings and the usual abbreviations of
// Indonesian (Sundanese and Javanese use the same) and English.
constexpr auto month_names = std::to_array<month_name>({
    {"januari", 1}, {"jan", 1},       {"january", 1},   {"februari", 2},  {"pebruari", 2},
    {"feb", 2},     {"peb", 2},       {"february", 2},  {"maret", 3},     {"mar", 3},
    {"mart", 3},    {"mrt", 3},       {"march", 3},     {"april", 4},     {"apr", 4},
    {"mei", 5},     {"may", 5},       {"juni", 6},      {"jun", 6},       {"june", 6},
    {"juli", 7},    {"jul", 7},       {"july", 7},      {"agustus", 8},   {"agt", 8},
    {"agst", 8},    {"ags", 8},       {"agus", 8},      {"agu", 8},       {"august", 8},
    {"aug", 8},     {"september", 9}, {"sep", 9},       {"sept", 9},      {"oktober", 10},
    {"okt", 10},    {"october", 10},  {"oct", 10},      {"nopember", 11}, {"november", 11},
    {"nop", 11},    {"nov", 11},      {"desember", 12}, {"des", 12},      {"december", 12},
    {"dec", 12},
});

bool digit(char c) {
    return c >= '0' && c <= '9';
}

// The number of a text of at most four digits; 0 for any other, which is no day, month or year.
unsigned number(std::string_view text) {
    constexpr std::size_t digits_max = 4;
    if (text.size() > digits_max || !std::ranges::all_of(text, digit)) return 0;
    unsigned out = 0;
    for (const char c : text)
        out = (out * 10) + static_cast<unsigned>(c - '0');
    return out;
}

unsigned month_of(std::string_view word) {
    if (!word.empty() && digit(word.front())) return word.size() <= 2 ? number(word) : 0;
    const auto* const found = std::ranges::find(month_names, word, &month_name::name);
    return found == month_names.end() ? 0 : found->month;
}

std::vector<std::string> split(std::string_view folded) {
    std::vector<std::string> out;
    while (!folded.empty()) {
        const std::size_t space = std::min(folded.find(' '), folded.size());
        out.emplace_back(folded.substr(0, space));
        folded.remove_prefix(std::min(space + 1, folded.size()));
    }
    return out;
}

struct parts {
    unsigned day = 0;
    unsigned month = 0;
    unsigned year = 0;
};

// Day, month and year of a folded text. Zero stands for what is missing.
parts read_parts(std::string_view folded) {
    std::vector<std::string> words = split(folded);
    std::erase_if(words, [](const std::string& word) {
        return word == "tangal" || word == "tgl" || word == "bulan" || word == "tahun" ||
               word == "lahir" || word == "ping" || word == "kaping";
    });
    if (words.size() == 1) {
        // "17081945", "17agustus1945"
        const std::string all = words.front();
        const auto first = std::ranges::find_if_not(all, digit);
        if (first == all.end() && all.size() == 8) {
            words = {all.substr(0, 2), all.substr(2, 2), all.substr(4)};
        } else if (first != all.end()) {
            const auto second = std::find_if(first, all.end(), digit);
            words = {std::string(all.begin(), first), std::string(first, second),
                     std::string(second, all.end())};
        }
    }
    if (words.size() != 3) return {};
    if (words[0].size() == 4 && digit(words[0].front())) std::swap(words[0], words[2]);
    if (words[0].size() > 2 || words[2].size() != 4) return {};
    return {number(words[0]), month_of(words[1]), number(words[2])};
}

class date_input final : public input_type {
  public:
    [[nodiscard]] std::string_view name() const override { return "date"; }

    [[nodiscard]] std::expected<std::string, input_problem> parse(
        const event& what) const override {
        const auto text = text_of(what);
        if (!text) return std::unexpected(needs_text());
        const parts found = read_parts(fold(*text));
        if (found.day == 0 || found.month == 0 || found.year == 0) {
            return std::unexpected(input_problem{"input.date_unclear", {}});
        }
        const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(found.year)),
                                               std::chrono::month(found.month),
                                               std::chrono::day(found.day)};
        const int year = static_cast<int>(found.year);
        if (!date.ok() || year < year_min || year > year_max) {
            return std::unexpected(input_problem{"input.date_impossible", {}});
        }
        return fmt::format("{:04}-{:02}-{:02}", found.year, found.month, found.day);
    }

    // A NIK, a ticket or an address holds such digits, too; dates are only read when asked for.
    [[nodiscard]] std::optional<extraction> extract(std::string_view) const override {
        return std::nullopt;
    }

    [[nodiscard]] std::vector<std::string> text_keys() const override {
        return {"input.needs_text", "input.date_unclear", "input.date_impossible"};
    }
};

}  // namespace

const input_type& date_type() {
    static const date_input type;
    return type;
}

}  // namespace siwareng::dialogs::input
