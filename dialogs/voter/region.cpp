#include "dialogs/voter/region.hpp"

#include "dialogs/understanding/fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace siwareng::dialogs {
namespace {

constexpr std::size_t typo_letters_min = 6;
constexpr std::size_t text_bytes_max = 200;

bool digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The level that a code's form says; nothing where it is no code ("36.03.1").
std::optional<region_level> level_of(std::string_view code) {
    std::vector<std::string_view> parts;
    for (std::size_t dot = code.find('.'); dot != std::string_view::npos; dot = code.find('.')) {
        parts.push_back(code.substr(0, dot));
        code.remove_prefix(dot + 1);
    }
    parts.push_back(code);
    if (parts.size() < 2 || parts.size() > 4 || !std::ranges::all_of(parts, digits)) return {};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].size() != (i == 3 ? 4U : 2U)) return {};
    }
    if (parts.size() == 2) return region_level::regency;
    if (parts.size() == 3) return region_level::kecamatan;
    if (parts[3].front() == '1') return region_level::kelurahan;
    if (parts[3].front() == '2') return region_level::desa;
    return {};
}

std::vector<std::string_view> split_words(std::string_view folded) {
    std::vector<std::string_view> out;
    while (!folded.empty()) {
        const std::size_t space = std::min(folded.find(' '), folded.size());
        if (space > 0) out.push_back(folded.substr(0, space));
        folded.remove_prefix(std::min(space + 1, folded.size()));
    }
    return out;
}

// A level that a word before a name demands. "Village" is desa or kelurahan: few people know which
// of the two theirs is.
enum class demand : std::uint8_t { any, village, kecamatan };

struct level_word {
    std::string_view word;
    demand level;
};
constexpr auto level_words = std::to_array<level_word>({
    {"desa", demand::village},
    {"ds", demand::village},
    {"kel", demand::village},
    {"kelurahan", demand::village},
    {"kec", demand::kecamatan},
    {"kecamatan", demand::kecamatan},
    {"kcmtn", demand::kecamatan},
});

struct abbreviation {
    std::string_view written;
    std::string_view full;
};
// Folded, so no letter twice in a row.
constexpr auto abbreviations = std::to_array<abbreviation>({
    {"gn", "gunung"},
    {"gng", "gunung"},
    {"sep", "sepatan"},
    {"sepatantim", "sepatantimur"},
    {"tim", "timur"},
    {"tmr", "timur"},
    {"kp", "kelapa"},
    {"klp", "kelapa"},
    {"ps", "pasar"},
    {"psr", "pasar"},
    {"sd", "sindang"},
    {"sdg", "sindang"},
    {"tlk", "teluk"},
    {"mkr", "mekar"},
    {"kab", "kabupaten"},
});

std::string_view expand(std::string_view word) {
    const auto* const found = std::ranges::find(abbreviations, word, &abbreviation::written);
    return found == abbreviations.end() ? word : found->full;
}

// The key that a name is found by: folded, abbreviations in full, no spaces.
std::string key_of(std::vector<std::string_view>::const_iterator from,
                   std::vector<std::string_view>::const_iterator to) {
    std::string out;
    for (auto word = from; word != to; ++word)
        out += expand(*word);
    return out;
}

std::string key_of(std::string_view name) {
    const std::string folded = fold(name);
    const std::vector<std::string_view> words = split_words(folded);
    return key_of(words.begin(), words.end());
}

bool one_typo_apart(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > 1) return false;
    const auto split = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
    a.remove_prefix(split);
    b.remove_prefix(split);
    if (a.size() != b.size()) return a == b.substr(1);
    if (a.empty() || a.substr(1) == b.substr(1)) return true;
    return a.size() >= 2 && a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2);
}

