#include "storage/roll/rules.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace siwareng::storage {
namespace {

using std::string_view;

constexpr std::size_t identity_digits = 16;
constexpr std::size_t name_letters_max = 100;
constexpr std::size_t text_letters_max = 200;
constexpr int neighbourhood_max = 999;
constexpr int station_max = 999;
constexpr std::size_t village_code_digits = 10;  // 3603011001
constexpr std::size_t village_code_length = 13;  // 36.03.01.1001
constexpr int birth_year_min = 1890;
constexpr int birth_year_max = 2100;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

bool digits_only(string_view text) {
    return std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

string_view trimmed(string_view text) {
    const auto blank = [](char letter) { return letter == ' ' || letter == '\t'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// "3.6E+15", "3,603E+15": what Excel makes of a long number.
bool scientific(string_view text) {
    const std::size_t mark = text.find_first_of("eE");
    return mark != string_view::npos && mark > 0 && mark + 1 < text.size() &&
           text.find_first_not_of("0123456789.,") == mark &&
           text.find_first_not_of("0123456789+-", mark + 1) == string_view::npos;
}

/// "#N/A", "#REF!", "#NAME?": a formula that failed.
bool formula_error(string_view text) {
    return text.size() > 3 && text.front() == '#' && text[1] >= 'A' && text[1] <= 'Z';
}

std::size_t letters(string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

/// Copies free text with runs of blanks and line breaks made one space. Empty reason: fine.
string_view check_text(string_view field, std::size_t letters_max, std::string& out) {
    out.clear();
    bool gap = false;
    for (const char letter : trimmed(field)) {
        if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') {
            gap = true;
            continue;
        }
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20 || byte == 0x7F) return "contains a control character";
        if (gap && !out.empty()) out += ' ';
        gap = false;
        out += letter;
    }
    if (out.size() > letters_max && letters(out) > letters_max) return "longer than allowed";
    if (formula_error(out)) return "an Excel error value instead of text";
    return {};
}

string_view check_name(string_view field, std::string& out) {
    const string_view reason = check_text(field, name_letters_max, out);
    if (!reason.empty()) return reason;
    return out.empty() ? "empty" : string_view{};
}

/// A number between 0 and `max`; an empty field is 0.
string_view check_count(string_view field, int max, int& out) {
    field = trimmed(field);
    out = 0;
    if (field.empty()) return {};
    if (!digits_only(field)) return "not a number";
    const auto [end, code] = std::from_chars(field.data(), field.data() + field.size(), out);
    if (code != std::errc{} || out > max) return "outside 0-999";
    return {};
}

/// RT and RW: kept as the three digits that forms print, which spreadsheets shorten.
string_view check_neighbourhood(string_view field, std::string& out) {
    int number = 0;
    const string_view reason = check_count(field, neighbourhood_max, number);
    out.assign(3, '0');
    for (std::size_t at = out.size(); at > 0; --at, number /= 10) {
        out[at - 1] = static_cast<char>('0' + number % 10);
    }
    return reason;
}

/// One letter or digit of a closed set; lower case is taken as upper case.
bool take_code(string_view field, string_view allowed, char& out) {
    field = trimmed(field);
    if (field.size() != 1) return false;
    const char letter = field.front();
    out = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    return allowed.find(out) != string_view::npos;
}

/// Keterangan; "0" and nothing are both kept as nothing.
string_view check_status(string_view field, std::string& out) {
    field = trimmed(field);
    out.clear();
    if (field.empty() || field == "0") return {};
    char code = 0;
    if (take_code(field, "BU12345678", code)) {
        out = code;
        return {};
    }
    if (field.size() == 2 && field[0] == '9' && field[1] >= '0' && field[1] <= '7') {
        out = field;
        return {};
    }
    return "not one of 0, B, U, 1-8, 90-97";
}

struct date_parts {
    string_view year;
    string_view month;
    string_view day;
};

int number_of(string_view digits) {
    int value = 0;
    for (const char digit : digits)
        value = value * 10 + (digit - '0');
    return value;
}

/// What is wrong with a date that has neither of the two forms.
string_view explain_date(string_view field) {
    if (field.empty()) return "empty";
    if (digits_only(field) && field.size() == 5) {
        return "an Excel day number; export dates as DD|MM|YYYY";
    }
    return "not a date as DD|MM|YYYY or YYYY-MM-DD";
}

std::optional<rejection> rejected(string_view column, string_view reason) {
    return rejection{column, reason};
}

std::optional<rejection> split_record(string_view record, const csv::layout& columns,
                                      row_rules::workspace& scratch) {
    if (!csv::is_utf8(record)) return rejected({}, "not UTF-8; save the file as \"CSV UTF-8\"");
    switch (csv::split(record, columns.delimiter, scratch.fields, scratch.unescaped)) {
        case csv::split_error::unclosed_quote:
            return rejected({}, "a quote is not closed");
        case csv::split_error::text_after_quote:
            return rejected({}, "text follows a closing quote");
        case csv::split_error::none:
            break;
    }
    if (scratch.fields.size() < columns.fields) {
        return rejected({}, "fewer fields than the header has columns");
    }
    if (scratch.fields.size() > columns.fields) {
        return rejected({}, "more fields than the header has columns");
    }
    return std::nullopt;
}

}  // namespace

row_rules::row_rules(settings options)
    : options_(std::move(options)),
      known_(options_.known_regions.begin(), options_.known_regions.end()) {
    // A day of grace: the office may be ahead of UTC.
    if (options_.now_ms > 0) last_birth_day_ = options_.now_ms / day_ms + 1;
}

/// NIK and NKK. A leading apostrophe is Excel's own mark for "this is text".
string_view row_rules::check_number(string_view field, std::string& out) const {
    field = trimmed(field);
    if (field.starts_with('\'')) field.remove_prefix(1);
    if (field.empty()) return "empty";
    if (scientific(field)) return "a number that Excel has rounded; export the column as text";
    if (!digits_only(field)) return "not digits only";
    if (field.size() != identity_digits) return "not 16 digits";
    if (options_.nik_ok && !options_.nik_ok(field)) {
        return field.ends_with("0000")
                   ? "ends in 0000; if Excel has rounded it, export the column as text"
                   : "cannot be a NIK or NKK";
    }
    out = field;
    return {};
}

string_view row_rules::check_region(string_view field, std::string& out) const {
    field = trimmed(field);
    if (field.starts_with('\'')) field.remove_prefix(1);
    out.clear();
    if (field.size() == village_code_digits && digits_only(field)) {
        out.append(field.substr(0, 2)).append(1, '.').append(field.substr(2, 2)).append(1, '.');
        out.append(field.substr(4, 2)).append(1, '.').append(field.substr(6));
    } else if (field.size() == village_code_length && field[2] == '.' && field[5] == '.' &&
               field[8] == '.' && digits_only(field.substr(0, 2)) &&
               digits_only(field.substr(3, 2)) && digits_only(field.substr(6, 2)) &&
               digits_only(field.substr(9))) {
        out = field;
    } else {
        return "not a desa code as 36.03.01.1001 or 3603011001";
    }
    const string_view region = options_.region;
    const bool below =
        region.empty() || out == region || (out.starts_with(region) && out[region.size()] == '.');
    if (!below) return "outside the office's region";
    if (!known_.empty() && !known_.contains(out)) return "no such desa or kelurahan";
    return {};
}

string_view row_rules::check_birth(string_view field, std::string& out) const {
    field = trimmed(field);
    date_parts parts;
    if (field.size() == 10 && field[2] == '|' && field[5] == '|') {
        parts = {field.substr(6), field.substr(3, 2), field.substr(0, 2)};
    } else if (field.size() == 10 && field[4] == '-' && field[7] == '-') {
        parts = {field.substr(0, 4), field.substr(5, 2), field.substr(8)};
    } else {
        return explain_date(field);
    }
    if (!digits_only(parts.year) || !digits_only(parts.month) || !digits_only(parts.day)) {
        return explain_date(field);
    }
    const int year = number_of(parts.year);
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(number_of(parts.month))},
        std::chrono::day{static_cast<unsigned>(number_of(parts.day))}};
    if (!date.ok()) return "no such day in the calendar";
    if (year < birth_year_min || year > birth_year_max) return "an impossible year";
    if (last_birth_day_ > 0 &&
        std::chrono::sys_days{date}.time_since_epoch().count() > last_birth_day_) {
        return "in the future";
    }
    out.assign(parts.year).append(1, '-').append(parts.month).append(1, '-').append(parts.day);
    return {};
}

