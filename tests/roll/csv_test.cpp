#include "storage/roll/csv.hpp"

#include "storage/ports.hpp"
#include "storage/roll/rules.hpp"
#include "tests/roll/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace siwareng {
namespace {

using namespace storage;
using test::temporary_folder;
using testing::ElementsAre;
using testing::HasSubstr;

struct split_case {
    std::string_view name;
    std::string record;
    char delimiter;
    csv::split_error error;
    std::vector<std::string> fields;
};

class csv_split : public testing::TestWithParam<split_case> {};

TEST_P(csv_split, as_rfc_4180) {
    std::vector<std::string_view> fields;
    std::string scratch;
    EXPECT_EQ(csv::split(GetParam().record, GetParam().delimiter, fields, scratch),
              GetParam().error);
    if (GetParam().error != csv::split_error::none) return;
    EXPECT_EQ(std::vector<std::string>(fields.begin(), fields.end()), GetParam().fields);
}

using enum csv::split_error;
INSTANTIATE_TEST_SUITE_P(
    table, csv_split,
    testing::Values(split_case{"plain", "a,b,c", ',', none, {"a", "b", "c"}},
                    split_case{"empty_fields", ",,", ',', none, {"", "", ""}},
                    split_case{"one", "a", ',', none, {"a"}},
                    split_case{"nothing", "", ',', none, {""}},
                    split_case{"semicolon", "a,1;b", ';', none, {"a,1", "b"}},
                    split_case{"tab", "a\tb", '\t', none, {"a", "b"}},
                    split_case{"quoted", R"("a,b",c)", ',', none, {"a,b", "c"}},
                    split_case{"pairs", R"("say ""hi""",c)", ',', none, {R"(say "hi")", "c"}},
                    split_case{"only_pairs", R"("""""",x)", ',', none, {R"("")", "x"}},
                    split_case{"empty_quoted", R"("",x)", ',', none, {"", "x"}},
                    split_case{"last_quoted", R"(x,"y")", ',', none, {"x", "y"}},
                    split_case{"newline", "\"a\nb\",c", ',', none, {"a\nb", "c"}},
                    split_case{
                        "two_unescaped", R"("a""b","c""d")", ',', none, {R"(a"b)", R"(c"d)"}},
                    split_case{"quote_inside", R"(a"b,c)", ',', none, {R"(a"b)", "c"}},
                    split_case{"unclosed", R"("a,b)", ',', unclosed_quote, {}},
                    split_case{"text_behind", R"("a"b,c)", ',', text_after_quote, {}}),
    [](const auto& info) { return std::string{info.param.name}; });

struct utf8_case {
    std::string_view name;
    std::string text;
    bool good;
};
class csv_utf8 : public testing::TestWithParam<utf8_case> {};
TEST_P(csv_utf8, is_told_apart) {
    EXPECT_EQ(csv::is_utf8(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(table, csv_utf8,
                         testing::Values(utf8_case{"empty", "", true},
                                         utf8_case{"ascii", "ALI BIN ABI TALIB", true},
                                         utf8_case{"two_bytes", "JOS\xC3\x89", true},
                                         utf8_case{"three_bytes", "12345678\xE2\x82\xAC", true},
                                         utf8_case{"four_bytes", "\xF0\x9F\x98\x80", true},
                                         utf8_case{"latin1", "JOS\xC9", false},
                                         utf8_case{"latin1_inside", "JOS\xC9 ALI", false},
                                         utf8_case{"cut", "\xE2\x82", false},
                                         utf8_case{"overlong_two", "\xC0\xAF", false},
                                         utf8_case{"overlong_three", "\xE0\x80\xAF", false},
                                         utf8_case{"overlong_four", "\xF0\x80\x80\xAF", false},
                                         utf8_case{"surrogate", "\xED\xA0\x80", false},
                                         utf8_case{"beyond", "\xF4\x90\x80\x80", false},
                                         utf8_case{"lonely_tail", "\x80", false}),
                         [](const auto& info) { return std::string{info.param.name}; });

struct layout_case {
    std::string_view name;
    std::string header;
    char delimiter;          ///< 0: an error is expected
    std::string_view error;  ///< a part of it
};
class csv_layout : public testing::TestWithParam<layout_case> {};
TEST_P(csv_layout, is_found_in_the_header) {
    const auto found = csv::detect_layout(GetParam().header, station_columns);
    if (GetParam().delimiter != 0) {
        ASSERT_TRUE(found) << found.error();
        EXPECT_EQ(found->delimiter, GetParam().delimiter);
    } else {
        ASSERT_FALSE(found);
        EXPECT_THAT(found.error(), HasSubstr(GetParam().error));
    }
}
INSTANTIATE_TEST_SUITE_P(
    table, csv_layout,
    testing::Values(
        layout_case{"comma", "kode_wilayah,tps,tempat,alamat", ',', ""},
        layout_case{"semicolon", "kode_wilayah;tps;tempat;alamat", ';', ""},
        layout_case{"tab", "kode_wilayah\ttps\ttempat\talamat", '\t', ""},
        layout_case{"order_case_blanks", " Alamat ; TPS;tempat ;KODE_WILAYAH", ';', ""},
        layout_case{"quoted", R"("kode_wilayah","tps","tempat","alamat")", ',', ""},
        layout_case{"comma_in_a_name", R"("no, urut";kode_wilayah;tps;tempat;alamat)", ';', ""},
        layout_case{"bar", "kode_wilayah|tps|tempat|alamat", 0, "'|', which dates contain"},
        layout_case{"missing_near", "kode_wilayah,tps,tempat,almat", 0,
                    R"("alamat" is missing from the header; the nearest there is "almat")"},
        layout_case{"missing_alone", "kode_wilayah,tps,alamat", 0,
                    R"("tempat" is missing from the header)"},
        layout_case{"twice", "kode_wilayah,tps,tps,tempat,alamat", 0,
                    R"("tps" is in the header twice)"},
        layout_case{"no_header", "36.03.01.1001,1,BALAI DESA,KP. BARU", 0, "names none of"},
        layout_case{"empty", "", 0, "names none of"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(csv_layout_order, columns_may_stand_in_any_order_among_others) {
    const auto found =
        csv::detect_layout("no,alamat,tps,catatan,tempat,kode_wilayah", station_columns);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->fields, 6U);
    EXPECT_THAT(found->field_of, ElementsAre(5U, 2U, 4U, 1U));
    EXPECT_THAT(found->ignored, ElementsAre("no", "catatan"));
}

/// All records of a text, as `source` finds them: "line:text".
std::vector<std::string> records_of(const std::string& text, char delimiter = ',') {
    const temporary_folder folder;
    csv::source source{folder.write("in.csv", "header\n" + text)};
    EXPECT_EQ(source.read_header(), "header");
    source.set_delimiter(delimiter);
    std::vector<std::string> found;
    csv::block block;
    std::uint64_t read = 0;
    std::uint64_t expected_sequence = 0;
    while (source.next(block, read)) {
        EXPECT_EQ(block.sequence, expected_sequence++);
        for (const auto& record : block.records) {
            found.push_back(std::to_string(record.line) + ":" + std::string{record.text});
        }
    }
    EXPECT_EQ(read, expected_sequence == 0 ? 0 : source.bytes());
    return found;
}

TEST(csv_source, cuts_records_and_counts_lines) {
    EXPECT_THAT(records_of(""), ElementsAre());
    EXPECT_THAT(records_of("a\nb\n"), ElementsAre("2:a", "3:b"));
    EXPECT_THAT(records_of("a\r\nb"), ElementsAre("2:a", "3:b"));
    EXPECT_THAT(records_of("a\n\nb\n"), ElementsAre("2:a", "3:", "4:b"));
    EXPECT_THAT(records_of("\"x\ny\",1\nb\n"), ElementsAre("2:\"x\ny\",1", "4:b"));
    EXPECT_THAT(records_of("\"x\r\ny\",1\r\nb\r\n"), ElementsAre("2:\"x\r\ny\",1", "4:b"));
    EXPECT_THAT(records_of("\"x\ny\",1"), ElementsAre("2:\"x\ny\",1"));
    // A quote within a field opens nothing.
    EXPECT_THAT(records_of("a\"b,c\nd\n"), ElementsAre("2:a\"b,c", "3:d"));
    EXPECT_THAT(records_of("a\"\"b,c\nd\n"), ElementsAre("2:a\"\"b,c", "3:d"));
    EXPECT_THAT(records_of("\"a\"\"\nb\",c\nd\n"), ElementsAre("2:\"a\"\"\nb\",c", "4:d"));
    EXPECT_THAT(records_of("x;\"a\nb\"\n", ';'), ElementsAre("2:x;\"a\nb\""));
}

TEST(csv_source, a_quote_that_is_never_closed_costs_one_line) {
    EXPECT_THAT(records_of("\"a,1\nb,2\nc,3\n"), ElementsAre("2:\"a,1", "3:b,2", "4:c,3"));
    std::string text = "\"open\n";
    for (int at = 0; at < 40'000; ++at)
        text += "abcdefgh\n";
    const auto records = records_of(text);
    ASSERT_EQ(records.size(), 40'001U);
    EXPECT_EQ(records[0], "2:\"open");
    EXPECT_EQ(records[40'000], "40002:abcdefgh");
}

TEST(csv_source, takes_a_byte_order_mark_off) {
    const temporary_folder folder;
    csv::source source{folder.write("in.csv", "\xEF\xBB\xBFkode,nama\r\n1,2\r\n")};
    EXPECT_EQ(source.read_header(), "kode,nama");
    csv::block block;
    std::uint64_t read = 0;
    ASSERT_TRUE(source.next(block, read));
    EXPECT_EQ(block.records.at(0).text, "1,2");
    EXPECT_EQ(block.records.at(0).line, 2U);
}

TEST(csv_source, names_files_that_are_something_else) {
    const temporary_folder folder;
    const auto error = [&](std::string_view content) {
        csv::source source{folder.write("in.csv", content)};
        const auto header = source.read_header();
        return header ? std::string{} : header.error();
    };
    EXPECT_THAT(error("PK\x03\x04rest"), HasSubstr("Excel workbook"));
    EXPECT_THAT(error("\xD0\xCF\x11\xE0rest"), HasSubstr("old Excel workbook"));
    EXPECT_THAT(error("\xFF\xFEn\0k"), HasSubstr("UTF-16"));
    EXPECT_THAT(error("%PDF-1.7"), HasSubstr("PDF"));
    EXPECT_THAT(error(std::string_view{"a\0b", 3}), HasSubstr("not a text file"));
    EXPECT_THAT(error(""), HasSubstr("empty"));
    EXPECT_THAT(error("\xEF\xBB\xBF"), HasSubstr("empty"));
    EXPECT_THAT(error(std::string(100'000, 'x')), HasSubstr("no end"));
}

TEST(csv_source, refuses_what_it_cannot_read) {
    const temporary_folder folder;
    EXPECT_THROW(csv::source{folder.path() / "missing.csv"}, store_error);
    EXPECT_THROW(csv::source{folder.path()}, store_error);
    csv::source endless{folder.write("in.csv", "a\n" + std::string(3'000'000, 'x'))};
    ASSERT_TRUE(endless.read_header());
    csv::block block;
    std::uint64_t read = 0;
    EXPECT_THROW(static_cast<void>(endless.next(block, read)), store_error);
}

/// Small numbers from a seed; enough for made-up text.
class dice {
  public:
    explicit dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
    std::size_t below(std::size_t bound) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::size_t>((state_ >> 33U) % bound);
    }

  private:
    std::uint64_t state_;
};

std::string in_quotes(const std::string& field) {
    std::string out = "\"";
    for (const char letter : field) {
        if (letter == '"') out += '"';
        out += letter;
    }
    return out + "\"";
}

TEST(csv_property, what_was_written_is_read) {
    constexpr std::string_view alphabet = "ab ,;\t\"\n\r'|";
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        dice random{seed};
        const char delimiter = std::string_view{",;\t"}[random.below(3)];
        std::vector<std::vector<std::string>> rows(1 + random.below(8));
        std::string text;
        for (auto& row : rows) {
            row.resize(1 + random.below(5));
            for (std::size_t column = 0; column < row.size(); ++column) {
                std::string& field = row[column];
                for (std::size_t length = random.below(7); length > 0; --length) {
                    field += alphabet[random.below(alphabet.size())];
                }
                const bool plain = field.find_first_of("\"\n\r") == std::string::npos &&
                                   field.find(delimiter) == std::string::npos;
                if (column > 0) text += delimiter;
                text += plain && random.below(2) == 0 ? field : in_quotes(field);
            }
            text += random.below(2) == 0 ? "\n" : "\r\n";
        }
        const temporary_folder folder;
        csv::source source{folder.write("in.csv", "h\n" + text)};
        ASSERT_TRUE(source.read_header());
        source.set_delimiter(delimiter);
        csv::block block;
        std::uint64_t read = 0;
        std::vector<std::vector<std::string>> found;
        while (source.next(block, read)) {
            for (const auto& record : block.records) {
                std::vector<std::string_view> fields;
                std::string scratch;
                ASSERT_EQ(csv::split(record.text, delimiter, fields, scratch), none) << text;
                found.emplace_back(fields.begin(), fields.end());
            }
        }
        EXPECT_EQ(found, rows) << "seed " << seed;
    }
}

TEST(csv_property, any_bytes_are_read_without_losing_a_line) {
    constexpr std::string_view alphabet = "a,\"\"\n";
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        dice random{seed};
        std::string text;
        for (std::size_t length = random.below(200); length > 0; --length) {
            text += alphabet[random.below(alphabet.size())];
        }
        const temporary_folder folder;
        csv::source source{folder.write("in.csv", "h\n" + text)};
        ASSERT_TRUE(source.read_header());
        csv::block block;
        std::uint64_t read = 0;
        std::string rebuilt;
        while (source.next(block, read)) {
            std::vector<std::string_view> fields;
            std::string scratch;
            for (const auto& record : block.records) {
                static_cast<void>(csv::split(record.text, ',', fields, scratch));
                rebuilt += record.text;
                rebuilt += '\n';
            }
        }
        if (!text.empty() && !text.ends_with('\n')) text += '\n';
        EXPECT_EQ(rebuilt, text) << "seed " << seed;
    }
}

TEST(csv_source, blocks_are_shared_out_to_threads_without_loss) {
    const temporary_folder folder;
    std::string text = "h\n";
    for (int at = 0; at < 400'000; ++at)
        text += at % 7 == 0 ? "\"x\ny\",1\n" : "abcdef,1\n";
    csv::source source{folder.write("in.csv", text)};
    ASSERT_TRUE(source.read_header());
    std::atomic<int> records = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(3);
        for (int thread = 0; thread < 3; ++thread) {
            threads.emplace_back([&] {
                csv::block block;
                std::uint64_t read = 0;
                while (source.next(block, read))
                    records += static_cast<int>(block.records.size());
            });
        }
    }
    EXPECT_EQ(records, 400'000);
}

}  // namespace
}  // namespace siwareng
