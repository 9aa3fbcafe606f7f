#include "storage/roll/rules.hpp"

#include "tests/roll/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace siwareng {
namespace {

using namespace storage;
using test::voter_row;

row_rules rules() {
    return row_rules{{.region = "36.03",
                      .known_regions = {"36.03.01.1001", "36.03.01.2003"},
                      .nik_ok = [](std::string_view digits) { return !digits.ends_with("0000"); },
                      .now_ms = 1'793'000'000'000}};
}

std::optional<rejection> read(std::string row, voter& out) {
    if (row.ends_with('\n')) row.pop_back();
    std::string header = test::voter_header();
    header.pop_back();
    const auto layout = csv::detect_layout(header, voter_columns);
    row_rules::workspace scratch;
    return rules().read_voter(row, *layout, scratch, out);
}

struct bad_row {
    std::string_view column;
    std::string value;
    std::string_view reason;
};

class rejected_rows : public testing::TestWithParam<bad_row> {};

TEST_P(rejected_rows, name_column_and_reason) {
    voter out;
    const auto& [column, value, reason] = GetParam();
    const auto why = read(voter_row({{std::string{column}, value}}), out);
    ASSERT_TRUE(why) << column << " accepted: " << value;
    EXPECT_EQ(why->column, column);
    EXPECT_EQ(why->reason, reason);
}

const std::string long_text(201, 'x');
constexpr std::string_view rounded = "a number that Excel has rounded; export the column as text";
constexpr std::string_view no_date = "not a date as DD|MM|YYYY or YYYY-MM-DD";
constexpr std::string_view no_code = "not a desa code as 36.03.01.1001 or 3603011001";
constexpr std::string_view no_status = "not one of 0, B, U, 1-8, 90-97";
INSTANTIATE_TEST_SUITE_P(
    table, rejected_rows,
    testing::Values(
        bad_row{"nkk", "", "empty"}, bad_row{"nkk", "36030101", "not 16 digits"},
        bad_row{"nik", "", "empty"}, bad_row{"nik", "360301570890000", "not 16 digits"},
        bad_row{"nik", "36030157089000031", "not 16 digits"},
        bad_row{"nik", "36030157O8900003", "not digits only"},
        bad_row{"nik", "3603-0157-0890-0003", "not digits only"},
        bad_row{"nik", "3.60302E+15", rounded}, bad_row{"nik", "3.6E+15", rounded},
        bad_row{"nik", "\"3,60302E+15\"", rounded}, bad_row{"nkk", "3.6e15", rounded},
        bad_row{"nik", "3603015708900000",
                "ends in 0000; if Excel has rounded it, export the column as text"},
        bad_row{"nama", "", "empty"}, bad_row{"nama", "   ", "empty"},
        bad_row{"nama", long_text, "longer than allowed"},
        bad_row{"nama",
                "A\x01"
                "B",
                "contains a control character"},
        bad_row{"nama", "#N/A", "an Excel error value instead of text"},
        bad_row{"nama", "#REF!", "an Excel error value instead of text"},
        bad_row{"tempat_lahir", long_text, "longer than allowed"},
        bad_row{"tanggal_lahir", "", "empty"},
        bad_row{"tanggal_lahir", "31|02|1990", "no such day in the calendar"},
        bad_row{"tanggal_lahir", "29|02|1900", "no such day in the calendar"},
        bad_row{"tanggal_lahir", "1990-13-01", "no such day in the calendar"},
        bad_row{"tanggal_lahir", "00|01|1990", "no such day in the calendar"},
        bad_row{"tanggal_lahir", "17/08/1990", no_date},
        bad_row{"tanggal_lahir", "17-08-1990", no_date},
        bad_row{"tanggal_lahir", "17|08|90", no_date},
        bad_row{"tanggal_lahir", "17|Agu|1990", no_date},
        bad_row{"tanggal_lahir", "aa|bb|cccc", no_date},
        bad_row{"tanggal_lahir", "32874", "an Excel day number; export dates as DD|MM|YYYY"},
        bad_row{"tanggal_lahir", "01|01|1880", "an impossible year"},
        bad_row{"tanggal_lahir", "2027-01-01", "in the future"},
        bad_row{"status_kawin", "X", "not one of B, S, P"},
        bad_row{"status_kawin", "", "not one of B, S, P"},
        bad_row{"status_kawin", "KAWIN", "not one of B, S, P"},
        bad_row{"jenis_kelamin", "W", "not one of L, P"},
        bad_row{"alamat", long_text, "longer than allowed"}, bad_row{"rt", "A1", "not a number"},
        bad_row{"rt", "1000", "outside 0-999"}, bad_row{"rw", "-1", "not a number"},
        bad_row{"rw", "99999999999", "outside 0-999"},
        bad_row{"disabilitas", "7", "not one of 0-6"},
        bad_row{"disabilitas", "10", "not one of 0-6"},
        bad_row{"ktp_el", "Y", "not one of S, B, K"}, bad_row{"kode_wilayah", "", no_code},
        bad_row{"kode_wilayah", "36.03.01", no_code},
        bad_row{"kode_wilayah", "3603.01.1001x", no_code},
        bad_row{"kode_wilayah", "36.71.01.1001", "outside the office's region"},
        bad_row{"kode_wilayah", "36.03.01.1002", "no such desa or kelurahan"},
        bad_row{"tps", "x", "not a number"}, bad_row{"tps", "1000", "outside 0-999"},
        bad_row{"keterangan", "9", no_status}, bad_row{"keterangan", "98", no_status},
        bad_row{"keterangan", "BARU", no_status}));

struct good_row {
    std::string_view column;
    std::string value;
    std::string voter::* field;
    std::string kept;
};
class accepted_rows : public testing::TestWithParam<good_row> {};
TEST_P(accepted_rows, keep_one_form) {
    voter out;
    const auto& [column, value, field, kept] = GetParam();
    const auto why = read(voter_row({{std::string{column}, value}}), out);
    ASSERT_FALSE(why) << why->column << ": " << why->reason;
    EXPECT_EQ(out.*field, kept);
}
INSTANTIATE_TEST_SUITE_P(
    table, accepted_rows,
    testing::Values(good_row{"nik", " 3603015708900003 ", &voter::nik, "3603015708900003"},
                    good_row{"nik", "'3603015708900003", &voter::nik, "3603015708900003"},
                    good_row{"nama", "  ALI   BIN\tABU ", &voter::name, "ALI BIN ABU"},
                    good_row{"nama", "\"H. ALI, S.PD\"", &voter::name, "H. ALI, S.PD"},
                    good_row{"nama", "\"ALI\r\nABU\"", &voter::name, "ALI ABU"},
                    good_row{"nama", "JOS\xC3\x89", &voter::name, "JOS\xC3\x89"},
                    good_row{"tempat_lahir", "", &voter::birth_place, ""},
                    good_row{"tanggal_lahir", "29|02|2000", &voter::birth_date, "2000-02-29"},
                    good_row{"tanggal_lahir", "1990-08-17", &voter::birth_date, "1990-08-17"},
                    good_row{"alamat", "", &voter::address, ""},
                    good_row{"rt", "1", &voter::rt, "001"}, good_row{"rt", "", &voter::rt, "000"},
                    good_row{"rw", "012", &voter::rw, "012"},
                    good_row{"kode_wilayah", "3603012003", &voter::region, "36.03.01.2003"},
                    good_row{"kode_wilayah", "36.03.01.1001", &voter::region, "36.03.01.1001"},
                    good_row{"keterangan", "", &voter::status, ""},
                    good_row{"keterangan", "0", &voter::status, ""},
                    good_row{"keterangan", "b", &voter::status, "B"},
                    good_row{"keterangan", "U", &voter::status, "U"},
                    good_row{"keterangan", "8", &voter::status, "8"},
                    good_row{"keterangan", "97", &voter::status, "97"}));

TEST(row_rules_voter, whole_row_is_read) {
    voter out;
    ASSERT_FALSE(read(voter_row({{"status_kawin", "s"}, {"disabilitas", ""}, {"tps", ""}}), out));
    EXPECT_EQ(out.nkk, "3603010101150001");
    EXPECT_EQ(out.name, "SITI AMINAH");
    EXPECT_EQ(out.marital, 'S');
    EXPECT_EQ(out.sex, 'P');
    EXPECT_EQ(out.disability, '0');
    EXPECT_EQ(out.ktp_el, 'S');
    EXPECT_EQ(out.tps, 0);
}

TEST(row_rules_voter, rows_of_another_shape_are_rejected_as_a_whole) {
    voter out;
    EXPECT_EQ(read("a,b", out)->reason, "fewer fields than the header has columns");
    EXPECT_EQ(read(voter_row({{"keterangan", "0,x"}}), out)->reason,
              "more fields than the header has columns");
    EXPECT_EQ(read(voter_row({{"alamat", "\"KP"}}), out)->reason, "a quote is not closed");
    EXPECT_EQ(read(voter_row({{"alamat", "\"KP\" X"}}), out)->reason,
              "text follows a closing quote");
    EXPECT_EQ(read(voter_row({{"nama", "JOS\xC9"}}), out)->reason,
              "not UTF-8; save the file as \"CSV UTF-8\"");
    EXPECT_EQ(read("a,b", out)->column, "");
}

TEST(row_rules_region, borders_of_codes_are_kept) {
    voter out;
    const row_rules open{{.region = "36.03.0", .known_regions = {}, .nik_ok = {}, .now_ms = 0}};
    std::string header = test::voter_header();
    header.pop_back();
    const auto layout = csv::detect_layout(header, voter_columns);
    row_rules::workspace scratch;
    std::string row = voter_row();
    row.pop_back();
    // "36.03.0" is no region above 36.03.01, though the text begins so.
    EXPECT_EQ(open.read_voter(row, *layout, scratch, out)->reason, "outside the office's region");
}

TEST(row_rules_blank, spreadsheets_end_in_lines_of_delimiters) {
    EXPECT_TRUE(is_blank("", ','));
    EXPECT_TRUE(is_blank(";;; ;", ';'));
    EXPECT_FALSE(is_blank(";;x;", ';'));
}

}  // namespace
}  // namespace siwareng
