#include "dialogs/input.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace siwareng::dialogs {
namespace {

std::expected<std::string, input_problem> parse(std::string_view type, std::string text) {
    return find_input_type(type)->parse(text_event{std::move(text), {}});
}

struct answer {
    const char* text;
    const char* value;
};

struct refusal {
    const char* text;
    const char* key;
};

template <std::size_t size>
void expect_values(std::string_view type, const answer (&cases)[size]) {
    for (const auto& each : cases) {
        const auto got = parse(type, each.text);
        ASSERT_TRUE(got) << each.text << ": " << got.error().text_key;
        EXPECT_EQ(*got, each.value) << each.text;
    }
}

template <std::size_t size>
void expect_problems(std::string_view type, const refusal (&cases)[size]) {
    const auto keys = find_input_type(type)->text_keys();
    const std::set<std::string> known(keys.begin(), keys.end());
    for (const auto& each : cases) {
        const auto got = parse(type, each.text);
        ASSERT_FALSE(got) << each.text << ": " << *got;
        EXPECT_EQ(got.error().text_key, each.key) << each.text;
        EXPECT_TRUE(known.contains(got.error().text_key)) << got.error().text_key;
    }
}

TEST(input, registry) {
    const auto names = input_type_names();
    EXPECT_EQ(names, (std::vector<std::string_view>{"date", "name", "nik", "text", "yes_no"}));
    for (const auto name : names) {
        ASSERT_NE(find_input_type(name), nullptr);
        EXPECT_EQ(find_input_type(name)->name(), name);
    }
    EXPECT_EQ(find_input_type("photo"), nullptr);
}

TEST(input, only_names_and_texts_take_any_text) {
    EXPECT_TRUE(find_input_type("name")->free_text());
    EXPECT_TRUE(find_input_type("text")->free_text());
    EXPECT_FALSE(find_input_type("nik")->free_text());
    EXPECT_FALSE(find_input_type("date")->free_text());
    EXPECT_FALSE(find_input_type("yes_no")->free_text());
}

TEST(input, no_type_reads_media) {
    for (const auto name : input_type_names()) {
        for (const event& what :
             {event(media_event{"image", "1", "image/jpeg", "3603014101900001", ""}),
              event(location_event{}), event(other_event{"contacts"})}) {
            const auto got = find_input_type(name)->parse(what);
            ASSERT_FALSE(got) << name;
            EXPECT_EQ(got.error().text_key, "input.needs_text");
        }
    }
}

TEST(input, a_tap_is_its_title) {
    EXPECT_EQ(*find_input_type("yes_no")->parse(tap_event{"1:x", "Ya", {}}), "yes");
}

TEST(input, nik) {
    constexpr answer good[] = {
        {"3603014101900001", "3603014101900001"},
        {"3603 0141 0190 0001", "3603014101900001"},
        {"NIK: 3603014101900001", "3603014101900001"},
        {"nik saya 3603014101900001 kak", "3603014101900001"},
        {"*3603014101900001*", "3603014101900001"},
        {"\u200e3603014101900001\u200f", "3603014101900001"},
        {"3603\u00a00141\u00a00190\u00a00001", "3603014101900001"},
        {"3603014101900001 3603014101900001", "3603014101900001"},
        {"3603014101900001, hp 081234567890", "3603014101900001"},
    };
    expect_values("nik", good);
    constexpr refusal bad[] = {
        {"", "input.nik_missing"},
        {"halo", "input.nik_missing"},
        {"tidak punya ktp", "input.nik_missing"},
        {"360301410190000", "input.nik_wrong_length"},
        {"36030141019000012", "input.nik_wrong_length"},
        {"3603 0141 0190 00012", "input.nik_wrong_length"},
        {"nik saya 12345", "input.nik_wrong_length"},
        {"081234567890", "input.nik_wrong_length"},
        {"36O3014101900001", "input.nik_not_digits"},
        {"3603O141o1900001", "input.nik_not_digits"},
        {"3333333333333333", "input.nik_all_equal"},
        {"0003014101900001", "input.nik_bad_region"},
        {"3603018101900001", "input.nik_bad_day"},
        {"3603014113900001", "input.nik_bad_month"},
        {"3603013002900001", "input.nik_impossible_date"},
        {"3603014101900000", "input.nik_zero_serial"},
        {"3603014101900001 dan 3603014101900002", "input.nik_several"},
    };
    expect_problems("nik", bad);
}

TEST(input, nik_tells_how_many_digits_there_were) {
    EXPECT_EQ(parse("nik", "360301410190000").error().vars, (var_map{{"count", "15"}}));
    EXPECT_EQ(parse("nik", "3603 0141 0190 00012").error().vars, (var_map{{"count", "17"}}));
    EXPECT_EQ(parse("nik", "nik 1234 ya").error().vars, (var_map{{"count", "4"}}));
}

TEST(input, nik_problems_never_hold_the_number) {
    for (const char* text : {"360301410190000", "3603014113900001", "3603014101900000"}) {
        for (const auto& [name, value] : parse("nik", text).error().vars) {
            EXPECT_LE(value.size(), 3U) << name;
        }
    }
}

TEST(input, nik_is_found_inside_a_message) {
    const auto* type = find_input_type("nik");
    const auto got = type->extract("3603014101900001 SITI AMINAH");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->value, "3603014101900001");
    EXPECT_EQ(*parse("name", got->rest), "SITI AMINAH");
    EXPECT_EQ(*parse("name", type->extract("Siti Aminah\n3603 0141 0190 0001")->rest),
              "Siti Aminah");
    EXPECT_EQ(*parse("name", type->extract("NIK : 3603014101900001\nNama : Siti Aminah")->rest),
              "Siti Aminah");
    EXPECT_EQ(type->extract("3603014101900001")->rest, "");
    EXPECT_EQ(type->extract("3603014101900001.")->rest, "");
    EXPECT_FALSE(type->extract("SITI AMINAH"));
    EXPECT_FALSE(type->extract("3603014113900001 SITI"));
    EXPECT_FALSE(type->extract("3603014101900001 atau 3603014101900002"));
}

