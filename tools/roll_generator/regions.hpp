#pragma once

#include "tools/roll_generator/households.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::tools {

/// A desa or kelurahan and how much of the list is made there.
struct village {
    std::string code;       ///< "36.03.01.1001"
    std::string name;       ///< capitals, as on addresses
    std::string kecamatan;  ///< digits of province, regency and kecamatan: "360301"
    setting where = setting::mixed;
    bool kelurahan = false;
    std::uint64_t weight = 1;
    std::int64_t voters = 0;
    std::int64_t stations = 0;
};

/// Reads `code,name` lines and shares `voters` and their polling stations out: kecamatan by their
/// size, desa within them at random but fixed by `seed`. Every desa gets a voter if there are
/// enough. The sum of all shares is exactly `voters`. Error: what is wrong with the text.
std::expected<std::vector<village>, std::string> share_out(std::string_view regions_csv,
                                                           std::int64_t voters, std::uint64_t seed);

}  // namespace siwareng::tools
