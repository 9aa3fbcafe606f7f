#include "storage/types.hpp"

#include <string_view>

namespace siwareng::storage {
namespace {

/// A country whose mobile numbers appear with and without one extra digit.
struct optional_digit {
    std::string_view country;
    std::size_t position;  ///< of the digit, counted from the number's start
    char digit;
    std::size_t size;  ///< of a number that has the digit
};

constexpr optional_digit optional_digits[] = {
    {"55", 4, '9', 13},  // Brazil: 55, two digits of area, [9], eight digits
    {"52", 2, '1', 13},  // Mexico: 52, [1], ten digits
    {"54", 2, '9', 13},  // Argentina: 54, [9], ten digits
};

}  // namespace

std::string matching_form(const address& value) {
    std::string form = value.value;
    if (value.kind != address_kind::phone) return form;
    for (const optional_digit& rule : optional_digits) {
        const bool has_digit = form.starts_with(rule.country) && form.size() == rule.size &&
                               form[rule.position] == rule.digit;
        if (has_digit) return form.erase(rule.position, 1);
    }
    return form;
}

}  // namespace siwareng::storage
