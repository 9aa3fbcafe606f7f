#include "dialogs/voter/nik.hpp"

#include "dialogs/voter/number_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace siwareng::dialogs {
namespace {

TEST(nik, accepts) {
    struct {
        const char* text;
        const char* digits;
    } const cases[] = {
        {"3603014101900001", "3603014101900001"},
        {"3603 0141 0190 0001", "3603014101900001"},
        {"36.03.01.410190.0001", "3603014101900001"},
        {"36-03-01-410190-0001", "3603014101900001"},
        {"  3603014101900001 ", "3603014101900001"},
        {"3603010101900001", "3603010101900001"},  // day 01
        {"3603013101900001", "3603013101900001"},  // day 31
        {"3603014101900001", "3603014101900001"},  // day 41, a woman's 1
        {"3603017101900001", "3603017101900001"},  // day 71, a woman's 31
        {"3603013112900001", "3603013112900001"},  // month 12
        {"3603013004900001", "3603013004900001"},  // 30 April
        {"3603012802990001", "3603012802990001"},  // 28 February
        {"3603012902960001", "3603012902960001"},  // 1996 was a leap year
        {"3603012902000001", "3603012902000001"},  // 2000 was one, 1900 was not
        {"3603016902040001", "3603016902040001"},  // a woman of 29 February 2004
        {"3603010101909999", "3603010101909999"},  // the last serial
        {"9999990101900001", "9999990101900001"},  // a region that today's list lacks
        {"3603210101900001", "3603210101900001"},  // a kecamatan that is Tangerang Selatan now
        {"3603000101900001", "3603000101900001"},  // kecamatan 00 is only odd
        {"1103010101900001", "1103010101900001"},  // another province
    };
    for (const auto& each : cases) {
        const auto got = nik::parse(each.text);
        ASSERT_TRUE(got) << each.text << ": " << to_string(got.error());
        EXPECT_EQ(got->digits(), each.digits);
    }
}

TEST(nik, refuses) {
    struct {
        const char* text;
        nik_errc why;
    } const cases[] = {
        {"", nik_errc::wrong_length},
        {" - . ", nik_errc::wrong_length},
        {"360301410190000", nik_errc::wrong_length},
        {"36030141019000012", nik_errc::wrong_length},
        {"081234567890", nik_errc::wrong_length},
        {"36O3014101900001", nik_errc::not_digits},
        {"3603014101900001a", nik_errc::not_digits},
        {"NIK 3603014101900001", nik_errc::not_digits},
        {"3603014101900001\n", nik_errc::not_digits},
        {"3603/0141/0190/0001", nik_errc::not_digits},
        {"0000000000000000", nik_errc::all_equal},
        {"3333333333333333", nik_errc::all_equal},
        {"8888 8888 8888 8888", nik_errc::all_equal},
        {"0003014101900001", nik_errc::bad_region},
        {"3600014101900001", nik_errc::bad_region},
        {"3603010001900001", nik_errc::bad_day},
        {"3603013201900001", nik_errc::bad_day},
        {"3603014001900001", nik_errc::bad_day},  // 32 to 40 is nobody's day
        {"3603013901900001", nik_errc::bad_day},
        {"3603017201900001", nik_errc::bad_day},
        {"3603019901900001", nik_errc::bad_day},
        {"3603010100900001", nik_errc::bad_month},
        {"3603010113900001", nik_errc::bad_month},
        {"3603013002900001", nik_errc::impossible_date},
        {"3603013104900001", nik_errc::impossible_date},
        {"3603013106900001", nik_errc::impossible_date},
        {"3603013109900001", nik_errc::impossible_date},
        {"3603013111900001", nik_errc::impossible_date},
        {"3603012902970001", nik_errc::impossible_date},  // neither 1897, 1997 nor 2097
        {"3603016902990001", nik_errc::impossible_date},
        {"3603017002960001", nik_errc::impossible_date},
        {"3603010101900000", nik_errc::zero_serial},
    };
    for (const auto& each : cases) {
        const auto got = nik::parse(each.text);
        ASSERT_FALSE(got) << each.text;
        EXPECT_EQ(to_string(got.error()), to_string(each.why)) << each.text;
    }
}

TEST(nik, tells_regency_and_sex) {
    EXPECT_EQ(nik::parse("3603014101900001")->regency(), "36.03");
    EXPECT_TRUE(nik::parse("3603014101900001")->female());
    EXPECT_EQ(nik::parse("3671013101900001")->regency(), "36.71");
    EXPECT_FALSE(nik::parse("3671013101900001")->female());
}

TEST(nik, names_every_reason) {
    for (int i = 0; i <= static_cast<int>(nik_errc::zero_serial); ++i) {
        EXPECT_NE(to_string(static_cast<nik_errc>(i)), "unknown") << i;
    }
}

TEST(number_text, finds_numbers_as_people_write_them) {
    struct {
        const char* text;
        std::vector<std::string> digits;
    } const cases[] = {
        {"", {}},
        {"halo", {}},
        {"3603014101900001", {"3603014101900001"}},
        {"nik 3603 0141 0190 0001 siti", {"3603014101900001"}},
        {"3603-0141-0190-0001, rt 05", {"3603014101900001"}},
        // Sixteen digits are whole: the phone number behind them is no part of them.
        {"3603014101900001 08123456789012345", {"3603014101900001", "08123456789012345"}},
        {"3603014101900001 3603014101900002", {"3603014101900001", "3603014101900002"}},
        {"1. 3603014101900001", {"3603014101900001"}},
        {"360301410190000 12", {"360301410190000"}},
        {"36030141019000012", {"36030141019000012"}},
        {"3603014101\n900001", {}},
        {"081234567890", {}},
    };
    for (const auto& each : cases) {
        std::vector<std::string> got;
        for (const auto& number : find_numbers(each.text, 15))
            got.push_back(number.digits);
        EXPECT_EQ(got, each.digits) << each.text;
    }
}

}  // namespace
}  // namespace siwareng::dialogs
