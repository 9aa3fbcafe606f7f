#include "storage/roll/roll.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace siwareng {
namespace {

using namespace storage;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(memory_roll, answers_as_a_file_does) {
    voter first;
    first.nik = "3603015708900003";
    first.name = "SITI AMINAH";
    first.region = "36.03.01.1001";
    first.tps = 3;
    first.address = "KP. BARU";
    voter second = first;
    second.name = "ORANG LAIN";
    const auto library = create_memory_roll_library(
        "tangerang", {first, second}, {{"36.03.01.1001", 3, "BALAI DESA", "KP. BARU"}});
    EXPECT_THAT(library->refresh({"tangerang"}), IsEmpty());
    EXPECT_EQ(library->current("serang"), nullptr);
    const auto current = library->current("tangerang");
    ASSERT_TRUE(current);
    EXPECT_EQ(current->info().office, "tangerang");
    EXPECT_EQ(current->info().voters, 2);
    EXPECT_EQ(current->info().stations, 1);
    EXPECT_THAT(current->find_by_nik("3603015708900003"),
                ElementsAre(voter_answer{"SITI AMINAH", "36.03.01.1001", 3, ""},
                            voter_answer{"ORANG LAIN", "36.03.01.1001", 3, ""}));
    EXPECT_EQ(current->load_by_nik("3603015708900003").at(0).address, "KP. BARU");
    EXPECT_THAT(current->find_by_nik("1"), IsEmpty());
    EXPECT_EQ(current->station("36.03.01.1001", 3)->place, "BALAI DESA");
    EXPECT_EQ(current->station("36.03.01.1001", 4), std::nullopt);
}

}  // namespace
}  // namespace siwareng
