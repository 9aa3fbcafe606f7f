#include "storage/roll/csv.hpp"
#include "storage/roll/roll.hpp"
#include "storage/store_files.hpp"
#include "tests/roll/support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace siwareng {
namespace {

using namespace storage;
using test::import_options;
using test::nik_of;
using test::read_file;
using test::temporary_folder;
using test::test_keys;
using test::voter_header;
using test::voter_row;
using test::voter_rows;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

mode_t mode_of(const std::filesystem::path& file) {
    struct stat facts{};
    EXPECT_EQ(::stat(file.c_str(), &facts), 0) << file;
    return facts.st_mode & 07777U;
}

/// The names in a folder, hidden ones too.
std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

std::shared_ptr<const roll> open_current(const roll_import_options& options) {
    const auto library = open_roll_library(options.folder, test_keys());
    EXPECT_THAT(library->refresh({options.office}), IsEmpty());
    return library->current(options.office);
}

constexpr std::string_view station_rows =
    "kode_wilayah,tps,tempat,alamat\n"
    "36.03.01.1001,3,BALAI DESA,\"KP. BARU RT 001/002, BALARAJA\"\n"
    "3603012003,1,SD NEGERI CANGKUDU 1,KP. CANGKUDU\n";

TEST(roll_import, rows_and_stations_are_found_again) {
    const temporary_folder folder;
    auto options = import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    options.tps_csv = folder.write("t.csv", station_rows);
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, 1);
    EXPECT_EQ(result->rejected, 0);
    EXPECT_EQ(result->duplicates, 0);
    EXPECT_EQ(result->stations_missing, 0);
    EXPECT_THAT(result->notes, IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(options.rejects_csv));

    const auto current = open_current(options);
    ASSERT_TRUE(current);
    EXPECT_EQ(current->info().version, 1);
    EXPECT_EQ(current->info().voters, 1);
    EXPECT_EQ(current->info().stations, 2);
    EXPECT_EQ(current->info().created_ms, options.now_ms);
    EXPECT_EQ(current->info().file, result->info.file);
    EXPECT_THAT(current->find_by_nik("3603015708900003"),
                ElementsAre(voter_answer{"SITI AMINAH", "36.03.01.1001", 3, ""}));
    EXPECT_THAT(current->find_by_nik("3603015708900004"), IsEmpty());
    EXPECT_THAT(current->find_by_nik(""), IsEmpty());
    const auto whole = current->load_by_nik("3603015708900003");
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(whole[0].nkk, "3603010101150001");
    EXPECT_EQ(whole[0].birth_date, "1990-08-17");
    EXPECT_EQ(whole[0].address, "KP. CANGKUDU");
    EXPECT_EQ(whole[0].marital, 'S');
    EXPECT_EQ(whole[0].rt, "001");
    EXPECT_EQ(current->station("36.03.01.1001", 3),
              (polling_station{"36.03.01.1001", 3, "BALAI DESA", "KP. BARU RT 001/002, BALARAJA"}));
    EXPECT_EQ(current->station("36.03.01.1001", 4), std::nullopt);
}

TEST(roll_import, reads_what_spreadsheets_write) {
    const temporary_folder folder;
    const std::string text = "\xEF\xBB\xBF" + voter_header() + voter_row();
    std::string with_semicolons;
    for (const char letter : text) {
        if (letter == '\n') with_semicolons += '\r';
        with_semicolons += letter == ',' ? ';' : letter;
    }
    with_semicolons += ";;;;;;;;;;;;;;\r\n\r\n";
    const auto options = import_options(folder, folder.write("v.csv", with_semicolons));
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, 1);
    EXPECT_EQ(result->rejected, 0);
    EXPECT_THAT(result->notes, ElementsAre(HasSubstr("no polling station file")));
}

