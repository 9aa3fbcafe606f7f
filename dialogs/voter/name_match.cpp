#include "dialogs/voter/name_match.hpp"

#include "dialogs/understanding/fold.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

namespace siwareng::dialogs {
namespace {

// Longer texts are no names; the bound keeps a comparison cheap whatever is sent.
constexpr std::size_t name_bytes_max = 200;
constexpr std::size_t words_max = 12;
constexpr std::size_t typo_letters_min = 5;
constexpr std::size_t joined_words_max = 3;
constexpr std::size_t title_parts_max = 4;

using words = std::vector<std::string>;

// A table that a binary search can use, however it is written down.
template <std::size_t size>
constexpr std::array<std::string_view, size> sorted(std::array<std::string_view, size> table) {
    std::ranges::sort(table);
    return table;
}

template <std::size_t size>
bool listed_in(const std::array<std::string_view, size>& table, std::string_view word) {
    return std::ranges::binary_search(table, word);
}

// Religious, noble, academic and polite titles before a name. A title is removed from both names
// alike, and never when it is all there is.
constexpr auto titles_before = sorted(std::to_array<std::string_view>({
    "BAPAK", "BPK",     "BU",     "DR",       "DRA",   "DRG",  "DRH",  "DRS",     "H",
    "HAJAH", "HAJI",    "HAJJAH", "HJ",       "IBU",   "IR",   "KH",   "KIAI",    "KYAI",
    "NN",    "NY",      "NYONYA", "PAK",      "PROF",  "R",    "RA",   "RADEN",   "RD",
    "RR",    "RT",      "SDR",    "SDRI",     "TB",    "TN",   "TUAN", "TUBAGUS", "UST",
    "USTAD", "USTADAH", "USTADZ", "USTADZAH", "USTAZ", "USTZ",
}));

// Academic degrees and professional titles after a name, without their dots.
constexpr auto titles_after = sorted(std::to_array<std::string_view>({
    "AK",     "AMA",    "AMAK",   "AMAPD", "AMD",  "AMDKEB", "AMDKEP", "AMDKOM", "APT",    "BA",
    "BBA",    "BE",     "BSC",    "CA",    "CPA",  "DR",     "DRA",    "DRG",    "DRH",    "DRS",
    "H",      "HAJI",   "HAJJAH", "HJ",    "IR",   "LC",     "MA",     "MAG",    "MAK",    "MAP",
    "MARS",   "MBA",    "ME",     "MEI",   "MENG", "MESY",   "MH",     "MHI",    "MHUM",   "MIKOM",
    "MIP",    "MKEP",   "MKES",   "MKM",   "MKN",  "MKOM",   "MM",     "MMPD",   "MP",     "MPD",
    "MPDI",   "MPSI",   "MSC",    "MSE",   "MSI",  "MSOS",   "MT",     "MTI",    "NERS",   "NS",
    "PHD",    "PSI",    "SAB",    "SADM",  "SAG",  "SAK",    "SAP",    "SARS",   "SE",     "SEI",
    "SESY",   "SFARM",  "SFIL",   "SGZ",   "SH",   "SHI",    "SHUM",   "SHUT",   "SIKOM",  "SIP",
    "SKEB",   "SKED",   "SKEP",   "SKG",   "SKH",  "SKM",    "SKOM",   "SKPM",   "SM",     "SMB",
    "SOR",    "SP",     "SPAR",   "SPD",   "SPDI", "SPI",    "SPSI",   "SPT",    "SS",     "SSI",
    "SSN",    "SSOS",   "SSOSI",  "SST",   "SSTP", "ST",     "STHI",   "STP",    "STRKEB", "STRKEP",
    "STRKES", "STRKOM", "STRT",
}));

// Forms of Muhammad, in the spelling that `simplify` leaves; "M" counts as the first word only.
constexpr auto forms_of_muhammad = sorted(std::to_array<std::string_view>({
    "MD",
    "MHD",
    "MHMD",
    "MOH",
    "MOHAMAD",
    "MOHAMAT",
    "MOHAMED",
    "MOHAMET",
    "MOHD",
    "MOHMAD",
    "MUH",
    "MUHAMAD",
    "MUHAMAT",
    "MUHAMED",
    "MUHAMET",
    "MUHD",
    "MUHMAD",
}));

// First names that a stranger would guess, in the spelling that `simplify` leaves: one of these
// alone never opens a name of several words.
constexpr auto common_names = sorted(std::to_array<std::string_view>({
    "ABDUL",    "ABDULAH",   "ADE",     "ADI",      "AGUNG",     "AGUS",     "AHMAD",   "AI",
    "AISAH",    "AJI",       "ALFI",    "ALI",      "AMINAH",    "ANDI",     "ANDRI",   "ANGI",
    "ANI",      "ANISA",     "ARI",     "ARIF",     "ARIS",      "ASEP",     "AULIA",   "AYU",
    "BAGUS",    "BAMBANG",   "BAYU",    "BUDI",     "CECEP",     "DADANG",   "DEDE",    "DEDI",
    "DENI",     "DESI",      "DEWI",    "DIAN",     "DIKI",      "DIMAS",    "DINA",    "DWI",
    "EDI",      "EKA",       "EKO",     "ELI",      "ENDANG",    "ENENG",    "ERNA",    "ERNI",
    "ERWIN",    "EUIS",      "EVI",     "FADIL",    "FAJAR",     "FATIMAH",  "FERI",    "FIKRI",
    "FITRI",    "GALIH",     "GILANG",  "HADI",     "HAIRUL",    "HASAN",    "HENDRA",  "HENI",
    "HERI",     "HERMAN",    "IDA",     "IIS",      "IKA",       "ILHAM",    "IMAM",    "INDAH",
    "INDRA",    "INTAN",     "IRA",     "IRFAN",    "IRMA",      "ITA",      "IWAN",    "JAJANG",
    "JOKO",     "JUNAEDI",   "KARTINI", "KOMARIAH", "KURNIA",    "LESTARI",  "LIA",     "LILIS",
    "LINA",     "LISA",      "MARIA",   "MAS",      "MAYA",      "MIA",      "MIRA",    "MUHAMAD",
    "MULYADI",  "MULYANI",   "NABILA",  "NANI",     "NENENG",    "NIA",      "NINA",    "NING",
    "NOVI",     "NUR",       "NURAENI", "NURAINI",  "NURHAYATI", "NURUL",    "PUTRA",   "PUTRI",
    "RAFI",     "RAHMAN",    "RAHMAT",  "RAMA",     "RANI",      "RATNA",    "RATU",    "RENI",
    "REZA",     "RIAN",      "RIDWAN",  "RIKA",     "RINA",      "RINI",     "RISKI",   "RISMA",
    "RITA",     "RIZAL",     "RIZKI",   "RIZKIA",   "ROHANI",    "ROHMAH",   "ROHMAN",  "ROHMAT",
    "ROS",      "RUDI",      "SAEFUL",  "SAEPUL",   "SAIFUL",    "SANTI",    "SARI",    "SITI",
    "SLAMET",   "SOLEH",     "SRI",     "SUGENG",   "SUHARTI",   "SUHERMAN", "SUMIATI", "SUNARTI",
    "SUPRIADI", "SUPRIATNA", "SURYA",   "SUSI",     "TATI",      "TAUFIK",   "TITIN",   "TONI",
    "TRI",      "UJANG",     "ULFA",    "UMI",      "USMAN",     "UUN",      "VINA",    "WAHYU",
    "WAWAN",    "WIDI",      "WIWIN",   "WULAN",    "YADI",      "YANI",     "YANTI",   "YAYAH",
    "YAYAN",    "YOGA",      "YULI",    "YULIANA",  "YUNI",      "YUSUF",    "YUYUN",   "ZAENAL",
    "ZAHRA",
}));

// Words that mostly introduce another name; two of these together are still a guess.
constexpr auto particles = sorted(std::to_array<std::string_view>({
    "ABDUL",
    "ADE",
    "AHMAD",
    "DWI",
    "EKA",
    "MAS",
    "MUHAMAD",
    "NUR",
    "NURUL",
    "RATU",
    "SITI",
    "SRI",
    "TRI",
    "UMI",
}));

// First words that many people leave out; then two other words must be there in full.
bool often_left_out(std::string_view simple) {
    return simple == "MUHAMAD" || simple == "SITI" || simple == "RATU" || simple == "MAS" ||
           simple.size() == 1;
}

// Old and Arabic spellings; `simplify` applies them from left to right.
struct spelling {
    std::string_view written;
    std::string_view simple;
};
constexpr auto spellings = std::to_array<spelling>({
    {"OE", "U"},
    {"DJ", "J"},
    {"TJ", "C"},
    {"SJ", "S"},
    {"SY", "S"},
    {"NJ", "NY"},
    {"CH", "H"},
    {"KH", "H"},
    {"DH", "D"},
    {"DZ", "Z"},
    {"TH", "T"},
    {"TS", "S"},
    {"GH", "G"},
    {"PH", "F"},
    {"IE", "I"},
    {"Q", "K"},
});

bool vowel(char c) {
    return c == 'A' || c == 'E' || c == 'I' || c == 'O' || c == 'U';
}

// One spelling for the words that people spell in several ways. Not for display.
std::string simplify(std::string_view word) {
    std::string out;
    out.reserve(word.size());
    while (!word.empty()) {
        const auto* const found = std::ranges::find_if(
            spellings, [&](const spelling& s) { return word.starts_with(s.written); });
        const bool none = found == spellings.end();
        for (const char c : none ? word.substr(0, 1) : found->simple) {
            if (out.empty() || out.back() != c) out.push_back(c);
        }
        word.remove_prefix(none ? 1 : found->written.size());
    }
    if (out.size() > 2 && out.back() == 'Y' && !vowel(out[out.size() - 2])) out.back() = 'I';
    return out;
}

// Whether one insertion, deletion, substitution or swap of neighbours makes the words equal.
bool one_typo_apart(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > 1) return false;
    const auto split = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
    a.remove_prefix(split);
    b.remove_prefix(split);
    if (a.empty()) return true;
    if (a.size() != b.size()) return a == b.substr(1);
    if (a.substr(1) == b.substr(1)) return true;
    return a.size() >= 2 && a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2);
}

