#include "dialogs/input/types.hpp"
#include "dialogs/understanding/fold.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace siwareng::dialogs::input {
namespace {

// Folded, in Indonesian, English, Sundanese and Javanese.
constexpr auto yes_words = std::to_array<std::string_view>({
    "ya",        "iya",      "iy",          "iyah",  "yah",     "y",           "yup",
    "yap",       "oke",      "ok",          "okey",  "okay",    "baik",        "benar",
    "bener",     "betul",    "btl",         "bnr",   "setuju",  "siap",        "yes",
    "yep",       "sure",     "right",       "muhun", "sumuhun", "leres",       "enya",
    "heueh",     "ingih",    "ngih",        "ngeh",  "njih",    "inggih",      "ya benar",
    "iya benar", "ya betul", "sudah benar", "boleh", "mangga",  "mangga atuh", "lanjut",
});
constexpr auto no_words = std::to_array<std::string_view>({
    "tidak", "tdk",        "tak",     "ga",       "gak",    "gk",     "ngak",      "engak",
    "enga",  "ngga",       "bukan",   "bkn",      "jangan", "no",     "nope",      "not",
    "n",     "t",          "henteu",  "teu",      "sanes",  "mboten", "boten",     "ora",
    "dudu",  "tidak usah", "ga usah", "gak usah", "belum",  "blm",    "no thanks",
});

class yes_no_input final : public input_type {
  public:
    [[nodiscard]] std::string_view name() const override { return "yes_no"; }

    [[nodiscard]] std::expected<std::string, input_problem> parse(
        const event& what) const override {
        const auto text = text_of(what);
        if (!text) return std::unexpected(needs_text());
        const std::string folded = fold(*text);
        if (std::ranges::find(yes_words, folded) != yes_words.end()) return "yes";
        if (std::ranges::find(no_words, folded) != no_words.end()) return "no";
        return std::unexpected(input_problem{"input.yes_or_no", {}});
    }

    // "tidak" inside a sentence answers nothing.
    [[nodiscard]] std::optional<extraction> extract(std::string_view) const override {
        return std::nullopt;
    }

    [[nodiscard]] std::vector<std::string> text_keys() const override {
        return {"input.needs_text", "input.yes_or_no"};
    }
};

}  // namespace

const input_type& yes_no_type() {
    static const yes_no_input type;
    return type;
}

}  // namespace siwareng::dialogs::input