TEST(roll_import, rejected_rows_go_to_a_private_file_with_line_column_and_reason) {
    const temporary_folder folder;
    const std::string bad_sex = voter_row({{"jenis_kelamin", "X"}});
    const std::string bad_name = voter_row({{"nama", "\"\""}});
    auto options = import_options(
        folder, folder.write("v.csv", voter_header() + voter_row() + bad_sex + "\n" +
                                          voter_row({{"alamat", "\"KP.\nBARU\""}}) + bad_name));
    options.tps_csv = folder.write(
        "t.csv", std::string{station_rows} + "36.03.01.1001,3,AGAIN,\n36.03.01.1001,x,A,B\n");
    test::write_file(options.rejects_csv, "an older and wider readable file");
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rows, 4);
    EXPECT_EQ(result->rejected, 4);
    EXPECT_EQ(result->info.rejected, 4);
    EXPECT_EQ(result->info.voters, 2);
    EXPECT_EQ(mode_of(options.rejects_csv), 0600U);
    const auto as_field = [](std::string row) {
        row.pop_back();
        std::string field;
        for (const char letter : row)
            field += letter == '"' ? "\"\"" : std::string{letter};
        return "\"" + field + "\"\n";
    };
    EXPECT_EQ(read_file(options.rejects_csv),
              "file,line,column,reason,row\n"
              "\"t.csv\",4,tps,\"listed twice\",\"36.03.01.1001,3,AGAIN,\"\n"
              "\"t.csv\",5,tps,\"not a number\",\"36.03.01.1001,x,A,B\"\n"
              "\"v.csv\",3,jenis_kelamin,\"not one of L, P\"," +
                  as_field(bad_sex) + "\"v.csv\",7,nama,\"empty\"," + as_field(bad_name));
}

TEST(roll_import, rejects_stand_in_the_order_of_the_file) {
    const temporary_folder folder;
    std::string text = voter_header();
    for (int at = 0; at < 30'000; ++at) {
        text += voter_row({{"nik", nik_of(at % 9000)}, {"tps", at % 3 == 0 ? "x" : "1"}});
    }
    auto options = import_options(folder, folder.write("v.csv", text));
    options.threads = 4;
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->rejected, 10'000);
    csv::source source{options.rejects_csv};
    ASSERT_EQ(source.read_header(), "file,line,column,reason,row");
    csv::block block;
    std::uint64_t read = 0;
    int line = 2;
    while (source.next(block, read)) {
        for (const auto& record : block.records) {
            ASSERT_TRUE(record.text.starts_with(fmt::format("\"v.csv\",{},tps,", line)))
                << record.text;
            line += 3;
        }
    }
    EXPECT_EQ(line, 30'002);
}

TEST(roll_import, duplicates_are_kept_and_counted_in_order_of_the_file) {
    const temporary_folder folder;
    std::string text = voter_header() + voter_rows(50);
    for (int at = 0; at < 20; ++at) {
        text += voter_row({{"nama", fmt::format("GANDA {}", at)}, {"nik", nik_of(100)}});
    }
    text += voter_row({{"nik", nik_of(7)}, {"nama", "ORANG LAIN"}});
    const auto options = import_options(folder, folder.write("v.csv", text));
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->duplicates, 22);
    EXPECT_EQ(result->info.voters, 71);
    const auto current = open_current(options);
    const auto two = current->find_by_nik(nik_of(7));
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[0].name, "PEMILIH 7");
    EXPECT_EQ(two[1].name, "ORANG LAIN");
    // A look-up is bounded whatever a file holds.
    const auto many = current->find_by_nik(nik_of(100));
    ASSERT_EQ(many.size(), 16U);
    EXPECT_EQ(many[0].name, "GANDA 0");
    EXPECT_EQ(many[15].name, "GANDA 15");
}

TEST(roll_import, counts_stations_that_are_missing) {
    const temporary_folder folder;
    auto options = import_options(
        folder, folder.write("v.csv", voter_header() + voter_row() + voter_row({{"tps", "9"}}) +
                                          voter_row({{"tps", "9"}}) + voter_row({{"tps", "0"}})));
    options.tps_csv = folder.write("t.csv", station_rows);
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->stations_missing, 1);
    EXPECT_THAT(result->notes, ElementsAre(HasSubstr("1 TPS numbers")));
}