TEST(input, name) {
    constexpr answer good[] = {
        {"Siti Aminah", "Siti Aminah"},
        {"  SITI   AMINAH ", "SITI AMINAH"},
        {"nama saya siti aminah", "siti aminah"},
        {"Nama: Siti Aminah", "Siti Aminah"},
        {"Siti Aminah ya min", "Siti Aminah"},
        {"H. Moh. Ali, S.E.", "H. Moh. Ali, S.E."},
        {"Nur'aini", "Nur'aini"},
        {"Al-Ghifari", "Al-Ghifari"},
        {"Ali", "Ali"},
        {"René", "Rene"},
    };
    expect_values("name", good);
    constexpr refusal bad[] = {
        {"", "input.name_missing"},
        {"...", "input.name_missing"},
        {"A", "input.name_missing"},
        {"\xF0\x9F\x91\x8D", "input.name_missing"},
        {"halo min", "input.name_missing"},
        {"3603014101900001", "input.name_has_digits"},
        {"Siti Aminah 12", "input.name_has_digits"},
        {"kenapa harus nama?", "input.name_not_a_name"},
        {"apa maksudnya", "input.name_not_a_name"},
        {"tidak tahu", "input.name_not_a_name"},
        {"nggak punya", "input.name_not_a_name"},
        {"Siti Aminah dan Budi Santoso dan Rina Marlina dan Dewi Lestari juga ikut",
         "input.name_too_long"},
    };
    expect_problems("name", bad);
    EXPECT_EQ(parse("name", std::string(5000, 'a')).error().text_key, "input.name_too_long");
}

TEST(input, text) {
    EXPECT_EQ(*parse("text", "  Jalan rusak \n"), "Jalan rusak");
    EXPECT_EQ(*parse("text", "é"), "é");
    EXPECT_EQ(parse("text", " \n ").error().text_key, "input.needs_text");
    EXPECT_EQ(parse("text", std::string(3000, 'a')).error().text_key, "input.text_too_long");
    EXPECT_FALSE(find_input_type("text")->extract("anything"));
}

TEST(input, yes_no) {
    for (const char* text : {"ya", "Iya", "YAAA", "y", "ok", "betul", "benar!", "yes", "muhun",
                             "inggih", "nggih", "ya betul", "oke"}) {
        EXPECT_EQ(parse("yes_no", text).value_or("?"), "yes") << text;
    }
    for (const char* text : {"tidak", "Nggak", "gak", "ga", "bukan", "no", "henteu", "mboten",
                             "enggak", "belum", "tdk"}) {
        EXPECT_EQ(parse("yes_no", text).value_or("?"), "no") << text;
    }
    for (const char* text : {"", "mungkin", "ya tidak", "tidak tahu", "3603014101900001"}) {
        EXPECT_EQ(parse("yes_no", text).error().text_key, "input.yes_or_no") << text;
    }
}

TEST(input, date) {
    constexpr answer good[] = {
        {"17-08-1945", "1945-08-17"},
        {"17/8/1945", "1945-08-17"},
        {"17.08.1945", "1945-08-17"},
        {"17 08 1945", "1945-08-17"},
        {"17081945", "1945-08-17"},
        {"1945-08-17", "1945-08-17"},
        {"17 agustus 1945", "1945-08-17"},
        {"17 Agustus 1945", "1945-08-17"},
        {"17 ags 1945", "1945-08-17"},
        {"17agustus1945", "1945-08-17"},
        {"tgl 17 bulan agustus tahun 1945", "1945-08-17"},
        {"tanggal 5 pebruari 1990", "1990-02-05"},
        {"1 nopember 1990", "1990-11-01"},
        {"31 Des 1990", "1990-12-31"},
        {"29 februari 2000", "2000-02-29"},
        {"8 May 1988", "1988-05-08"},
        {"08 08 1988", "1988-08-08"},
        {"1 Januari 1900", "1900-01-01"},
    };
    expect_values("date", good);
    constexpr refusal bad[] = {
        {"", "input.date_unclear"},
        {"kemarin", "input.date_unclear"},
        {"17-08-45", "input.date_unclear"},
        {"agustus 1945", "input.date_unclear"},
        {"17 bulanku 1945", "input.date_unclear"},
        {"3603014101900001", "input.date_unclear"},
        {"30 februari 1990", "input.date_impossible"},
        {"29-02-1900", "input.date_impossible"},
        {"31-04-1990", "input.date_impossible"},
        {"32-01-1990", "input.date_impossible"},
        {"01-13-1990", "input.date_impossible"},
        {"17-08-1845", "input.date_impossible"},
        {"17-08-2945", "input.date_impossible"},
    };
    expect_problems("date", bad);
}

}  // namespace
}  // namespace siwareng::dialogs
