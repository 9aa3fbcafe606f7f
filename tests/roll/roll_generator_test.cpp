#include "tools/roll_generator.hpp"

#include "storage/roll/csv.hpp"
#include "storage/roll/rules.hpp"
#include "tests/roll/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace siwareng {
namespace {

using namespace storage;
using test::read_file;
using test::temporary_folder;

constexpr std::int64_t many = 60'000;

std::string regions_csv() {
    return read_file(std::filesystem::path{SIWARENG_SOURCE_DIR} /
                     "config/regions/wilayah_3603.csv");
}

tools::generator_options options_for(const temporary_folder& folder, std::int64_t voters) {
    tools::generator_options options;
    options.voters = voters;
    options.voters_csv = folder.path() / "v.csv";
    options.regions_csv = regions_csv();
    return options;
}

/// FNV-1a: a checksum that this test can state without a library.
std::uint64_t checksum(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char letter : text) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    }
    return hash;
}

/// Every desa or kelurahan code of the county.
std::set<std::string> village_codes() {
    std::set<std::string> codes;
    const std::string text = regions_csv();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        if (line.find(',') == 13) codes.insert(line.substr(0, 13));
        at = end == std::string::npos ? text.size() : end + 1;
    }
    return codes;
}

/// A generated list, read back by the rules of the import.
class generated : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const temporary_folder folder;
        const auto made = tools::generate_roll(options_for(folder, many));
        ASSERT_TRUE(made) << made.error();
        const auto codes = village_codes();
        const row_rules rules{{.region = "36.03",
                               .known_regions = {codes.begin(), codes.end()},
                               .nik_ok = {},
                               .now_ms = 1'793'491'200'000}};  // 2026-11-01
        csv::source source{folder.path() / "v.csv"};
        const auto layout = csv::detect_layout(*source.read_header(), voter_columns);
        ASSERT_TRUE(layout);
        csv::block block;
        std::uint64_t read = 0;
        row_rules::workspace scratch;
        voter row;
        while (source.next(block, read)) {
            for (const auto& record : block.records) {
                const auto why = rules.read_voter(record.text, *layout, scratch, row);
                ASSERT_FALSE(why) << record.line << ": " << why->column << ": " << why->reason;
                listed_voters.push_back(row);
            }
        }
        listed_stations = read_file(folder.path() / "v.tps.csv");
    }
    static void TearDownTestSuite() {
        listed_voters = {};
        listed_stations = {};
    }

    /// The share of voters for whom that holds, in percent.
    static double percent(const std::function<bool(const voter&)>& holds) {
        return 100.0 * static_cast<double>(std::ranges::count_if(listed_voters, holds)) /
               static_cast<double>(listed_voters.size());
    }

    static inline std::vector<voter> listed_voters;
    static inline std::string listed_stations;
};

int number(std::string_view digits) {
    return std::stoi(std::string{digits});
}

/// Whole years on 2026-11-01.
int age(const voter& who) {
    const int year = number(std::string_view{who.birth_date}.substr(0, 4));
    const bool later = std::string_view{who.birth_date}.substr(5) > "11-01";
    return 2026 - year - (later ? 1 : 0);
}

TEST_F(generated, has_as_many_voters_as_asked_for_in_every_desa) {
    EXPECT_EQ(listed_voters.size(), static_cast<std::size_t>(many));
    std::set<std::string> regions;
    std::set<std::string> kecamatan;
    for (const voter& who : listed_voters) {
        regions.insert(who.region);
        kecamatan.insert(who.region.substr(0, 8));
    }
    EXPECT_EQ(regions, village_codes());
    EXPECT_EQ(regions.size(), 274U);
    EXPECT_EQ(kecamatan.size(), 29U);
}

