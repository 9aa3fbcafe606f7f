#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>

namespace siwareng::tools {

/// How many voters, and where they go.
struct generator_options {
    std::int64_t voters = 10'000;
    std::uint64_t seed = 1;
    std::filesystem::path voters_csv;
    std::filesystem::path tps_csv;  ///< empty: `voters_csv` with ".tps.csv"
    /// The text of `regions/wilayah_3603.csv`.
    std::string regions_csv;
    /// "today" for ages, ISO 8601; a fixed default keeps the output deterministic.
    std::string reference_date = "2026-11-01";
    std::function<void(std::int64_t done, std::int64_t total)> progress;
};

/// Writes a synthetic voter list: deterministic for (voters, seed, reference_date), plausible
/// (households, ages, names of the region, real NIK structure, disability and TMS shares), no real
/// person. Returns an error text that names the file.
std::expected<void, std::string> generate_roll(const generator_options& options);

}  // namespace siwareng::tools
