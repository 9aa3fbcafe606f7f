#include "dialogs/voter/nik.hpp"

#include <algorithm>

namespace siwareng::dialogs {
namespace {

constexpr int women_day_offset = 40;

bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool separator(char c) {
    return c == ' ' || c == '.' || c == '-' || c == '\t';
}

int two_digits(const std::array<char, 16>& digits, std::size_t at) {
    return ((digits[at] - '0') * 10) + (digits[at + 1] - '0');
}

// The century of a NIK is unknown, so 29 February stands where 19YY or 20YY is a leap year. For
// YY = 00 that is 2000; for every other YY both centuries agree.
int days_in(int month, int year_of_century) {
    switch (month) {
        case 2:
            return year_of_century % 4 == 0 ? 29 : 28;
        case 4:
        case 6:
        case 9:
        case 11:
            return 30;
        default:
            return 31;
    }
}

std::expected<void, nik_errc> check(const std::array<char, 16>& digits) {
    if (std::ranges::all_of(digits, [&](char c) { return c == digits[0]; })) {
        return std::unexpected(nik_errc::all_equal);
    }
    if (two_digits(digits, 0) == 0 || two_digits(digits, 2) == 0) {
        return std::unexpected(nik_errc::bad_region);
    }
    int day = two_digits(digits, 6);
    if (day > women_day_offset) day -= women_day_offset;
    if (day < 1 || day > 31) return std::unexpected(nik_errc::bad_day);
    const int month = two_digits(digits, 8);
    if (month < 1 || month > 12) return std::unexpected(nik_errc::bad_month);
    if (day > days_in(month, two_digits(digits, 10))) {
        return std::unexpected(nik_errc::impossible_date);
    }
    if (std::ranges::all_of(digits.begin() + 12, digits.end(), [](char c) { return c == '0'; })) {
        return std::unexpected(nik_errc::zero_serial);
    }
    return {};
}

}  // namespace

std::string_view to_string(nik_errc value) {
    switch (value) {
        case nik_errc::not_digits:
            return "not_digits";
        case nik_errc::wrong_length:
            return "wrong_length";
        case nik_errc::all_equal:
            return "all_equal";
        case nik_errc::bad_region:
            return "bad_region";
        case nik_errc::bad_day:
            return "bad_day";
        case nik_errc::bad_month:
            return "bad_month";
        case nik_errc::impossible_date:
            return "impossible_date";
        case nik_errc::zero_serial:
            return "zero_serial";
    }
    return "unknown";
}

std::expected<nik, nik_errc> nik::parse(std::string_view text) {
    nik out;
    std::size_t count = 0;
    for (const char c : text) {
        if (separator(c)) continue;
        if (!digit(c)) return std::unexpected(nik_errc::not_digits);
        if (count < out.digits_.size()) out.digits_[count] = c;
        ++count;
    }
    if (count != out.digits_.size()) return std::unexpected(nik_errc::wrong_length);
    if (const auto good = check(out.digits_); !good) return std::unexpected(good.error());
    return out;
}

std::string nik::regency() const {
    return {digits_[0], digits_[1], '.', digits_[2], digits_[3]};
}

bool nik::female() const {
    return two_digits(digits_, 6) > women_day_offset;
}

}  // namespace siwareng::dialogs