TEST_F(generated, largest_kecamatan_are_those_of_the_county) {
    std::map<std::string, int> sizes;
    for (const voter& who : listed_voters)
        ++sizes[who.region.substr(0, 8)];
    std::vector<std::pair<int, std::string>> order;
    for (const auto& [code, size] : sizes)
        order.emplace_back(size, code);
    std::ranges::sort(order, std::ranges::greater{});
    EXPECT_EQ(order[0].second, "36.03.12");  // Pasar Kemis
    EXPECT_EQ(order[1].second, "36.03.18");  // Cikupa
    EXPECT_EQ(order[2].second, "36.03.28");  // Kelapa Dua
    EXPECT_EQ(order[3].second, "36.03.13");  // Teluknaga
}

TEST_F(generated, nik_is_unique_and_says_birth_and_sex) {
    std::unordered_set<std::string> seen;
    int local = 0;
    for (const voter& who : listed_voters) {
        ASSERT_TRUE(seen.insert(who.nik).second);
        const int day = number(std::string_view{who.nik}.substr(6, 2));
        const int month = number(std::string_view{who.nik}.substr(8, 2));
        const int year = number(std::string_view{who.nik}.substr(10, 2));
        ASSERT_EQ(day > 40 ? 'P' : 'L', who.sex);
        ASSERT_EQ(fmt::format("{:02}-{:02}-{:02}", year, month, day > 40 ? day - 40 : day),
                  who.birth_date.substr(2));
        ASSERT_NE(who.nik.substr(12), "0000");
        if (who.nik.starts_with("3603")) ++local;
    }
    EXPECT_GT(local, many * 75 / 100);
    EXPECT_LT(local, many * 95 / 100);
}

TEST_F(generated, households_share_card_address_and_station) {
    std::map<std::string, std::vector<const voter*>> households;
    for (const voter& who : listed_voters)
        households[who.nkk].push_back(&who);
    EXPECT_GT(households.size(), listed_voters.size() / 4);
    EXPECT_LT(households.size(), listed_voters.size() * 2 / 3);
    for (const auto& [card, people] : households) {
        ASSERT_LE(people.size(), 8U);
        int husbands = 0;
        int wives = 0;
        for (const voter* who : people) {
            ASSERT_EQ(who->address, people[0]->address);
            ASSERT_EQ(who->rt + who->rw, people[0]->rt + people[0]->rw);
            ASSERT_EQ(who->region, people[0]->region);
            ASSERT_EQ(who->tps, people[0]->tps);
            if (who->marital == 'S') ++(who->sex == 'L' ? husbands : wives);
        }
        ASSERT_LE(husbands, 1);
        ASSERT_LE(wives, 1);
    }
}

TEST_F(generated, everyone_may_vote) {
    for (const voter& who : listed_voters) {
        ASSERT_TRUE(age(who) >= 17 || who.marital != 'B') << who.birth_date;
        ASSERT_LT(age(who), 125);
        ASSERT_LE(who.name.size(), 60U);
    }
}

TEST_F(generated, shares_are_those_of_the_county) {
    EXPECT_NEAR(percent([](const voter& who) { return who.sex == 'L'; }), 50.4, 0.6);
    EXPECT_NEAR(percent([](const voter& who) { return who.disability != '0'; }), 0.75, 0.25);
    EXPECT_GT(percent([](const voter& who) { return who.ktp_el == 'S'; }), 95.0);
    // TW II 2025: 11,840 struck, 15,434 new, 5,184 corrected of 2,372,615.
    EXPECT_NEAR(percent([](const voter& who) {
                    return !who.status.empty() && who.status != "B" && who.status != "U";
                }),
                0.50, 0.15);
    EXPECT_NEAR(percent([](const voter& who) { return who.status == "1"; }), 0.117, 0.06);
    EXPECT_NEAR(percent([](const voter& who) { return who.status == "B"; }), 0.65, 0.2);
    EXPECT_NEAR(percent([](const voter& who) { return who.status == "U"; }), 0.22, 0.1);
    EXPECT_NEAR(percent([](const voter& who) { return age(who) < 30; }), 33.0, 6.0);
    EXPECT_NEAR(percent([](const voter& who) { return age(who) >= 60; }), 12.0, 4.0);
    EXPECT_NEAR(percent([](const voter& who) { return !who.name.contains(' '); }), 18.0, 6.0);
}

