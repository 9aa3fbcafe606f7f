#include "dialogs/voter/name_text.hpp"

#include "dialogs/understanding/fold.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace siwareng::dialogs {
namespace {

using tokens = std::vector<std::string>;

// Words that introduce a name, as people label it. The Javanese and Sundanese ones are names as
// well ("Asma"), so they count only with a colon.
constexpr auto name_labels = std::to_array<std::string_view>(
    {"nama", "name", "nm", "an", "a n", "lengkap", "asma", "nami", "wasta", "jeneng"});

// Folded words that stand before a name and belong to no name.
constexpr auto words_before = std::to_array<std::string_view>(
    {"nama", "name", "nm",   "lengkap", "saya", "sy",     "adalah", "yaitu",  "my",
     "is",   "atas", "a n",  "nik",     "no",   "nomor",  "ktp",    "nomer",  "iya",
     "ya",   "oh",   "halo", "hai",     "dan",  "dengan", "dgn",    "sesuai", "untuk"});

// Folded words that stand behind a name and belong to no name.
constexpr auto words_behind = std::to_array<std::string_view>(
    {"ya",     "yah",   "min", "mimin", "admin",  "kak",   "makasih", "mksh", "trims",
     "thanks", "thank", "thx", "tks",   "tolong", "dong",  "nuhun",   "nik",  "no",
     "nomor",  "nomer", "ktp", "nya",   "suwun",  "nuwun", "matur"});

template <std::size_t size>
bool one_of(const std::array<std::string_view, size>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

// What people put between the parts of a message ("cek#3603...#nama") and never into a name.
constexpr std::string_view separators = " #*_|;\"()[]";

// Words of one line. A colon or an equals sign ends a token and marks it as a label.
tokens split_line(std::string_view line) {
    tokens out;
    std::string token;
    const auto close = [&] {
        if (!token.empty()) out.push_back(std::exchange(token, {}));
    };
    for (const char c : line) {
        if (separators.contains(c)) {
            close();
        } else if (c == ':' || c == '=') {
            close();
            if (!out.empty() && !out.back().ends_with(':')) out.back().push_back(':');
        } else {
            token.push_back(c);
        }
    }
    close();
    return out;
}

bool is_label(const std::string& token) {
    return token.ends_with(':');
}

// "a.n." and "a/n" mean "atas nama" and stand without a colon, too.
bool introduces_name(const std::string& token) {
    const std::string folded = fold(token);
    if (is_label(token)) return one_of(name_labels, folded);
    return folded == "a n" && token.size() >= 3;
}

// "Kasih" alone is a name.
bool ends_in_thanks(std::span<const std::string> value) {
    return value.size() >= 2 && fold(value.back()) == "kasih" &&
           fold(value[value.size() - 2]) == "terima";
}

// A value without the words around it; a token of punctuation alone is dropped.
std::string clean(std::span<const std::string> value, const word_test& around) {
    const auto no_name_before = [&](const std::string& token) {
        const std::string folded = fold(token);
        return folded.empty() || one_of(words_before, folded) || (around && around(folded));
    };
    const auto no_name_behind = [&](const std::string& token) {
        const std::string folded = fold(token);
        return folded.empty() || one_of(words_behind, folded) || (around && around(folded));
    };
    while (!value.empty() && no_name_before(value.front()))
        value = value.subspan(1);
    while (!value.empty() && (ends_in_thanks(value) || no_name_behind(value.back()))) {
        value = value.first(value.size() - (ends_in_thanks(value) ? 2 : 1));
    }
    std::string out;
    for (const std::string& token : value) {
        if (!out.empty()) out.push_back(' ');
        out += token;
    }
    constexpr std::string_view edge = ",;-/|()*_~\"!";
    const std::size_t begin = std::min(out.find_first_not_of(edge), out.size());
    out.erase(0, begin);
    out.erase(out.find_last_not_of(edge) + 1);
    return out;
}

// The value behind the first label for a name, up to the next label.
std::optional<std::string> labelled_name(const tokens& line, const word_test& around) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (!introduces_name(line[i])) continue;
        std::size_t end = i + 1;
        while (end < line.size() && !is_label(line[end]))
            ++end;
        // The label that follows is no part of the name, nor is a word that it may begin with.
        std::string name = clean(std::span(line).subspan(i + 1, end - i - 1), around);
        if (!name.empty()) return name;
    }
    return std::nullopt;
}

std::vector<tokens> split_lines(std::string_view text) {
    std::vector<tokens> out;
    const std::string ascii = to_ascii(text);
    std::string_view rest = ascii;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        tokens line = split_line(rest.substr(0, end));
        if (!line.empty()) out.push_back(std::move(line));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

}  // namespace

std::string name_in_text(std::string_view text, const word_test& around) {
    const std::vector<tokens> lines = split_lines(text);
    for (const tokens& line : lines) {
        if (auto name = labelled_name(line, around)) return *std::move(name);
    }
    for (const tokens& line : lines) {
        const auto label = std::ranges::find_if(line, is_label);
        const auto before = static_cast<std::size_t>(label - line.begin());
        std::string name = clean(std::span(line).first(before), around);
        if (!name.empty()) return name;
    }
    return {};
}

}  // namespace siwareng::dialogs
