#include "tools/roll_generator/regions.hpp"

#include "tools/roll_generator/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace siwareng::tools {
namespace {

constexpr std::size_t kecamatan_length = 8;  // "36.03.01"
constexpr std::size_t village_length = 13;   // "36.03.01.1001"

// The list of 2024 had 4,484 stations for 2,369,021 voters; that of 2025 has 2,372,615 voters.
constexpr std::int64_t full_stations = 4'484;
constexpr std::int64_t full_voters = 2'372'615;

struct kecamatan_facts {
    std::string_view code;
    std::uint64_t weight;  ///< voters in thousands when 1.95 million were listed
    setting where;
};

// The four largest are the figures of 2012; the others follow the size of their population.
constexpr std::array kecamatan_table = std::to_array<kecamatan_facts>({
    {"36.03.01", 78, setting::mixed},  {"36.03.02", 45, setting::rural},
    {"36.03.03", 82, setting::mixed},  {"36.03.04", 30, setting::rural},
    {"36.03.05", 60, setting::rural},  {"36.03.06", 43, setting::rural},
    {"36.03.07", 40, setting::rural},  {"36.03.08", 56, setting::rural},
    {"36.03.09", 30, setting::rural},  {"36.03.10", 39, setting::rural},
    {"36.03.11", 88, setting::mixed},  {"36.03.12", 161, setting::urban},
    {"36.03.13", 100, setting::mixed}, {"36.03.14", 85, setting::mixed},
    {"36.03.15", 76, setting::rural},  {"36.03.16", 68, setting::mixed},
    {"36.03.17", 97, setting::urban},  {"36.03.18", 131, setting::urban},
    {"36.03.19", 66, setting::urban},  {"36.03.20", 70, setting::mixed},
    {"36.03.22", 66, setting::urban},  {"36.03.23", 50, setting::urban},
    {"36.03.27", 43, setting::rural},  {"36.03.28", 106, setting::urban},
    {"36.03.29", 56, setting::mixed},  {"36.03.30", 60, setting::mixed},
    {"36.03.31", 55, setting::mixed},  {"36.03.32", 34, setting::rural},
    {"36.03.33", 26, setting::rural},
});

/// Shares `total` out by weight; at least `minimum` each; the remainders go to the largest.
void allot(const std::vector<std::uint64_t>& weights, std::int64_t total, std::int64_t minimum,
           std::vector<std::int64_t>& out) {
    const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    const auto count = static_cast<std::int64_t>(weights.size());
    const std::int64_t shared = std::max<std::int64_t>(0, total - minimum * count);
    const std::int64_t base = shared == 0 && total < minimum * count ? 0 : minimum;
    std::vector<std::pair<std::uint64_t, std::size_t>> remainders;
    out.assign(weights.size(), base);
    std::int64_t given = base * count;
    const std::int64_t to_share = total - given;
    for (std::size_t at = 0; at < weights.size(); ++at) {
        const std::uint64_t product = static_cast<std::uint64_t>(to_share) * weights[at];
        out[at] += static_cast<std::int64_t>(product / sum);
        given += static_cast<std::int64_t>(product / sum);
        remainders.emplace_back(product % sum, at);
    }
    std::ranges::sort(remainders, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (std::size_t at = 0; given < total; ++at, ++given) {
        ++out[remainders[at % remainders.size()].second];
    }
}

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& letter : result) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return result;
}

std::string digits_of(std::string_view code) {
    std::string result;
    for (const char letter : code) {
        if (letter >= '0' && letter <= '9') result += letter;
    }
    return result;
}

std::expected<std::vector<village>, std::string> read_villages(std::string_view text) {
    std::vector<village> villages;
    int line = 0;
    while (!text.empty()) {
        ++line;
        const std::size_t end = text.find('\n');
        std::string_view row = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (row.ends_with('\r')) row.remove_suffix(1);
        if (line == 1 || row.empty()) continue;
        const std::size_t comma = row.find(',');
        if (comma == std::string_view::npos || comma + 1 == row.size()) {
            return std::unexpected(fmt::format("regions, line {}: expected code,name", line));
        }
        const std::string_view code = row.substr(0, comma);
        if (code.size() != village_length) continue;
        village one;
        one.code = code;
        one.name = upper(row.substr(comma + 1));
        one.kecamatan = digits_of(code.substr(0, kecamatan_length));
        one.kelurahan = code[kecamatan_length + 1] == '1';
        villages.push_back(std::move(one));
    }
    if (villages.empty()) return std::unexpected("regions: no desa or kelurahan in the list");
    return villages;
}

/// Weighs the desa of one kecamatan against each other: the kecamatan's own weight, spread.
void weigh(std::vector<village>& villages, std::uint64_t seed) {
    random_source random{seed ^ 0x7a11'5eedU};
    for (auto first = villages.begin(); first != villages.end();) {
        const auto last = std::find_if(first, villages.end(), [&](const village& other) {
            return other.kecamatan != first->kecamatan;
        });
        const auto facts = std::ranges::find(
            kecamatan_table, std::string_view{first->code}.substr(0, kecamatan_length),
            &kecamatan_facts::code);
        const std::uint64_t weight = facts == kecamatan_table.end() ? 60 : facts->weight;
        std::uint64_t sum = 0;
        for (auto it = first; it != last; ++it) {
            it->weight = static_cast<std::uint64_t>(random.between(60, 160));
            if (facts != kecamatan_table.end()) it->where = facts->where;
            sum += it->weight;
        }
        for (auto it = first; it != last; ++it) {
            it->weight = weight * 100'000 * it->weight / sum;
        }
        first = last;
    }
}

}  // namespace

std::expected<std::vector<village>, std::string> share_out(std::string_view regions_csv,
                                                           std::int64_t voters,
                                                           std::uint64_t seed) {
    auto villages = read_villages(regions_csv);
    if (!villages) return villages;
    weigh(*villages, seed);
    std::vector<std::uint64_t> weights;
    weights.reserve(villages->size());
    for (const village& one : *villages)
        weights.push_back(one.weight);
    std::vector<std::int64_t> shares;
    allot(weights, voters, 1, shares);
    for (std::size_t at = 0; at < shares.size(); ++at)
        (*villages)[at].voters = shares[at];

    const auto count = static_cast<std::int64_t>(villages->size());
    const std::int64_t stations =
        std::max(count, (voters * full_stations + full_voters / 2) / full_voters);
    for (std::size_t at = 0; at < shares.size(); ++at) {
        weights[at] = static_cast<std::uint64_t>(shares[at]);
    }
    allot(weights, stations, 1, shares);
    for (std::size_t at = 0; at < shares.size(); ++at)
        (*villages)[at].stations = shares[at];
    return villages;
}

}  // namespace siwareng::tools