TEST(roll_import, columns_nobody_asked_for_are_noted) {
    const temporary_folder folder;
    std::string header = voter_header();
    header.insert(header.size() - 1, ",sumber");
    std::string row = voter_row();
    row.insert(row.size() - 1, ",DP4");
    const auto options = import_options(folder, folder.write("v.csv", header + row));
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_THAT(result->notes, Contains("v.csv: column \"sumber\" is not used"));
}

struct bad_file {
    std::string_view name;
    std::string voters;
    std::string stations;  ///< empty: no such file is given
    errc code;
    std::string_view message;
};

class roll_import_refuses : public testing::TestWithParam<bad_file> {};

TEST_P(roll_import_refuses, and_keeps_the_old_roll) {
    const temporary_folder folder;
    auto good = import_options(folder, folder.write("good.csv", voter_header() + voter_row()));
    ASSERT_TRUE(import_roll(good, *test_keys()));
    const auto before = names_in(good.folder);

    auto options = import_options(folder, folder.write("bad.csv", GetParam().voters));
    if (!GetParam().stations.empty()) options.tps_csv = folder.write("t.csv", GetParam().stations);
    const auto result = import_roll(options, *test_keys());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, GetParam().code);
    EXPECT_THAT(result.error().message, HasSubstr(GetParam().message));
    EXPECT_THAT(result.error().message, Not(HasSubstr("AMINAH")));
    EXPECT_THAT(result.error().message, Not(HasSubstr("36030157")));
    EXPECT_THAT(names_in(good.folder), testing::UnorderedElementsAreArray(before));
    const auto current = open_current(good);
    ASSERT_TRUE(current);
    EXPECT_EQ(current->info().version, 1);
}

INSTANTIATE_TEST_SUITE_P(
    table, roll_import_refuses,
    testing::Values(bad_file{"empty", "", "", errc::bad_input, "empty"},
                    bad_file{"workbook", "PK\x03\x04", "", errc::bad_input, "Excel workbook"},
                    bad_file{"no_header", voter_row(), "", errc::bad_input, "names none of"},
                    bad_file{"no_rows", voter_header(), "", errc::bad_input,
                             "no rows follow the header"},
                    bad_file{"column", "nkk,nik,nma,tps\n", "", errc::bad_input,
                             "\"nama\" is missing from the header; the nearest there is \"nma\""},
                    bad_file{"all_rejected", voter_header() + voter_row({{"nik", "12"}}), "",
                             errc::bad_input, "none of 1 rows"},
                    bad_file{"stations", voter_header() + voter_row(), "kode_wilayah,tps\n",
                             errc::bad_input, "\"tempat\" is missing"},
                    bad_file{"stations_rejected", voter_header() + voter_row(),
                             "kode_wilayah,tps,tempat,alamat\n36.03.01.1001,,X,Y\n",
                             errc::bad_input, "none of 1 rows"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(roll_import, missing_files_are_named) {
    const temporary_folder folder;
    auto options = import_options(folder, folder.path() / "nowhere.csv");
    auto result = import_roll(options, *test_keys());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, errc::not_found);
    EXPECT_THAT(result.error().message, HasSubstr("nowhere.csv"));

    options = import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    options.tps_csv = folder.path() / "no_tps.csv";
    result = import_roll(options, *test_keys());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, errc::not_found);

    options.office = "../tangerang";
    result = import_roll(options, *test_keys());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, errc::bad_input);
}

TEST(roll_import, nobody_else_may_read_the_files) {
    const temporary_folder folder;
    const auto options =
        import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result);
    EXPECT_EQ(mode_of(options.folder), 0700U);
    EXPECT_EQ(mode_of(result->info.file), 0440U);
}

