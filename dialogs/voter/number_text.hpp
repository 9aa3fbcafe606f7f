#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// A long number inside a text, as people write one: "3603 0141-01.90 0001".
struct number_span {
    std::size_t begin = 0;  ///< the first digit's position
    std::size_t end = 0;    ///< one past the last digit
    std::string digits;

    bool operator==(const number_span&) const = default;
};

/// All numbers of at least `digits_min` digits, left to right. Groups with spaces, dots or hyphens
/// (three at most) between them are one number as long as that does not pass 16 digits; a group of
/// 16 stands alone. Takes ASCII: run `to_ascii` first. Pure; never throws.
std::vector<number_span> find_numbers(std::string_view ascii, std::size_t digits_min);

}  // namespace siwareng::dialogs
