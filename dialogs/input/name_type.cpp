#include "dialogs/input/types.hpp"
#include "dialogs/understanding/fold.hpp"
#include "dialogs/voter/name_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace siwareng::dialogs::input {
namespace {

constexpr std::size_t letters_min = 2;
constexpr std::size_t bytes_max = 80;
constexpr std::size_t words_max = 9;

// Folded words that make an answer a remark rather than a name. None of them is an Indonesian
// name; the list only has to catch what people commonly write when they do not answer.
constexpr auto remarks = std::to_array<std::string_view>({
    "apa",     "apakah", "kenapa", "knapa",  "knp",   "mengapa",  "siapa",  "bagaimana", "gimana",
    "gmn",     "tidak",  "tdk",    "gak",    "gk",    "ngak",     "engak",  "ndak",      "belum",
    "blm",     "tau",    "lupa",   "buat",   "kok",   "what",     "why",    "who",       "how",
    "dont",    "know",   "teu",    "henteu", "naon",  "naha",     "opo",    "mboten",    "ora",
    "kenging", "harus",  "cek",    "daftar", "nanti", "sebentar", "bentar", "punya",     "kapan",
    "dimana",  "berapa", "gabisa", "bisa",
});

input_problem problem(std::string_view which) {
    return {"input.name_" + std::string(which), {}};
}

bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_remark(std::string_view name) {
    const std::string folded = fold(name);
    std::string_view rest = folded;
    while (!rest.empty()) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        if (std::ranges::find(remarks, rest.substr(0, space)) != remarks.end()) return true;
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    return false;
}

std::expected<std::string, input_problem> check(std::string name, std::string_view text) {
    if (std::ranges::any_of(name, digit)) return std::unexpected(problem("has_digits"));
    if (std::ranges::count_if(name, letter) < static_cast<std::ptrdiff_t>(letters_min)) {
        return std::unexpected(problem("missing"));
    }
    const auto words = static_cast<std::size_t>(std::ranges::count(name, ' ')) + 1;
    if (name.size() > bytes_max || words > words_max) return std::unexpected(problem("too_long"));
    if (text.contains('?') || is_remark(name)) return std::unexpected(problem("not_a_name"));
    return name;
}

class name_input final : public input_type {
  public:
    [[nodiscard]] std::string_view name() const override { return "name"; }

    [[nodiscard]] std::expected<std::string, input_problem> parse(
        const event& what) const override {
        const auto text = text_of(what);
        if (!text) return std::unexpected(needs_text());
        return check(name_in_text(*text), *text);
    }

    [[nodiscard]] std::optional<extraction> extract(std::string_view text) const override {
        auto name = check(name_in_text(text), text);
        if (!name) return std::nullopt;
        return extraction{*std::move(name), {}};
    }

    [[nodiscard]] bool free_text() const override { return true; }

    [[nodiscard]] std::vector<std::string> text_keys() const override {
        return {"input.needs_text", "input.name_has_digits", "input.name_missing",
                "input.name_too_long", "input.name_not_a_name"};
    }
};

}  // namespace

const input_type& name_type() {
    static const name_input type;
    return type;
}

}  // namespace siwareng::dialogs::input
