#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace siwareng::dialogs {

/// Why a text cannot be a NIK. Rules: PP 40/2019, structure PP KK CC DDMMYY SSSS, +40 on the day
/// for women. A hard reject: each of these is a typing mistake.
enum class nik_errc : std::uint8_t {
    not_digits,       ///< something other than digits and separators
    wrong_length,     ///< not 16 digits
    all_equal,        ///< 0000..., 3333... : filler, not a number anyone has
    bad_region,       ///< province or regency 00
    bad_day,          ///< day not in 01-31 or 41-71
    bad_month,        ///< month not in 01-12
    impossible_date,  ///< a day that month has in no century
    zero_serial,      ///< serial 0000
};

/// The enumerator's name.
std::string_view to_string(nik_errc value);

/// 16 digits that can be a NIK. Never printed, never logged.
class nik {
  public:
    /// Accepts spaces, dots and hyphens between digits.
    static std::expected<nik, nik_errc> parse(std::string_view text);

    [[nodiscard]] std::string_view digits() const { return {digits_.data(), digits_.size()}; }
    /// "36.03": where the number was first issued. Not the domicile.
    [[nodiscard]] std::string regency() const;
    [[nodiscard]] bool female() const;

    bool operator==(const nik&) const = default;

  private:
    std::array<char, 16> digits_{};
};

}  // namespace siwareng::dialogs