TEST(roll_import, leftovers_of_an_import_that_died_are_removed) {
    const temporary_folder folder;
    const auto options =
        import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    ASSERT_TRUE(import_roll(options, *test_keys()));
    test::write_file(options.folder / ".tangerang.roll.tmp", "half a roll");
    std::filesystem::create_symlink("tangerang.9.roll", options.folder / ".tangerang.current.tmp");
    test::write_file(options.folder / ".other.roll.tmp", "someone else's");
    const auto result = import_roll(options, *test_keys());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->info.version, 2);
    EXPECT_THAT(
        names_in(options.folder),
        testing::UnorderedElementsAre("tangerang.1.roll", "tangerang.2.roll", "tangerang.current",
                                      ".tangerang.lock", ".other.roll.tmp"));
}

TEST(roll_import, one_import_an_office_at_a_time) {
    const temporary_folder folder;
    const auto options =
        import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    ASSERT_TRUE(make_private_folders(options.folder));
    const auto held = lock_file(options.folder / ".tangerang.lock");
    ASSERT_TRUE(held);
    const auto result = import_roll(options, *test_keys());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, errc::in_use);
    EXPECT_THAT(result.error().message, HasSubstr("another import"));
    auto other = options;
    other.office = "serang";
    EXPECT_TRUE(import_roll(other, *test_keys()));
}

TEST(roll_import, old_versions_go_but_never_the_current_one) {
    const temporary_folder folder;
    auto options = import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    options.keep_versions = 2;
    for (int version = 1; version <= 4; ++version) {
        const auto result = import_roll(options, *test_keys());
        ASSERT_TRUE(result);
        EXPECT_EQ(result->info.version, version);
    }
    EXPECT_THAT(names_in(options.folder),
                testing::UnorderedElementsAre("tangerang.3.roll", "tangerang.4.roll",
                                              "tangerang.current", ".tangerang.lock"));
    options.keep_versions = 0;
    ASSERT_TRUE(import_roll(options, *test_keys()));
    EXPECT_THAT(
        names_in(options.folder),
        testing::UnorderedElementsAre("tangerang.5.roll", "tangerang.current", ".tangerang.lock"));
}

TEST(roll_import, a_failed_swap_keeps_the_old_roll) {
    const temporary_folder folder;
    const auto options =
        import_options(folder, folder.write("v.csv", voter_header() + voter_row()));
    ASSERT_TRUE(import_roll(options, *test_keys()));
    // A folder in the link's place cannot be replaced by a link.
    std::filesystem::remove(options.folder / "tangerang.current");
    std::filesystem::create_directory(options.folder / "tangerang.current");
    const auto result = import_roll(options, *test_keys());
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("tangerang.current"));
    EXPECT_THAT(
        names_in(options.folder),
        testing::UnorderedElementsAre("tangerang.1.roll", "tangerang.current", ".tangerang.lock"));
}

TEST(roll_import, progress_rises_to_the_end) {
    const temporary_folder folder;
    auto options = import_options(folder, folder.write("v.csv", voter_header() + voter_rows(9000)));
    std::vector<std::pair<std::uint64_t, std::uint64_t>> calls;
    options.progress = [&](std::uint64_t done, std::uint64_t all) {
        calls.emplace_back(done, all);
    };
    ASSERT_TRUE(import_roll(options, *test_keys()));
    ASSERT_FALSE(calls.empty());
    EXPECT_LE(calls.size(), 60U);
    EXPECT_TRUE(std::ranges::is_sorted(calls));
    EXPECT_EQ(calls.back().first, calls.back().second);
}

TEST(roll_import, a_caller_that_throws_leaves_no_trace) {
    const temporary_folder folder;
    auto options = import_options(folder, folder.write("v.csv", voter_header() + voter_rows(100)));
    options.nik_ok = [](std::string_view) -> bool { throw std::logic_error("a bug"); };
    const auto import = [&options] { return import_roll(options, *test_keys()).has_value(); };
    EXPECT_THROW(import(), std::logic_error);
    EXPECT_THAT(names_in(options.folder), ElementsAre(".tangerang.lock"));
}

}  // namespace
}  // namespace siwareng
