#include "dialogs/chat_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace siwareng::dialogs {
namespace {

TEST(chat_file, prints_what_it_read) {
    const std::vector<std::string> files = {
        "",
        "\n",
        "# a comment\n#\n\n# another\n",
        "> halo\n< Halo.\n  Baris kedua\n\n  Paragraf kedua\n  [Cek]\n  [Menu]\n@ menu/top\n",
        "> [Cek status]\n<\n",
        "> (3)\n< Pilih\n  (1) Satu | Yang pertama\n  (2) Dua\n",
        "> dua\n  baris\n\n  kosong\n<\n",
        "> \\[bukan tombol]\n> \\(1)\n> \\{x}\n> \\\\[dua]\n> \\halo\n> [x\n",
        "> {image ktp.jpg \"foto \"ini\"\"}\n> {image}\n> {voice \"\\\"}\n> {document a b.pdf}\n",
        "> {location -6.10 106.5}\n> {contacts}\n> {reaction}\n",
        ">> again\n<\n",
        "> x\n! roll.check {\"nik\": \"1\",  \"name\":\"a\"}\n= found {\"tps\": \"4\"}\n= busy\n",
        "+ 11m\n+ 30s\n+ 2h\n+ 1d\n@ idle\n$ name=a=b\n$ empty=\n",
        "%restart\n%deploy voter_status@2\n%crash before_commit\n%crash after_commit\n",
        "%crash after_send\n%lang en\n",
    };
    for (const std::string& each : files) {
        const auto parsed = parse_chat(each);
        ASSERT_TRUE(parsed) << each << parsed.error().line << parsed.error().message;
        EXPECT_EQ(print_chat(*parsed), each);
    }
}

TEST(chat_file, keeps_lines_and_contents) {
    const auto parsed = parse_chat("# c\n> a\n  b\n\n< x\n\n  y\n\n@ idle\r\n");
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->records.size(), 6U);
    EXPECT_EQ(std::get<chat_text>(parsed->records[1].content).text, "a\nb");
    EXPECT_EQ(parsed->records[1].line, 2);
    EXPECT_TRUE(parsed->records[1].acts());
    EXPECT_TRUE(std::get<chat_comment>(parsed->records[2].content).blank);
    EXPECT_THAT(std::get<chat_reply>(parsed->records[3].content).lines,
                testing::ElementsAre("x", "", "y"));
    EXPECT_FALSE(parsed->records[3].acts());
    EXPECT_EQ(parsed->records[5].line, 9);
    const auto media = parse_chat("> {image ktp saya.jpg \"dua kata\"}\n");
    ASSERT_TRUE(media);
    const auto& image = std::get<chat_attachment>(media->records[0].content);
    EXPECT_EQ(image.kind, "image");
    EXPECT_EQ(image.filename, "ktp saya.jpg");
    EXPECT_EQ(image.caption, "dua kata");
    const auto time = parse_chat("+ 11m\n");
    ASSERT_TRUE(time);
    EXPECT_EQ(std::get<chat_clock>(time->records[0].content).milliseconds(), 660'000);
}

TEST(chat_file, refuses_with_the_line) {
    struct row {
        std::string text;
        int line;
        std::string hint;
    };
    const std::vector<row> rows = {
        {"halo\n", 1, "a record starts with"},
        {"#x\n", 1, "a record starts with"},
        {">halo\n", 1, "a record starts with"},
        {">> once\n", 1, "a record starts with"},
        {"# a\n  b\n", 2, "an indented line continues"},
        {"@ idle\n\n  b\n", 3, "an indented line continues"},
        {"> {hologram}\n", 1, "known are image"},
        {"> {image\n", 1, "'{' without '}'"},
        {"> {image }\n", 1, "write it as: > {image}"},
        {"> {image a \"b}\n", 1, "a caption stands in quotes"},
        {"> {contacts x}\n", 1, "takes nothing else"},
        {"> {location 1}\n", 1, "{location -6.1 106.5}"},
        {"> {location .5 nan}\n", 1, "{location -6.1 106.5}"},
        {"> (03)\n", 1, "write it as: > (3)"},
        {"< a\n   \n", 1, ""},
        {"! x\n", 1, "'! name {json}'"},
        {"! x [1]\n", 1, "'! name {json}'"},
        {"! x {\"a\": }\n", 1, "'! name {json}'"},
        {"= Found\n", 1, "'= outcome'"},
        {"= found {\"a\": 1}\n", 1, "'= outcome'"},
        {"= found 7\n", 1, "'= outcome'"},
        {"+ 11\n", 1, "'+ 30s'"},
        {"+ m\n", 1, "'+ 30s'"},
        {"+ -1m\n", 1, "'+ 30s'"},
        {"+ \n", 1, "'+ 30s'"},
        {"@ Somewhere\n", 1, "'@ flow/node'"},
        {"@ a/b/c\n", 1, "'@ flow/node'"},
        {"$ name\n", 1, "'$ name=value'"},
        {"$ Name=x\n", 1, "'$ name=value'"},
        {"%stop\n", 1, "a fault is"},
        {"%crash sometimes\n", 1, "a fault is"},
        {"%deploy a\n", 1, "'%deploy flow@2'"},
        {"%deploy a@0\n", 1, "'%deploy flow@2'"},
        {"%lang xx\n", 1, "id, en, su or jv"},
    };
    for (const row& each : rows) {
        const auto parsed = parse_chat(each.text);
        if (each.hint.empty() && parsed) {
            EXPECT_EQ(print_chat(*parsed), each.text);
            continue;
        }
        ASSERT_FALSE(parsed) << each.text;
        EXPECT_EQ(parsed.error().line, each.line) << each.text;
        EXPECT_THAT(parsed.error().message, testing::HasSubstr(each.hint)) << each.text;
    }
}

TEST(chat_file, shows_bubbles_as_lines) {
    bubble sent;
    EXPECT_TRUE(chat_lines(sent).empty());
    sent.text = "Satu\n\n[dua]\n(3) tiga\n\\[empat]\n1. lima";
    EXPECT_THAT(chat_lines(sent), testing::ElementsAre("Satu", "", "\\[dua]", "\\(3) tiga",
                                                       "\\\\[empat]", "1. lima"));
    sent.text = "?";
    sent.options = {{"1:a", "A", "x"}, {"1:b", "B", ""}};
    EXPECT_THAT(chat_lines(sent), testing::ElementsAre("?", "[A]", "[B]"));
    sent.options = {{"1:a", "A", "x"}, {"1:b", "B", ""}, {"1:c", "C", ""}, {"1:d", "D", ""}};
    EXPECT_THAT(chat_lines(sent),
                testing::ElementsAre("?", "(1) A | x", "(2) B", "(3) C", "(4) D"));
}

TEST(chat_file, records_events) {
    bubble shown;
    shown.options = {{"1:a", "A", ""}, {"1:b", "B", ""}, {"1:c", "C", ""}, {"1:d", "D", ""}};
    const auto print = [&](const event& what) {
        const auto content = chat_of_event(what, shown);
        return content ? print_chat({{{0, *content}}}) : std::string("nothing");
    };
    EXPECT_EQ(print(text_event{"a\nb", {}}), "> a\n  b\n");
    EXPECT_EQ(print(text_event{"[a]", {}}), "> \\[a]\n");
    EXPECT_EQ(print(tap_event{"1:c", "C", {}}), "> (3)\n");
    EXPECT_EQ(print(tap_event{"0:x", "Lama", {}}), "> [Lama]\n");
    EXPECT_EQ(print(media_event{"image", "id", "m", "c", "f.jpg"}), "> {image f.jpg \"c\"}\n");
    EXPECT_EQ(print(location_event{-6.1, 106.5, "", ""}), "> {location -6.1 106.5}\n");
    EXPECT_EQ(print(other_event{"contacts"}), "> {contacts}\n");
    EXPECT_EQ(print(other_event{"order"}), "nothing");
    EXPECT_EQ(print(timer_event{1}), "nothing");
}

}  // namespace
}  // namespace siwareng::dialogs
