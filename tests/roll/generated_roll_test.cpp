#include "storage/roll/csv.hpp"
#include "storage/roll/roll.hpp"
#include "tests/roll/support.hpp"
#include "tools/roll_generator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace siwareng {
namespace {

using namespace storage;
using test::temporary_folder;
using test::test_keys;
using testing::IsEmpty;

TEST(generated_roll, is_imported_whole_and_every_voter_found) {
    const temporary_folder folder;
    tools::generator_options made;
    made.voters = 20'000;
    made.voters_csv = folder.path() / "v.csv";
    made.regions_csv = test::read_file(std::filesystem::path{SIWARENG_SOURCE_DIR} /
                                       "config/regions/wilayah_3603.csv");
    ASSERT_TRUE(tools::generate_roll(made));
    auto options = test::import_options(folder, made.voters_csv);
    options.tps_csv = folder.path() / "v.tps.csv";
    options.known_regions.clear();
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->info.voters, 20'000);
    EXPECT_EQ(result->rejected, 0);
    EXPECT_EQ(result->duplicates, 0);
    EXPECT_EQ(result->stations_missing, 0);
    EXPECT_THAT(result->notes, IsEmpty());

    const auto opened = open_roll(result->info.file, "tangerang", test_keys());
    ASSERT_TRUE(opened) << opened.error().message;
    csv::source source{made.voters_csv};
    ASSERT_TRUE(source.read_header());
    csv::block block;
    std::uint64_t read = 0;
    std::vector<std::string_view> fields;
    std::string scratch;
    while (source.next(block, read)) {
        for (const auto& record : block.records) {
            ASSERT_EQ(csv::split(record.text, ',', fields, scratch), csv::split_error::none);
            const auto found = (*opened)->find_by_nik(fields[1]);
            ASSERT_EQ(found.size(), 1U);
            ASSERT_EQ(found[0].name, fields[2]);
            ASSERT_EQ(found[0].region, fields[12]);
            ASSERT_TRUE((*opened)->station(found[0].region, found[0].tps));
        }
    }
    EXPECT_TRUE(verify_roll(result->info.file, "tangerang", *test_keys()));

    const std::string bytes = test::read_file(result->info.file);
    EXPECT_EQ(bytes.find("MUHAMAD"), std::string::npos);
    EXPECT_EQ(bytes.find("SITI"), std::string::npos);
}

}  // namespace
}  // namespace siwareng