std::optional<rejection> row_rules::read_voter(string_view record, const csv::layout& columns,
                                               workspace& scratch, voter& out) const {
    if (auto broken = split_record(record, columns, scratch)) return broken;
    // In the order of `voter_columns`.
    const auto field = [&](std::size_t column) { return scratch.fields[columns.field_of[column]]; };
    if (const auto why = check_number(field(0), out.nkk); !why.empty()) return rejected("nkk", why);
    if (const auto why = check_number(field(1), out.nik); !why.empty()) return rejected("nik", why);
    if (const auto why = check_name(field(2), out.name); !why.empty()) return rejected("nama", why);
    if (const auto why = check_text(field(3), name_letters_max, out.birth_place); !why.empty()) {
        return rejected("tempat_lahir", why);
    }
    if (const auto why = check_birth(field(4), out.birth_date); !why.empty()) {
        return rejected("tanggal_lahir", why);
    }
    if (!take_code(field(5), "BSP", out.marital)) {
        return rejected("status_kawin", "not one of B, S, P");
    }
    if (!take_code(field(6), "LP", out.sex)) return rejected("jenis_kelamin", "not one of L, P");
    if (const auto why = check_text(field(7), text_letters_max, out.address); !why.empty()) {
        return rejected("alamat", why);
    }
    if (const auto why = check_neighbourhood(field(8), out.rt); !why.empty()) {
        return rejected("rt", why);
    }
    if (const auto why = check_neighbourhood(field(9), out.rw); !why.empty()) {
        return rejected("rw", why);
    }
    out.disability = '0';
    if (!trimmed(field(10)).empty() && !take_code(field(10), "0123456", out.disability)) {
        return rejected("disabilitas", "not one of 0-6");
    }
    if (!take_code(field(11), "SBK", out.ktp_el)) return rejected("ktp_el", "not one of S, B, K");
    if (const auto why = check_region(field(12), out.region); !why.empty()) {
        return rejected("kode_wilayah", why);
    }
    if (const auto why = check_count(field(13), station_max, out.tps); !why.empty()) {
        return rejected("tps", why);
    }
    if (const auto why = check_status(field(14), out.status); !why.empty()) {
        return rejected("keterangan", why);
    }
    return std::nullopt;
}

std::optional<rejection> row_rules::read_station(string_view record, const csv::layout& columns,
                                                 workspace& scratch, polling_station& out) const {
    if (auto broken = split_record(record, columns, scratch)) return broken;
    const auto field = [&](std::size_t column) { return scratch.fields[columns.field_of[column]]; };
    if (const auto why = check_region(field(0), out.region); !why.empty()) {
        return rejected("kode_wilayah", why);
    }
    if (const auto why = check_count(field(1), station_max, out.number); !why.empty()) {
        return rejected("tps", why);
    }
    if (out.number == 0) return rejected("tps", "empty or 0");
    if (const auto why = check_text(field(2), text_letters_max, out.place); !why.empty()) {
        return rejected("tempat", why);
    }
    if (out.place.empty()) return rejected("tempat", "empty");
    if (const auto why = check_text(field(3), text_letters_max, out.address); !why.empty()) {
        return rejected("alamat", why);
    }
    return std::nullopt;
}

bool is_blank(string_view record, char delimiter) {
    return std::ranges::all_of(record, [delimiter](char letter) {
        return letter == delimiter || letter == ' ' || letter == '\t' || letter == '\r';
    });
}

}  // namespace siwareng::storage
