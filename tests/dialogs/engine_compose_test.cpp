#include "dialogs/effect.hpp"
#include "dialogs/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace siwareng::dialogs {
namespace {

prompt options(std::size_t count, const std::string& label = "Pilih") {
    prompt out;
    for (std::size_t at = 1; at <= count; ++at) {
        out.options.push_back({"1:" + std::to_string(at), "Opsi " + std::to_string(at), "ket"});
    }
    out.list_label = label;
    return out;
}

std::string repeated(std::string_view unit, std::size_t times) {
    std::string out;
    for (std::size_t at = 0; at < times; ++at) {
        out += unit;
    }
    return out;
}

TEST(compose, joins_texts_and_keeps_the_last_prompt) {
    EXPECT_TRUE(compose({}).empty());
    EXPECT_EQ(compose({say{"a\n"}, say{"  "}, handoff{"x"}, say{"\nb"}}).text, "a\n\nb");
    const bubble out = compose({say{"a"}, options(2), say{"b"}, options(3)});
    EXPECT_EQ(out.text, "a\n\nb");
    EXPECT_EQ(out.options.size(), 3U);
    EXPECT_TRUE(out.list_label.empty());
}

TEST(compose, buttons_list_or_numbered_lines) {
    for (std::size_t count = 1; count <= 12; ++count) {
        const bubble out = compose({say{"Tanya?"}, options(count)});
        if (count > 10) {
            EXPECT_TRUE(out.options.empty());
            EXPECT_TRUE(out.text.starts_with("Tanya?\n\n1. Opsi 1 – ket\n2. Opsi 2")) << out.text;
        } else {
            EXPECT_EQ(out.options.size(), count);
            EXPECT_EQ(out.list_label, count > 3 ? "Pilih" : "");
            EXPECT_EQ(out.text, "Tanya?");
        }
    }
}

TEST(compose, what_cannot_be_tapped_is_numbered) {
    struct faulty {
        std::string why;
        prompt asked;
    };
    std::vector<faulty> cases = {{"no label", options(4, " ")}, {"empty title", options(2)},
                                 {"equal titles", options(2)},  {"equal when cut", options(2)},
                                 {"no id", options(2)},         {"long id", options(2)}};
    cases[1].asked.options[1].title = " ";
    cases[2].asked.options[1].title = "Opsi 1";
    cases[3].asked.options[0].title = repeated("a", 25) + "1";
    cases[3].asked.options[1].title = repeated("a", 25) + "2";
    cases[4].asked.options[0].id.clear();
    cases[5].asked.options[0].id = repeated("x", 201);
    for (const faulty& each : cases) {
        const bubble out = compose({say{"Tanya?"}, each.asked});
        EXPECT_TRUE(out.options.empty()) << each.why;
        EXPECT_TRUE(out.text.starts_with("Tanya?\n\n1. ")) << each.why;
    }
    EXPECT_TRUE(compose({options(2)}).text.starts_with("1. Opsi 1"));
}

TEST(compose, counts_characters_rather_than_bytes) {
    const std::string fits = repeated("é", 1024);
    EXPECT_EQ(compose({say{fits}, options(2)}).options.size(), 2U);
    const bubble over = compose({say{fits + "é"}, options(2)});
    EXPECT_TRUE(over.options.empty());
    EXPECT_TRUE(over.text.ends_with("é\n\n1. Opsi 1 – ket\n2. Opsi 2 – ket"));
    EXPECT_EQ(utf8_length(compose({say{repeated("é", 4096)}}).text), 4096U);
}

TEST(compose, cuts_titles_as_the_last_resort) {
    prompt few = options(1);
    few.options[0].title = repeated("é", 21);
    EXPECT_EQ(compose({say{"?"}, few}).options[0].title, repeated("é", 19) + "…");
    prompt many = options(4, repeated("l", 21));
    many.options[0].title = repeated("é", 25);
    many.options[0].description = repeated("d", 73);
    const bubble out = compose({say{"?"}, many});
    EXPECT_EQ(utf8_length(out.options[0].title), 24U);
    EXPECT_EQ(utf8_length(out.options[0].description), 72U);
    EXPECT_EQ(utf8_length(out.list_label), 20U);
}

TEST(compose, long_texts_end_at_a_line) {
    const std::string line = repeated("x", 99) + "\n";
    const bubble out = compose({say{repeated(line, 50)}});
    EXPECT_EQ(out.text.size(), 40U * 100 + 99 - 100);
    EXPECT_TRUE(out.text.ends_with("x"));
    const bubble flat = compose({say{repeated("é", 5000)}});
    EXPECT_EQ(utf8_length(flat.text), 4096U);
    // The options stay, whatever else has to go.
    const bubble asked = compose({say{repeated(line, 50)}, options(12)});
    EXPECT_LE(utf8_length(asked.text), 4096U);
    EXPECT_TRUE(asked.text.ends_with("\n12. Opsi 12 – ket"));
    const bubble hopeless = compose({say{"?"}, options(2000)});
    EXPECT_LE(utf8_length(hopeless.text), 4096U);
}

TEST(utf8, repairs_and_counts) {
    struct row {
        std::string text;
        std::size_t length;
        std::string repaired;
    };
    const std::string bad = "\xEF\xBF\xBD";
    const std::vector<row> rows = {
        {"", 0, ""},
        {"abc", 3, "abc"},
        {"é€😀", 3, "é€😀"},
        {"\xC3", 1, bad},
        {"\x80", 1, bad},
        {"\xC0\xAF", 2, bad + bad},
        {"\xE0\x80\x80", 3, bad + bad + bad},
        {"\xED\xA0\x80", 3, bad + bad + bad},
        {"\xF4\x90\x80\x80", 4, bad + bad + bad + bad},
        {"\xF0\x9F\x98", 3, bad + bad + bad},
        {"a\xFFz", 3, "a" + bad + "z"},
    };
    for (const row& each : rows) {
        EXPECT_EQ(utf8_length(each.text), each.length);
        EXPECT_EQ(utf8_repair(each.text), each.repaired);
    }
    EXPECT_EQ(utf8_prefix("é€😀", 2), "é€");
    EXPECT_EQ(utf8_prefix_bytes("é€😀", 4), "é");
    EXPECT_EQ(utf8_cut("é€😀", 2), "é…");
    EXPECT_EQ(utf8_cut("é€", 2), "é€");
}

}  // namespace
}  // namespace siwareng::dialogs