TEST_F(generated, every_station_of_a_voter_has_a_place) {
    std::set<std::pair<std::string, int>> used;
    for (const voter& who : listed_voters)
        used.emplace(who.region, who.tps);
    std::size_t listed = 0;
    for (const auto& [region, station] : used) {
        listed += listed_stations.contains(fmt::format("{},{},", region, station)) ? 1 : 0;
    }
    EXPECT_EQ(listed, used.size());
    EXPECT_EQ(std::ranges::count(listed_stations, '\n'),
              static_cast<std::ptrdiff_t>(used.size()) + 1);
    EXPECT_EQ(used.size(), 274U) << "one a desa, as 60,000 voters need fewer than that";
}

TEST(roll_generator, same_seed_same_bytes) {
    const temporary_folder folder;
    auto options = options_for(folder, 3'000);
    options.seed = 42;
    ASSERT_TRUE(tools::generate_roll(options));
    const std::string first = read_file(options.voters_csv);
    const std::string first_stations = read_file(folder.path() / "v.tps.csv");
    ASSERT_TRUE(tools::generate_roll(options));
    EXPECT_EQ(read_file(options.voters_csv), first);
    options.seed = 43;
    ASSERT_TRUE(tools::generate_roll(options));
    EXPECT_NE(read_file(options.voters_csv), first);
    // What other tests and the documents show depends on these bytes. Whoever changes the generator
    // changes the two numbers, on purpose.
    EXPECT_EQ(checksum(first), 11230531478158520272U);
    EXPECT_EQ(checksum(first_stations), 4538914194643799786U);
}

TEST(roll_generator, stations_hold_five_hundred_voters) {
    const temporary_folder folder;
    const auto options = options_for(folder, 400'000);
    ASSERT_TRUE(tools::generate_roll(options));
    const std::string stations = read_file(folder.path() / "v.tps.csv");
    const auto count = std::ranges::count(stations, '\n') - 1;
    EXPECT_EQ(count, (400'000 * 4'484 + 2'372'615 / 2) / 2'372'615);
}

TEST(roll_generator, few_voters_are_possible_too) {
    const temporary_folder folder;
    for (const int voters : {1, 2, 100, 273, 274, 275}) {
        const auto options = options_for(folder, voters);
        ASSERT_TRUE(tools::generate_roll(options));
        const std::string text = read_file(options.voters_csv);
        EXPECT_EQ(std::ranges::count(text, '\n'), voters + 1);
    }
}

TEST(roll_generator, progress_ends_at_the_total) {
    const temporary_folder folder;
    auto options = options_for(folder, 5'000);
    std::int64_t last = 0;
    options.progress = [&](std::int64_t done, std::int64_t total) {
        EXPECT_GE(done, last);
        EXPECT_EQ(total, 5'000);
        last = done;
    };
    ASSERT_TRUE(tools::generate_roll(options));
    EXPECT_EQ(last, 5'000);
}

TEST(roll_generator, mistakes_are_named) {
    const temporary_folder folder;
    auto options = options_for(folder, 0);
    EXPECT_EQ(tools::generate_roll(options).error(), "voters must be between 1 and 100000000");
    options = options_for(folder, 10);
    options.reference_date = "2026-02-30";
    EXPECT_TRUE(tools::generate_roll(options).error().starts_with("reference date"));
    options = options_for(folder, 10);
    options.regions_csv = "code,name\n36.03,Kabupaten Tangerang\n";
    EXPECT_EQ(tools::generate_roll(options).error(), "regions: no desa or kelurahan in the list");
    options = options_for(folder, 10);
    options.voters_csv = folder.path() / "missing" / "v.csv";
    EXPECT_TRUE(tools::generate_roll(options).error().contains("missing/v.csv cannot be written"));
}

}  // namespace
}  // namespace siwareng