// --- a name as words -----------------------------------------------------------------------

bool letter(char c) {
    return c >= 'A' && c <= 'Z';
}

std::string upper_ascii(std::string_view text) {
    std::string out = to_ascii(text.substr(0, name_bytes_max));
    std::erase_if(out, [](char c) { return c == '\'' || c == '`'; });
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

// Adds the words of one token, which is letters and dots: "DRS.H.ALI" is three words, "S.PD" one.
void add_token(words& out, std::string_view token) {
    std::string compact;
    std::ranges::copy_if(token, std::back_inserter(compact), letter);
    const bool title =
        listed_in(titles_before, compact) || (!out.empty() && listed_in(titles_after, compact));
    if (title) {
        out.push_back(std::move(compact));
        return;
    }
    std::string word;
    for (const char c : token) {
        if (letter(c)) {
            word.push_back(c);
        } else if (!word.empty()) {
            out.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty()) out.push_back(std::move(word));
}

// How many words at the end are one title after a name ("S PD I" is three); 0 if none.
std::size_t title_words_at_end(const words& name) {
    constexpr std::size_t part_letters_max = 4;
    std::string joined;
    for (std::size_t parts = 1; parts <= title_parts_max && parts < name.size(); ++parts) {
        const std::string& part = name[name.size() - parts];
        if (parts > 1 && part.size() > part_letters_max) break;
        joined.insert(0, part);
        if (listed_in(titles_after, joined)) return parts;
    }
    return 0;
}

words split_name(std::string_view name) {
    const std::string text = upper_ascii(name);
    words out;
    std::string token;
    for (const char c : text) {
        if (letter(c) || c == '.') {
            token.push_back(c);
        } else if (!token.empty()) {
            add_token(out, token);
            token.clear();
        }
    }
    if (!token.empty()) add_token(out, token);
    while (out.size() > 1 && listed_in(titles_before, out.front()))
        out.erase(out.begin());
    for (std::size_t parts = title_words_at_end(out); parts > 0; parts = title_words_at_end(out)) {
        out.resize(out.size() - parts);
    }
    if (out.size() > words_max) out.resize(words_max);
    return out;
}

bool says_child_of(std::string_view word) {
    return word == "BIN" || word == "BINTI" || word == "BT";
}

// A word in the three forms that comparing needs.
struct name_word {
    std::string raw;
    std::string simple;
    bool common = false;
    bool particle = false;
};

name_word make_word(std::string raw, bool first) {
    name_word out{.raw = std::move(raw), .simple = {}, .common = false, .particle = false};
    out.simple = simplify(out.raw);
    if (listed_in(forms_of_muhammad, out.simple) || (first && out.simple == "M")) {
        out.simple = "MUHAMAD";
    } else if (first && (out.simple == "ST" || out.simple == "STI")) {
        out.simple = "SITI";
    } else if (out.simple == "ABD") {
        out.simple = "ABDUL";
    }
    out.common = out.simple.size() <= 2 || listed_in(common_names, out.simple);
    out.particle = out.simple.size() == 1 || listed_in(particles, out.simple);
    return out;
}

std::vector<name_word> make_words(const words& raw) {
    std::vector<name_word> out;
    for (const std::string& word : raw) {
        if (!out.empty() && says_child_of(word)) continue;
        out.push_back(make_word(word, out.empty()));
    }
    return out;
}

// --- comparing -----------------------------------------------------------------------------

bool same_spelling(std::string_view typed, std::string_view listed) {
    return typed == listed || (listed.size() >= typo_letters_min && one_typo_apart(typed, listed));
}

// A typo in joined words may not be a whole initial: "RAHMAN" is not "A RAHMAN".
bool same_when_joined(std::string_view typed, std::string_view listed, bool has_initial) {
    return has_initial ? typed == listed : same_spelling(typed, listed);
}

bool initial_of(const name_word& letter_only, const name_word& word) {
    return letter_only.raw.size() == 1 &&
           (letter_only.raw[0] == word.raw[0] || letter_only.raw[0] == word.simple[0]);
}

// What the typed words have shown so far.
struct evidence {
    int full = 0;          // listed words that were typed in full
    int not_common = 0;    // of these, words that nobody would guess first
    int not_particle = 0;  // of these, words that are a name of their own
    bool complete = true;  // no listed word was left out
    bool first_full = false;

    void add(const name_word& listed) {
        ++full;
        not_common += listed.common ? 0 : 1;
        not_particle += listed.particle ? 0 : 1;
    }
};

// Lays the typed words over the listed ones in order. Listed words may be left out, typed words may
// not: a bag of guesses is no name.
class aligner {
  public:
    aligner(std::span<const name_word> typed, std::span<const name_word> listed)
        : typed_(typed), listed_(listed) {}

    [[nodiscard]] bool same() const {
        return !typed_.empty() && !listed_.empty() && from(0, 0, evidence{});
    }

  private:
    [[nodiscard]] bool from(std::size_t t, std::size_t l, evidence seen) const {
        if (t == typed_.size()) {
            seen.complete = seen.complete && l == listed_.size();
            return enough(seen);
        }
        if (l == listed_.size()) return false;
        if (one_to_one(t, l, seen) || one_to_many(t, l, seen) || many_to_one(t, l, seen)) {
            return true;
        }
        if (l == 0 && !often_left_out(listed_[0].simple)) return false;
        seen.complete = false;
        return from(t, l + 1, seen);
    }

    [[nodiscard]] bool one_to_one(std::size_t t, std::size_t l, evidence seen) const {
        const name_word& typed = typed_[t];
        const name_word& listed = listed_[l];
        if (same_spelling(typed.simple, listed.simple)) {
            seen.add(listed);
            seen.first_full = seen.first_full || l == 0;
            return from(t + 1, l + 1, seen);
        }
        // The list itself may hold an initial, also as its first word: a word in full that begins
        // with it is as much as anyone can know.
        if (initial_of(listed, typed)) {
            seen.add(listed);
            seen.first_full = seen.first_full || l == 0;
            return from(t + 1, l + 1, seen);
        }
        return t > 0 && initial_of(typed, listed) && from(t + 1, l + 1, seen);
    }

    // "SITIAMINAH" for "SITI AMINAH".
    [[nodiscard]] bool one_to_many(std::size_t t, std::size_t l, evidence seen) const {
        std::string joined = listed_[l].raw;
        bool initial = joined.size() == 1;
        seen.add(listed_[l]);
        seen.first_full = seen.first_full || l == 0;
        for (std::size_t k = 1; k < joined_words_max && l + k < listed_.size(); ++k) {
            const name_word& next = listed_[l + k];
            joined += next.raw;
            initial = initial || next.raw.size() == 1;
            seen.add(next);
            if (same_when_joined(typed_[t].simple, simplify(joined), initial) &&
                from(t + 1, l + k + 1, seen)) {
                return true;
            }
        }
        return false;
    }

    // "NUR AINI" for "NURAINI".
    [[nodiscard]] bool many_to_one(std::size_t t, std::size_t l, evidence seen) const {
        std::string joined = typed_[t].raw;
        bool initial = joined.size() == 1;
        seen.add(listed_[l]);
        seen.first_full = seen.first_full || l == 0;
        for (std::size_t k = 1; k < joined_words_max && t + k < typed_.size(); ++k) {
            joined += typed_[t + k].raw;
            initial = initial || typed_[t + k].raw.size() == 1;
            if (same_when_joined(simplify(joined), listed_[l].simple, initial) &&
                from(t + k + 1, l + 1, seen)) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool enough(const evidence& seen) const {
        if (listed_.size() == 1) return seen.full == 1;
        const bool two_words = seen.full >= 2 && (seen.not_particle >= 1 || seen.complete);
        if (two_words) return true;
        return seen.first_full && seen.not_common >= 1;
    }

    std::span<const name_word> typed_;
    std::span<const name_word> listed_;
};

}  // namespace

std::string normalise_name(std::string_view name) {
    std::string out;
    for (const std::string& word : split_name(name)) {
        if (!out.empty()) out.push_back(' ');
        out += word;
    }
    return out;
}

name_match compare_names(std::string_view typed, std::string_view listed) {
    const words typed_raw = split_name(typed);
    const std::vector<name_word> listed_words = make_words(split_name(listed));
    const std::vector<name_word> typed_words = make_words(typed_raw);
    if (aligner(typed_words, listed_words).same()) return name_match::same;
    // Many write their father's name behind "bin"; the list mostly does not have it.
    const auto child_of = std::ranges::find_if(typed_raw, says_child_of);
    if (child_of == typed_raw.begin() || child_of == typed_raw.end()) return name_match::different;
    const std::vector<name_word> own = make_words(words(typed_raw.begin(), child_of));
    return aligner(own, listed_words).same() ? name_match::same : name_match::different;
}

}  // namespace siwareng::dialogs
