#include "dialogs/voter/region.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace siwareng::dialogs {
namespace {

const region_table& table() {
    static const auto loaded = [] {
        auto files = read_source_content(SIWARENG_SOURCE_DIR);
        return create_region_table(files.value()).value();
    }();
    return *loaded;
}

std::vector<std::string> codes(std::string_view text) {
    std::vector<std::string> out;
    for (const region* each : table().find_by_name(text))
        out.push_back(each->code);
    return out;
}

using code_list = std::vector<std::string>;

TEST(region, knows_every_region) {
    EXPECT_EQ(table().find("36.03")->name, "Kabupaten Tangerang");
    EXPECT_EQ(table().find("36.03")->level, region_level::regency);
    EXPECT_EQ(table().find("36.03.01")->level, region_level::kecamatan);
    EXPECT_EQ(table().find("36.03.01.1001")->level, region_level::kelurahan);
    EXPECT_EQ(table().find("36.03.01.2003")->level, region_level::desa);
    EXPECT_EQ(table().villages_below("36.03").size(), 274U);
    EXPECT_EQ(table().villages_below("36.03.01").size(), 9U);
    EXPECT_EQ(table().villages_below("36.03.01.2003"), code_list{"36.03.01.2003"});
    EXPECT_TRUE(table().villages_below("36.71").empty());
    EXPECT_EQ(table().find("36.03.99"), nullptr);
    EXPECT_EQ(table().find(""), nullptr);
}

TEST(region, knows_the_kecamatan_of_a_code) {
    EXPECT_EQ(table().kecamatan_of("36.03.01.2003")->name, "Balaraja");
    EXPECT_EQ(table().kecamatan_of("36.03.01")->name, "Balaraja");
    EXPECT_EQ(table().kecamatan_of("36.03"), nullptr);
    EXPECT_EQ(table().kecamatan_of("36.03.01.9999"), nullptr);
    EXPECT_EQ(table().kecamatan_of("nonsense"), nullptr);
}

// Two desa of one name in two kecamatan: both are meant, and a kecamatan behind it decides.
TEST(region, same_desa_in_two_kecamatan) {
    struct {
        const char* name;
        const char* first;
        const char* second;
    } const cases[] = {
        {"Caringin", "Cisoka", "Legok"}, {"Jati Mulya", "Kosambi", "Sepatan Timur"},
        {"Kemuning", "Kresek", "Legok"}, {"Mekar Jaya", "Sepatan", "Panongan"},
        {"Mekarsari", "Jambe", "Rajeg"}, {"Sukamanah", "Jambe", "Rajeg"},
        {"Sukatani", "Cisoka", "Rajeg"}, {"Talagasari", "Balaraja", "Cikupa"},
    };
    for (const auto& each : cases) {
        const auto found = table().find_by_name(each.name);
        ASSERT_EQ(found.size(), 2U) << each.name;
        EXPECT_EQ(table().kecamatan_of(found[0]->code)->name, each.first);
        EXPECT_EQ(table().kecamatan_of(found[1]->code)->name, each.second);
        for (const char* kecamatan : {each.first, each.second}) {
            const auto one = table().find_by_name(std::string(each.name) + " kec. " + kecamatan);
            ASSERT_EQ(one.size(), 1U) << each.name << ' ' << kecamatan;
            EXPECT_EQ(table().kecamatan_of(one[0]->code)->name, kecamatan);
        }
    }
}

TEST(region, a_kecamatan_that_is_a_desa_elsewhere) {
    EXPECT_EQ(codes("Kosambi").size(), 2U);
    EXPECT_EQ(codes("Kosambi").front(), "36.03.10.2006");
    EXPECT_EQ(codes("kec Kosambi"), code_list{"36.03.14"});
    EXPECT_EQ(codes("desa Kosambi"), code_list{"36.03.10.2006"});
    EXPECT_EQ(codes("Kosambi, Sukadiri"), code_list{"36.03.10.2006"});
    EXPECT_EQ(codes("kecamatan Sukamulya"), code_list{"36.03.27"});
    EXPECT_EQ(codes("kelurahan Sukamulya kec Cikupa").size(), 1U);
    EXPECT_EQ(codes("Sukamulya").size(), 3U);
}

TEST(region, a_kecamatan_and_the_desa_of_its_name) {
    EXPECT_EQ(codes("Balaraja"), (code_list{"36.03.01", "36.03.01.1001"}));
    EXPECT_EQ(codes("kel. Balaraja"), code_list{"36.03.01.1001"});
    EXPECT_EQ(codes("Balaraja kec Balaraja"), code_list{"36.03.01.1001"});
    int shared = 0;
    for (const std::string& code : table().villages_below("36.03")) {
        shared += table().find(code)->name == table().kecamatan_of(code)->name ? 1 : 0;
    }
    EXPECT_EQ(shared, 25);
}

TEST(region, spelling_variants) {
    struct {
        const char* text;
        const char* code;
    } const cases[] = {
        {"kec teluk naga", "36.03.13"},   {"kecamatan TELUKNAGA", "36.03.13"},
        {"kec pasarkemis", "36.03.12"},   {"kec. Pasar Kemis", "36.03.12"},
        {"kec Gn Kaler", "36.03.32"},     {"kec gunung kaler", "36.03.32"},
        {"Sep. Timur", "36.03.30"},       {"sepatan tim", "36.03.30"},
        {"kec klp dua", "36.03.28"},      {"Telagasari, Balaraja", "36.03.01.2005"},
        {"kabupaten tangerang", "36.03"}, {"kab. Tangerang", "36.03"},
        {"kec Sindangjaya", "36.03.29"},  {"kec mekarbaru", "36.03.33"},
    };
    for (const auto& each : cases)
        EXPECT_EQ(codes(each.text), code_list{each.code}) << each.text;
    EXPECT_EQ(codes("Kaduagung"), codes("Kadu Agung"));
    EXPECT_EQ(codes("Kaduagung").size(), 1U);
    EXPECT_EQ(codes("Telagasari"), codes("Talagasari"));
}

TEST(region, one_typing_mistake_only_where_nothing_fits) {
    EXPECT_EQ(codes("Tigraksa"), codes("Tigaraksa"));
    EXPECT_EQ(codes("panongna"), codes("Panongan"));
    EXPECT_TRUE(codes("Mauq").empty());
    EXPECT_TRUE(codes("Jakarta").empty());
    EXPECT_TRUE(codes("").empty());
    EXPECT_TRUE(codes("kec").empty());
    EXPECT_TRUE(codes("!!!").empty());
}

TEST(region, reports_every_bad_row) {
    const content_files files{{"regions/wilayah_9999.csv",
                               "code,name\n99.99,Somewhere\n99.99.1,Short\n99.99.01.3001,Level\n"
                               "99.99.02\n99.99.03,\n"}};
    const auto got = create_region_table(files);
    ASSERT_FALSE(got);
    std::vector<int> lines;
    for (const auto& each : got.error())
        lines.push_back(each.line);
    EXPECT_EQ(lines, (std::vector<int>{3, 4, 5, 6}));
    EXPECT_FALSE(create_region_table({{"regions/wilayah_1.csv", "kode,nama\n"}}));
    EXPECT_FALSE(create_region_table({{"regions/wilayah_1.csv", "code,name\n99.99,A\n99.99,B\n"}}));
    EXPECT_TRUE(create_region_table({}));
}

}  // namespace
}  // namespace siwareng::dialogs
