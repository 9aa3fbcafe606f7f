#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"
#include "storage/roll/row_sorter.hpp"
#include "storage/roll/sealed_row.hpp"
#include "tests/roll/support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace siwareng {
namespace {

using namespace storage;
using test::nik_of;
using test::read_file;
using test::temporary_folder;
using test::test_keys;
using testing::HasSubstr;

/// A folder with one imported roll, whose file tests may damage.
class roll_file : public testing::Test {
  protected:
    void SetUp() override {
        const auto csv = folder_.write("v.csv", test::voter_header() + test::voter_rows(500));
        const auto result = import_roll(test::import_options(folder_, csv), *test_keys());
        ASSERT_TRUE(result) << result.error().message;
        file_ = result->info.file;
        std::filesystem::permissions(file_, std::filesystem::perms{0600});
    }

    roll_import_error open_error(unsigned char key = 7, std::string_view office = "tangerang") {
        const auto opened = open_roll(file_, office, test_keys(key));
        if (opened) return {errc::io, "opened"};
        return opened.error();
    }

    void change_byte(std::size_t at) {
        std::string bytes = read_file(file_);
        ASSERT_LT(at, bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
        test::write_file(file_, bytes);
    }

    void run_sql(const std::string& sql) {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
            << message;
        sqlite3_close(database);
    }

    [[nodiscard]] bool verified() const {
        return verify_roll(file_, "tangerang", *test_keys()).has_value();
    }

    temporary_folder folder_;
    std::filesystem::path file_;
};

TEST_F(roll_file, whole_file_is_opened_and_verified) {
    ASSERT_TRUE(open_roll(file_, "tangerang", test_keys()));
    EXPECT_TRUE(verified());
}

TEST_F(roll_file, another_key_is_refused) {
    const auto error = open_error(8);
    EXPECT_EQ(error.code, errc::wrong_key);
    EXPECT_THAT(error.message, HasSubstr("sealed with another key"));
}

TEST_F(roll_file, another_office_is_refused) {
    EXPECT_EQ(open_error(7, "serang").code, errc::not_a_store);
}

TEST_F(roll_file, another_format_is_refused) {
    run_sql("PRAGMA user_version=2");
    const auto error = open_error();
    EXPECT_EQ(error.code, errc::newer_schema);
    EXPECT_THAT(error.message, HasSubstr("format 2 instead of 1"));
}

TEST_F(roll_file, other_files_are_refused) {
    run_sql("PRAGMA application_id=0");
    EXPECT_EQ(open_error().code, errc::not_a_store);
    test::write_file(file_,
                     "not a database, only a text that is longer than a header of a hundred "
                     "bytes, so that it is read at all");
    EXPECT_EQ(open_error().code, errc::not_a_store);
    test::write_file(file_, "");
    EXPECT_EQ(open_error().code, errc::not_a_store);
    std::filesystem::remove(file_);
    EXPECT_EQ(open_error().code, errc::not_found);
}

TEST_F(roll_file, cut_off_file_is_refused) {
    std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 8192);
    const auto error = open_error();
    EXPECT_EQ(error.code, errc::corrupt);
    EXPECT_THAT(error.message, HasSubstr("damaged"));
}

TEST_F(roll_file, changed_description_is_refused) {
    run_sql("UPDATE meta SET voters = 499");
    EXPECT_EQ(open_error().code, errc::corrupt);
    run_sql("DELETE FROM meta");
    const auto error = open_error();
    EXPECT_EQ(error.code, errc::corrupt);
    EXPECT_THAT(error.message, HasSubstr("never ended"));
}

TEST_F(roll_file, changed_row_throws_rather_than_answer) {
    run_sql("UPDATE voters SET answer = zeroblob(length(answer)), record = zeroblob(80)");
    const auto opened = open_roll(file_, "tangerang", test_keys());
    ASSERT_TRUE(opened);
    EXPECT_THROW(static_cast<void>((*opened)->find_by_nik(nik_of(3))), store_error);
    EXPECT_THROW(static_cast<void>((*opened)->load_by_nik(nik_of(3))), store_error);
    try {
        static_cast<void>((*opened)->find_by_nik(nik_of(3)));
    } catch (const store_error& error) {
        EXPECT_EQ(error.code(), errc::corrupt);
    }
    EXPECT_FALSE(verified());
}

TEST_F(roll_file, row_of_one_voter_cannot_be_given_to_another) {
    run_sql("UPDATE voters SET answer = (SELECT answer FROM voters ORDER BY nik_index LIMIT 1)");
    const auto opened = open_roll(file_, "tangerang", test_keys());
    ASSERT_TRUE(opened);
    int answered = 0;
    for (int at = 0; at < 500; ++at) {
        try {
            answered += static_cast<int>((*opened)->find_by_nik(nik_of(at)).size());
        } catch (const store_error&) {
            continue;
        }
    }
    EXPECT_EQ(answered, 1) << "only the row that is where it belongs";
}

TEST_F(roll_file, verification_finds_a_missing_row) {
    run_sql("DELETE FROM voters WHERE nik_index = (SELECT max(nik_index) FROM voters)");
    EXPECT_FALSE(verified());
}

TEST_F(roll_file, no_byte_can_change_unseen) {
    const std::string whole = read_file(file_);
    // A byte here and there: where nothing notices, it was unused space, and every row is right.
    int noticed = 0;
    int tried = 0;
    for (std::size_t at = 100; at < whole.size(); at += 4999) {
        test::write_file(file_, whole);
        change_byte(at);
        ++tried;
        if (!verified()) {
            ++noticed;
            continue;
        }
        const auto opened = open_roll(file_, "tangerang", test_keys());
        ASSERT_TRUE(opened) << "byte " << at;
        for (int voter = 0; voter < 500; ++voter) {
            ASSERT_EQ((*opened)->find_by_nik(nik_of(voter)).size(), 1U) << "byte " << at;
        }
    }
    EXPECT_GT(noticed * 2, tried);
}

TEST_F(roll_file, raw_bytes_hold_no_personal_data) {
    const std::string bytes = read_file(file_);
    for (const int voter : {0, 1, 77, 499}) {
        EXPECT_EQ(bytes.find(nik_of(voter)), std::string::npos);
        EXPECT_EQ(bytes.find(fmt::format("PEMILIH {}", voter)), std::string::npos);
    }
    for (const std::string_view part :
         {"PEMILIH", "3603010101150001", "360301", "CANGKUDU", "1990-08-17", "17|08|1990"}) {
        EXPECT_EQ(bytes.find(part), std::string::npos) << part;
    }
}

TEST_F(roll_file, folder_names_need_no_care) {
    const auto odd = folder_.path() / "a b?c#d%20&mode=rwc";
    std::filesystem::create_directory(odd);
    std::filesystem::copy_file(file_, odd / file_.filename());
    file_ = odd / file_.filename();
    const auto opened = open_roll(file_, "tangerang", test_keys());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->find_by_nik(nik_of(1)).size(), 1U);
}