class csv_region_table final : public region_table {
  public:
    /// `rows` sorted by code.
    explicit csv_region_table(std::vector<region> rows) : rows_(std::move(rows)) {
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            by_code_.emplace(rows_[i].code, i);
            keys_.push_back(key_of(rows_[i].name));
            by_name_[keys_.back()].push_back(i);
        }
    }

    [[nodiscard]] const region* find(std::string_view code) const override {
        const auto found = by_code_.find(code);
        return found == by_code_.end() ? nullptr : &rows_[found->second];
    }

    [[nodiscard]] const region* kecamatan_of(std::string_view code) const override {
        constexpr std::size_t kecamatan_code_bytes = 8;
        if (find(code) == nullptr) return nullptr;
        return code.size() < kecamatan_code_bytes ? nullptr
                                                  : find(code.substr(0, kecamatan_code_bytes));
    }

    [[nodiscard]] std::vector<const region*> find_by_name(std::string_view text) const override {
        const std::string folded = fold(text.substr(0, text_bytes_max));
        const std::vector<std::string_view> words = split_words(folded);
        if (words.empty()) return {};
        std::vector<const region*> out = named(words.begin(), words.end());
        if (out.empty()) out = named_with_kecamatan(words, false);
        if (out.empty()) out = nearly_named(key_of(words.begin(), words.end()));
        if (out.empty()) out = named_with_kecamatan(words, true);
        return out;
    }

    [[nodiscard]] std::vector<std::string> villages_below(std::string_view code) const override {
        std::vector<std::string> out;
        const std::string below = fmt::format("{}.", code);
        for (const region& each : rows_) {
            const bool village =
                each.level == region_level::desa || each.level == region_level::kelurahan;
            if (village && (each.code == code || each.code.starts_with(below))) {
                out.push_back(each.code);
            }
        }
        return out;
    }

  private:
    using word_iterator = std::vector<std::string_view>::const_iterator;

    static bool fits(const region& what, demand level) {
        switch (level) {
            case demand::any:
                return true;
            case demand::village:
                return what.level == region_level::desa || what.level == region_level::kelurahan;
            case demand::kecamatan:
                return what.level == region_level::kecamatan;
        }
        return false;
    }

    [[nodiscard]] std::vector<const region*> lookup(const std::string& key, demand level) const {
        std::vector<const region*> out;
        const auto found = by_name_.find(key);
        if (found == by_name_.end()) return out;
        for (const std::size_t i : found->second) {
            if (fits(rows_[i], level)) out.push_back(&rows_[i]);
        }
        return out;
    }

    // One name, with or without a word for its level before it.
    [[nodiscard]] std::vector<const region*> named(word_iterator from, word_iterator to) const {
        const auto* const level = std::ranges::find(level_words, *from, &level_word::word);
        if (level != level_words.end() && to - from > 1) {
            return lookup(key_of(from + 1, to), level->level);
        }
        return lookup(key_of(from, to), demand::any);
    }

    // "caringin kec legok", "caringin legok": every split into a village and its kecamatan. With
    // `typos` the village may be mistyped; the kecamatan has narrowed it down already.
    [[nodiscard]] std::vector<const region*> named_with_kecamatan(
        const std::vector<std::string_view>& words, bool typos) const {
        std::vector<const region*> out;
        for (auto split = words.begin() + 1; split < words.end(); ++split) {
            const auto villages =
                typos ? nearly_named(key_of(words.begin(), split)) : named(words.begin(), split);
            for (const region* kecamatan : named(split, words.end())) {
                if (kecamatan->level == region_level::kecamatan)
                    add_inside(villages, kecamatan, out);
            }
        }
        return out;
    }

    void add_inside(const std::vector<const region*>& villages, const region* kecamatan,
                    std::vector<const region*>& out) const {
        for (const region* village : villages) {
            const bool inside = village->level != region_level::kecamatan &&
                                kecamatan_of(village->code) == kecamatan;
            if (inside && std::ranges::find(out, village) == out.end()) out.push_back(village);
        }
    }

    [[nodiscard]] std::vector<const region*> nearly_named(const std::string& key) const {
        std::vector<const region*> out;
        if (key.size() < typo_letters_min) return out;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (one_typo_apart(key, keys_[i])) out.push_back(&rows_[i]);
        }
        return out;
    }

    std::vector<region> rows_;
    /// The key of each row's name.
    std::vector<std::string> keys_;
    std::unordered_map<std::string_view, std::size_t> by_code_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
};

void read_rows(const std::string& file, std::string_view text, std::vector<region>& rows,
               std::vector<content_problem>& problems) {
    int line_number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++line_number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line_number == 1) {
            if (line == "code,name") continue;
            problems.push_back({file, 1, "the first line must be \"code,name\""});
            return;
        }
        const std::size_t comma = line.find(',');
        const std::string_view code = line.substr(0, comma);
        const auto level = level_of(code);
        if (comma == std::string_view::npos || comma + 1 == line.size() || !level) {
            problems.push_back({file, line_number,
                                "is no region: expected a code such as 36.03.01.2003, a comma and "
                                "a name"});
            continue;
        }
        rows.push_back({std::string(code), std::string(line.substr(comma + 1)), *level});
    }
}

}  // namespace

std::expected<std::shared_ptr<const region_table>, std::vector<content_problem>>
create_region_table(const content_files& files) {
    std::vector<region> rows;
    std::vector<content_problem> problems;
    for (const auto& [file, text] : files) {
        if (file.starts_with("regions/wilayah_") && file.ends_with(".csv")) {
            read_rows(file, text, rows, problems);
        }
    }
    std::ranges::sort(rows, {}, &region::code);
    const auto twice = std::ranges::adjacent_find(rows, {}, &region::code);
    if (twice != rows.end()) {
        problems.push_back({"regions", 0, fmt::format("region {} is there twice", twice->code)});
    }
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return std::make_shared<const csv_region_table>(std::move(rows));
}

}  // namespace siwareng::dialogs
