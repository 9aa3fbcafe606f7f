#pragma once

#include "tools/roll_generator/names.hpp"
#include "tools/roll_generator/random.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::tools {

/// Where someone's NIK was first issued and where they were born.
struct origin {
    std::string_view prefix;  ///< province, regency: "3171"
    std::string_view city;    ///< as a birth place
    community custom = community::local;
};

/// One voter of a household; dates are days since 1970-01-01.
struct person {
    bool male = true;
    int age = 0;  ///< whole years, at least
    std::int64_t birth_day = 0;
    char marital = 'B';
    const origin* from = nullptr;  ///< null: born and registered in this regency
};

/// People who share a family card, an address and a clan name.
struct household {
    community custom = community::local;
    std::string_view clan;
    std::vector<person> people;
};

/// How town-like a kecamatan is: newcomers and estates in towns, kampung elsewhere.
enum class setting : std::uint8_t { rural, mixed, urban };

/// Fills `out` with the voters of one household. Everyone is at least 17 years old on `today`
/// (days since 1970-01-01), or married. Spouses are adults of plausible ages, children are at least
/// 18 years younger than their mother.
void make_household(household& out, random_source& random, setting where, std::int64_t today);

}  // namespace siwareng::tools
