#include "dialogs/chat_runner.hpp"

#include "tests/dialogs/engine_chat_driver.hpp"
#include "tests/dialogs/engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace siwareng::dialogs {
namespace {

/// Asks, calls, waits with a timer, offers buttons and a list.
const std::map<std::string, std::string> flows = {{"menu", R"(
flow = "menu"
revision = 1
entry = "ask"
recover = "ask"
outcomes = ["done"]
[node.ask]
ask = "nik"
text = "ask"
into = "nik"
then = "check"
retry_exhausted = "bye"
timeout = "10m"
on_timeout = "late"
[node.late]
say = "late"
then = "pick"
[node.check]
call = "test.check"
with = { nik = "nik", name = "nik" }
on.found = "show"
on.missing = "pick"
[node.show]
say = "show"
then = "list"
[node.pick]
choose = "pick"
options = [
    { value = "again", text = "again", then = "ask" },
    { value = "stop", text = "stop", then = "bye" },
]
retry_exhausted = "bye"
[node.list]
choose = "pick"
list = "label"
options = [
    { value = "a", text = "again", then = "ask" },
    { value = "b", text = "stop", then = "bye" },
    { value = "c", text = "third", then = "bye" },
    { value = "d", text = "fourth", then = "pick" },
]
retry_exhausted = "bye"
[node.bye]
end = "done"
)"}};
const std::map<std::string, std::string> texts = {
    {"ask", "NIK?"},     {"show", "TPS {tps}"}, {"pick", "Lalu?"},
    {"again", "Lagi"},   {"stop", "Selesai"},   {"third", "Tiga"},
    {"fourth", "Empat"}, {"label", "Pilihan"},  {"late", "Masih di sana?"},
};

chat_outcome run(const std::string& text) {
    const auto parsed = parse_chat(text);
    if (!parsed) return {false, parsed.error().message, {}, true};
    const content_files files = make_content(flows, texts);
    engine_chat_driver driver(files, test_operations(), make_flows(flows, texts), nullptr);
    return run_chat(*parsed, "x.chat", driver);
}

/// Everything that a record can say, and all of it true.
const std::string faultless = R"(# The contact cards lead to the menu.
> {contacts}
< <common.cannot_use.contacts>

  NIK?
@ menu/ask
>> again
<
> {reaction}
<
+ 9m
@ menu/ask
+ 1m
< Masih di sana?

  Lalu?
  [Lagi]
  [Selesai]
@ menu/pick

> [Lagi]
< NIK?
> 3603014101900001
! test.check {"nik": "3603014101900001", "name": "{{*}}"}
= found {"tps": "004"}
< TPS {{*}}

  Lalu?
  (1) Lagi
  (2) Selesai
  (3) Tiga
  (4) Empat
$ tps=004
$ nothing=
%restart
%deploy menu@2
%crash after_commit
@ menu/list
> (4)
< Lalu?
  [Lagi]
  [Selesai]
%lang su
> {voice}
< su:<common.cannot_use.voice>

  su:Lalu?
  [su:Lagi]
  [su:Selesai]
> [Selesai]
<
@ idle
)";

TEST(chat_runner, passes_a_true_file) {
    const chat_outcome outcome = run(faultless);
    EXPECT_TRUE(outcome.passed) << outcome.report;
    EXPECT_EQ(print_chat(outcome.rewritten), faultless);
}

TEST(chat_runner, reports_and_rewrites_each_difference) {
    struct row {
        std::string right;
        std::string wrong;
        std::string report;
    };
    const std::vector<row> rows = {
        {"@ menu/ask\n>> again", "@ menu/pick\n>> again", "- @ menu/pick\n+ @ menu/ask\n"},
        {"$ tps=004\n", "$ tps=005\n", "- $ tps=005\n+ $ tps=004\n"},
        {"  [Selesai]\n@ menu/pick\n", "@ menu/pick\n", "+   [Selesai]\n"},
        {"< NIK?\n> 3603", "< Nama?\n> 3603", "x.chat:21: \n  > [Lagi]\n- < Nama?\n+ < NIK?\n"},
        {"< NIK?\n> 3603", "> 3603", "+ < NIK?\n"},
        {">> again\n<\n", ">> again\n< lagi\n", "- < lagi\n+ <\n"},
        {">> again\n<\n", ">> again\n", "+ <\n"},
        {"+ 1m\n< Masih di sana?\n\n  Lalu?\n  [Lagi]\n  [Selesai]\n", "+ 1m\n", "+ < Masih"},
        {"\"name\": \"{{*}}\"}\n= found", "\"name\": \"x\"}\n= found", "- ! test.check"},
        {"= found {\"tps\": \"004\"}\n", "= found {\"tps\": \"004\"}\n= missing\n",
         "- = missing\n"},
        {"  (4) Empat\n$", "  (4) Lima\n$", "-   (4) Lima\n+   (4) Empat\n"},
    };
    for (const row& each : rows) {
        std::string text = faultless;
        const std::size_t at = text.find(each.right);
        ASSERT_NE(at, std::string::npos) << each.right;
        text.replace(at, each.right.size(), each.wrong);
        const chat_outcome outcome = run(text);
        EXPECT_FALSE(outcome.passed) << each.wrong;
        EXPECT_FALSE(outcome.broken) << outcome.report;
        EXPECT_THAT(outcome.report, testing::HasSubstr(each.report));
        const chat_outcome again = run(print_chat(outcome.rewritten));
        EXPECT_TRUE(again.passed) << again.report;
    }
}

TEST(chat_runner, writes_expectations_from_nothing) {
    const chat_outcome outcome =
        run("> {image}\n\n> 3603014101900001\n! test.check {}\n= missing\n+ 1h\n> [Selesai]\n");
    EXPECT_EQ(print_chat(outcome.rewritten), R"(> {image}
< <common.cannot_use.image>

  NIK?

> 3603014101900001
! test.check {"name":"3603014101900001","nik":"3603014101900001"}
= missing
< Lalu?
  [Lagi]
  [Selesai]
+ 1h
> [Selesai]
<
)");
}

TEST(chat_runner, stops_where_a_conversation_cannot_go_on) {
    EXPECT_THAT(run("@ idle\n").report, testing::HasSubstr("x.chat:1: nothing has happened yet"));
    EXPECT_THAT(run("> [Lagi]\n").report, testing::HasSubstr("x.chat:1: no bubble so far has"));
    EXPECT_THAT(run("> {image}\n<\n> (1)\n").report, testing::HasSubstr("x.chat:1:"));
    const chat_outcome unscripted = run("> {image}\n< {{*}}\n\n  NIK?\n> 3603014101900001\n<\n");
    EXPECT_TRUE(unscripted.broken);
    EXPECT_THAT(unscripted.report, testing::HasSubstr("x.chat:5: an operation was called"));
    EXPECT_THAT(run("%deploy nothing@2\n").report, testing::HasSubstr("no flow 'nothing'"));
}

TEST(chat_runner, wildcards) {
    struct row {
        std::string expected;
        std::string line;
        bool matches;
    };
    const std::vector<row> rows = {
        {"", "", true},           {"a", "a", true},          {"a", "b", false},
        {"{{*}}", "", true},      {"{{*}}", "any", true},    {"a{{*}}", "abc", true},
        {"a{{*}}c", "abc", true}, {"a{{*}}c", "abd", false}, {"{{*}}b{{*}}", "abc", true},
        {"{{*}}ab", "aab", true}, {"a{{*}}a", "a", false},   {"{{*}}x{{*}}x", "x", false},
        {"{*}", "a", false},
    };
    for (const row& each : rows) {
        EXPECT_EQ(matches_line(each.expected, each.line), each.matches) << each.expected;
    }
}

}  // namespace
}  // namespace siwareng::dialogs
