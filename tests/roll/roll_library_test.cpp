#include "storage/roll/roll.hpp"
#include "tests/roll/support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace siwareng {
namespace {

using namespace storage;
using test::nik_of;
using test::temporary_folder;
using test::test_keys;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class library : public testing::Test {
  protected:
    /// Imports a roll in which every voter's name ends in that mark.
    roll_import_result import(const std::string& mark, const std::string& office = "tangerang") {
        std::string text = test::voter_header();
        for (int at = 0; at < 300; ++at) {
            text += test::voter_row({{"nik", nik_of(at)}, {"nama", "PEMILIH " + mark}});
        }
        auto options = test::import_options(folder_, folder_.write("v.csv", text));
        options.office = office;
        options.keep_versions = 1;
        auto result = import_roll(options, *test_keys());
        EXPECT_TRUE(result) << result.error().message;
        return result.value_or(roll_import_result{});
    }

    [[nodiscard]] std::filesystem::path rolls() const { return folder_.path() / "rolls"; }

    temporary_folder folder_;
};

TEST_F(library, an_office_without_a_roll_is_no_problem) {
    const auto rolls_of = open_roll_library(rolls(), test_keys());
    EXPECT_THAT(rolls_of->refresh({"tangerang", "serang"}), IsEmpty());
    EXPECT_EQ(rolls_of->current("tangerang"), nullptr);
}

TEST_F(library, a_swap_is_seen_at_the_next_refresh_and_the_old_roll_stays_readable) {
    import("SATU");
    const auto all = open_roll_library(rolls(), test_keys());
    EXPECT_EQ(all->current("tangerang"), nullptr) << "before the first refresh";
    EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty());
    const auto old = all->current("tangerang");
    ASSERT_TRUE(old);
    EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty());
    EXPECT_EQ(all->current("tangerang"), old) << "nothing new, nothing opened";

    import("DUA");
    EXPECT_FALSE(std::filesystem::exists(old->info().file)) << "its file has gone already";
    EXPECT_EQ(all->current("tangerang"), old);
    EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty());
    const auto fresh = all->current("tangerang");
    ASSERT_TRUE(fresh);
    EXPECT_EQ(fresh->info().version, 2);
    for (int at = 0; at < 300; ++at) {
        ASSERT_EQ(old->find_by_nik(nik_of(at)).at(0).name, "PEMILIH SATU");
        ASSERT_EQ(fresh->find_by_nik(nik_of(at)).at(0).name, "PEMILIH DUA");
    }
}

TEST_F(library, offices_have_rolls_of_their_own) {
    import("A", "tangerang");
    import("B", "serang");
    const auto all = open_roll_library(rolls(), test_keys());
    EXPECT_THAT(all->refresh({"tangerang", "serang", "lebak"}), IsEmpty());
    EXPECT_EQ(all->current("tangerang")->find_by_nik(nik_of(0)).at(0).name, "PEMILIH A");
    EXPECT_EQ(all->current("serang")->find_by_nik(nik_of(0)).at(0).name, "PEMILIH B");
    EXPECT_EQ(all->current("lebak"), nullptr);
}

TEST_F(library, a_version_number_that_is_used_again_is_noticed) {
    import("SATU");
    const auto all = open_roll_library(rolls(), test_keys());
    all->refresh({"tangerang"});
    std::filesystem::remove_all(rolls());
    import("LAIN");
    EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty());
    EXPECT_EQ(all->current("tangerang")->find_by_nik(nik_of(0)).at(0).name, "PEMILIH LAIN");
}

TEST_F(library, a_roll_that_cannot_be_opened_leaves_the_old_one_and_is_reported_once) {
    import("SATU");
    const auto all = open_roll_library(rolls(), test_keys());
    all->refresh({"tangerang"});
    const auto second = import("DUA");
    std::filesystem::permissions(second.info.file, std::filesystem::perms{0600});
    std::filesystem::resize_file(second.info.file, 8192);
    EXPECT_THAT(all->refresh({"tangerang"}), ElementsAre(HasSubstr("damaged")));
    EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty()) << "not in the log each second";
    EXPECT_EQ(all->current("tangerang")->info().version, 1);
    EXPECT_EQ(all->current("tangerang")->find_by_nik(nik_of(0)).size(), 1U);
    import("TIGA");
    EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty());
    EXPECT_EQ(all->current("tangerang")->info().version, 3);
}

TEST_F(library, another_key_is_reported) {
    import("SATU");
    const auto all = open_roll_library(rolls(), test_keys(9));
    EXPECT_THAT(all->refresh({"tangerang"}), ElementsAre(HasSubstr("another key")));
    EXPECT_EQ(all->current("tangerang"), nullptr);
}

TEST_F(library, odd_links_are_not_followed) {
    import("SATU");
    const auto link = rolls() / "tangerang.current";
    for (const auto& target : {"../tangerang.1.roll", "/etc/passwd", "tangerang.x.roll",
                               "serang.1.roll", "tangerang.01.roll"}) {
        const auto all = open_roll_library(rolls(), test_keys());
        std::filesystem::remove(link);
        std::filesystem::create_symlink(target, link);
        EXPECT_THAT(all->refresh({"tangerang"}), ElementsAre(HasSubstr("no roll"))) << target;
        EXPECT_EQ(all->current("tangerang"), nullptr) << target;
    }
    const auto all = open_roll_library(rolls(), test_keys());
    std::filesystem::remove(link);
    std::filesystem::create_symlink("tangerang.5.roll", link);
    EXPECT_THAT(all->refresh({"tangerang"}), ElementsAre(HasSubstr("tangerang.5.roll")));
    EXPECT_THAT(all->refresh({"../x"}), ElementsAre(HasSubstr("no file name")));
}

TEST_F(library, a_link_that_goes_leaves_the_open_roll) {
    import("SATU");
    const auto all = open_roll_library(rolls(), test_keys());
    all->refresh({"tangerang"});
    std::filesystem::remove(rolls() / "tangerang.current");
    EXPECT_THAT(all->refresh({"tangerang"}), ElementsAre(HasSubstr("stays in use")));
    EXPECT_TRUE(all->current("tangerang"));
}

TEST_F(library, look_ups_go_on_while_rolls_are_imported_and_swapped) {
    import("0");
    const auto all = open_roll_library(rolls(), test_keys());
    all->refresh({"tangerang"});
    std::atomic<bool> stop = false;
    std::atomic<int> wrong = 0;
    std::atomic<int> look_ups = 0;
    {
        std::vector<std::jthread> readers;
        readers.reserve(6);
        // More readers than the roll has connections.
        for (int reader = 0; reader < 6; ++reader) {
            readers.emplace_back([&, reader] {
                for (int at = reader; !stop; ++at) {
                    const auto current = all->current("tangerang");
                    const auto expected = fmt::format("PEMILIH {}", current->info().version - 1);
                    const auto found = current->find_by_nik(nik_of(at % 300));
                    if (found.size() != 1 || found[0].name != expected) ++wrong;
                    if (current->load_by_nik(nik_of(at % 300)).size() != 1) ++wrong;
                    if (current->station("36.03.01.1001", 1)) ++wrong;
                    ++look_ups;
                }
            });
        }
        for (int version = 1; version <= 8; ++version) {
            import(std::to_string(version));
            EXPECT_THAT(all->refresh({"tangerang"}), IsEmpty());
        }
        stop = true;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(look_ups, 0);
    EXPECT_EQ(all->current("tangerang")->info().version, 9);
}

}  // namespace
}  // namespace siwareng