TEST(sealed_row, both_groups_come_back_as_they_were) {
    voter row;
    row.nkk = "3603010101150001";
    row.nik = "3603015708900003";
    row.name = "H. ALI, S.PD";
    row.birth_place = "";
    row.birth_date = "1990-08-17";
    row.address = "KP. \"BARU\"";
    row.rt = "001";
    row.rw = "002";
    row.disability = '3';
    row.ktp_el = 'K';
    row.region = "36.03.01.1001";
    row.tps = 12;
    row.status = "97";
    std::string text;
    encode_record(row, text);
    const auto whole = decode_record(text);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->name, row.name);
    EXPECT_EQ(whole->address, row.address);
    EXPECT_EQ(whole->disability, '3');
    EXPECT_EQ(whole->ktp_el, 'K');
    EXPECT_EQ(whole->tps, 12);
    EXPECT_EQ(whole->status, "97");
    encode_answer(row, text);
    EXPECT_EQ(decode_answer(text), (voter_answer{row.name, row.region, 12, "97"}));
    EXPECT_FALSE(decode_answer("a"));
    EXPECT_FALSE(decode_answer(text + "\x1f"));
    EXPECT_FALSE(
        decode_answer("a\x1f"
                      "b\x1f"
                      "x\x1f"));
    EXPECT_FALSE(decode_record(text));
}

TEST(row_sorter, rows_that_spill_come_back_in_order) {
    const temporary_folder folder;
    row_sorter sorter{folder.path(), 100U << 20U, 2};
    ASSERT_GT(sorter.buckets(), 4U);
    const auto keys = test_keys();
    const std::string filler(3000, 'x');
    constexpr std::uint64_t rows = 8000;
    for (std::uint64_t at = 0; at < rows; ++at) {
        // Each key twice, the later one first.
        const auto key = roll_key(*keys, std::to_string(at / 2));
        const std::string answer = std::to_string(at);
        sorter.add(static_cast<int>(at % 2), {key, rows - at, answer, filler});
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "the spill file has no name";
    std::uint64_t seen = 0;
    blind_index last{};
    std::uint64_t last_ordinal = 0;
    for (std::size_t index = 0; index < sorter.buckets(); ++index) {
        const auto bucket = sorter.take(index);
        for (const auto& row : bucket.rows) {
            if (seen % 2 == 1) {
                EXPECT_EQ(row.key, last);
                EXPECT_GT(row.ordinal, last_ordinal);
            } else if (seen > 0) {
                EXPECT_GT(row.key, last);
            }
            EXPECT_EQ(row.answer, std::to_string(rows - row.ordinal));
            EXPECT_EQ(row.record, filler);
            last = row.key;
            last_ordinal = row.ordinal;
            ++seen;
        }
    }
    EXPECT_EQ(seen, rows);
}

}  // namespace
}  // namespace siwareng
