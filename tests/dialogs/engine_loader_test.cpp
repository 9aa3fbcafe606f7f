#include "tests/dialogs/engine_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

// Mistakes that authors make: each is reported with its file, its line and a hint.

namespace siwareng::dialogs {
namespace {

/// A faultless flow; the mistakes are made in it by replacing one line.
const std::string faultless = R"(flow = "t"
revision = 1
entry = "who"
recover = "who"
intents = ["cek"]
slots = { nik = "nik" }
outcomes = ["done"]
migrate = { old = "who" }

[node.who]
form = [ { ask = "nik", into = "nik", text = "t.nik" } ]
then = "check"
retry_exhausted = "bye"

[node.check]
call = "test.check"
with = { nik = "nik", name = "nik" }
on.found = "pick"
on.missing = "note"

[node.note]
ask = "text"
text = "t.note"
then = "pick"
retry_exhausted = "pick"
timeout = "10m"
on_timeout = "pick"

[node.pick]
choose = "t.pick"
options = [
    { value = "yes", text = "t.yes", then = "sub" },
    { value = "no", text = "t.no", then = "clear" },
]
retry_exhausted = "bye"

[node.sub]
run = "officer"
take = { got = "theirs" }
on.done = "which"

[node.which]
branch = "got"
is.x = "told"
else = "told"

[node.told]
say = "t.told"
then = "bye"

[node.clear]
set = { nik = "" }
then = "who"

[node.bye]
end = "done"
)";

const std::map<std::string, std::string> texts = {
    {"t.nik", "NIK?"},
    {"t.note", "Catatan?"},
    {"t.pick", "Pilih"},
    {"t.yes", "Ya"},
    {"t.no", "Tidak"},
    {"t.told", "{nik}"},
    {"t.long", "Ini judul yang terlalu panjang"},
    {"t.list", "Daftar"},
    {"t.with", "Ya {nik}"},
    {"t.same", "YA!"},
};

std::vector<std::string> problems_of(const content_files& files) {
    const auto loaded = load_flows(files, test_operations());
    std::vector<std::string> out;
    if (loaded) return out;
    for (const content_problem& each : loaded.error()) {
        out.push_back(to_string(each));
    }
    return out;
}

TEST(load_flows, takes_the_faultless_flow) {
    EXPECT_THAT(problems_of(make_content({{"t", faultless}}, texts)), testing::IsEmpty());
}

struct mistake {
    std::string line;  ///< of the faultless flow
    std::string replacement;
    std::string where;  ///< "flows/t.toml:12"
    std::string hint;   ///< part of the message
};

const std::vector<mistake>& mistakes() {
    static const std::vector<mistake> all = {
        // --- the header
        {"flow = \"t\"", "flow = \"u\"", "flows/t.toml:1", "flows/u.toml"},
        {"flow = \"t\"", "", "flows/t.toml", "'flow' is missing"},
        {"flow = \"t\"", "flow = [", "flows/t.toml:", ""},
        {"revision = 1", "revision = 0", "flows/t.toml:2", "'revision'"},
        {"revision = 1", "revision = \"1\"", "flows/t.toml:2", "'revision'"},
        {"revision = 1", "revisoin = 1", "flows/t.toml:2", "Did you mean 'revision'?"},
        {"entry = \"who\"", "entry = \"woh\"", "flows/t.toml:3",
         "no node 'woh'. Did you mean 'who'?"},
        {"entry = \"who\"", "", "flows/t.toml", "'entry' is missing"},
        {"recover = \"who\"", "recover = \"gone\"", "flows/t.toml:4", "recover: no node 'gone'"},
        {"intents = [\"cek\"]", "intents = [\"menu\"]", "flows/t.toml:5", "works everywhere"},
        {"intents = [\"cek\"]", "intents = [1]", "flows/t.toml:5", "list of names"},
        {"intents = [\"cek\"]", "intents = [\"cek\", \"cek\"]", "flows/t.toml:5", "twice"},
        {"slots = { nik = \"nik\" }", "slots = { nik = \"nama\" }", "flows/t.toml:6",
         "fills the variable 'nama'"},
        {"outcomes = [\"done\"]", "outcomes = [\"done\", \"extra\"]", "flows/t.toml:7",
         "no `end` node has the outcome 'extra'"},
        {"outcomes = [\"done\"]", "outcomes = [\"dane\"]", "flows/t.toml:55",
         "Did you mean 'dane'?"},
        {"migrate = { old = \"who\" }", "migrate = { old = \"gone\" }", "flows/t.toml:8",
         "migrate.old: no node 'gone'"},
        // --- nodes in general
        {"[node.who]", "[node.Who]", "flows/t.toml:10", "lower case"},
        {"say = \"t.told\"", "", "flows/t.toml:47", "has no kind"},
        {"say = \"t.told\"", "sya = \"t.told\"", "flows/t.toml:47", "Did you mean 'say'?"},
        {"say = \"t.told\"", "say = \"t.told\"\nend = \"done\"", "flows/t.toml:49",
         "both 'say' and 'end'"},
        {"say = \"t.told\"", "say = 7", "flows/t.toml:48", "'say' has to be a string"},
        {"say = \"t.told\"", "say = \"t.tld\"", "flows/t.toml:48", "Did you mean 't.told'?"},
        {"say = \"t.told\"", "say = \"t.told\"\nthan = \"bye\"", "flows/t.toml:49",
         "no key 'than'. Did you mean 'then'?"},
        {"then = \"pick\"", "", "flows/t.toml:21", "'then' is missing"},
        {"then = \"pick\"", "then = \"pik\"", "flows/t.toml:24", "no node 'pik'. Did you mean"},
        // --- ask
        {"ask = \"text\"", "ask = \"txet\"", "flows/t.toml:22", "no input type 'txet'; known are"},
        {"text = \"t.note\"", "", "flows/t.toml:21", "'text' is missing"},
        {"timeout = \"10m\"", "timeout = \"10\"", "flows/t.toml:26", "'timeout' has to be"},
        {"timeout = \"10m\"", "timeout = 10", "flows/t.toml:26", "'timeout' has to be"},
        {"timeout = \"10m\"", "timeout = \"31d\"", "flows/t.toml:26", "at most 30 days"},
        {"timeout = \"10m\"", "", "flows/t.toml:27", "never taken without"},
        {"on_timeout = \"pick\"", "", "flows/t.toml:21", "'on_timeout' is missing"},
        // --- form
        {"form = [ { ask = \"nik\", into = \"nik\", text = \"t.nik\" } ]", "form = []",
         "flows/t.toml:11", "list of { ask, into, text }"},
        {"form = [ { ask = \"nik\", into = \"nik\", text = \"t.nik\" } ]",
         "form = [ { ask = \"nik\", into = \"nik\", txt = \"t.nik\" } ]", "flows/t.toml:11",
         "Did you mean 'text'?"},
        {"form = [ { ask = \"nik\", into = \"nik\", text = \"t.nik\" } ]",
         "form = [ { ask = \"nik\", into = \"N\", text = \"t.nik\" } ]", "flows/t.toml:11",
         "'N' is no name"},
        {"on.missing = \"note\"", "on.missing = \"who\"", "flows/t.toml:10", "still filled"},
        // --- choose
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"yes\", text = \"t.no\", then = \"clear\" },", "flows/t.toml:33",
         "two options have the value 'yes'"},
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"no\", text = \"t.same\", then = \"clear\" },", "flows/t.toml:29",
         "the same title in locale/id.toml"},
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"no\", text = \"t.no\", about = \"t.yes\", then = \"clear\" },",
         "flows/t.toml:33", "only shown for more than three"},
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"no\", text = \"t.long\", then = \"clear\" },",
         "locale/id.toml:", "at most 20"},
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"no\", text = \"t.with\", then = \"clear\" },",
         "locale/en.toml:", "no placeholders"},
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"no\", text = \"t.no\" },", "flows/t.toml:33", "'then' is missing"},
        {"    { value = \"no\", text = \"t.no\", then = \"clear\" },",
         "    { value = \"no\", text = \"t.no\", then = \"clear\" },\n"
         "    { value = \"a\", text = \"t.list\", then = \"clear\" },\n"
         "    { value = \"b\", text = \"t.nik\", then = \"clear\" },",
         "flows/t.toml:31", "need 'list'"},
        // --- branch, set
        {"else = \"told\"", "", "flows/t.toml:42", "'else' is missing"},
        {"branch = \"got\"", "branch = \"Got\"", "flows/t.toml:43", "'Got' is no name"},
        {"is.x = \"told\"", "is = \"told\"", "flows/t.toml:44", "'is' has to be"},
        {"set = { nik = \"\" }", "set = { nik = 1 }", "flows/t.toml:52", "has to be a string"},
        {"set = { nik = \"\" }", "set = { nik = \"{nik\" }", "flows/t.toml:52", "without its '}'"},
        // --- call
        {"call = \"test.check\"", "call = \"test.chek\"", "flows/t.toml:15",
         "Did you mean 'test.check'?"},
        {"with = { nik = \"nik\", name = \"nik\" }", "with = { nik = \"nik\" }", "flows/t.toml:15",
         "needs the argument 'name'"},
        {"with = { nik = \"nik\", name = \"nik\" }",
         "with = { nik = \"nik\", name = \"nik\", nama = \"nik\" }", "flows/t.toml:15",
         "no argument 'nama'. Did you mean 'name'?"},
        {"on.missing = \"note\"", "", "flows/t.toml:15", "on.missing is missing"},
        {"on.missing = \"note\"", "on.missing = \"note\"\non.extra = \"note\"", "flows/t.toml:20",
         "never comes back with 'extra'"},
        {"on.missing = \"note\"", "on.missing = 1", "flows/t.toml:19", "has to name a node"},
        // --- run
        {"run = \"officer\"", "run = \"oficer\"", "flows/t.toml:37", "Did you mean 'officer'?"},
        {"run = \"officer\"", "run = \"t\"", "flows/t.toml", "the flow runs itself: t -> t"},
        {"on.done = \"which\"", "on.dne = \"which\"", "flows/t.toml:37", "on.done is missing"},
        {"take = { got = \"theirs\" }", "take = { got = 1 }", "flows/t.toml:39",
         "has to name a variable"},
        // --- the graph
        {"is.x = \"told\"", "is.x = \"which\"", "flows/t.toml:42", "which -> which"},
        {"[node.bye]", "[node.lonely]\nsay = \"t.told\"\nthen = \"bye\"\n[node.bye]",
         "flows/t.toml:55", "no other node leads here"},
    };
    return all;
}

TEST(load_flows, reports_each_mistake_with_its_place_and_a_hint) {
    for (const mistake& each : mistakes()) {
        std::string flow = faultless;
        const std::size_t at = ("\n" + flow).find("\n" + each.line + "\n");
        ASSERT_NE(at, std::string::npos) << each.line;
        flow.replace(at, each.line.size(), each.replacement);
        const auto problems = problems_of(make_content({{"t", flow}}, texts));
        const bool found = std::ranges::any_of(problems, [&](const std::string& problem) {
            return problem.starts_with(each.where) && problem.contains(each.hint);
        });
        EXPECT_TRUE(found) << each.replacement << "\nwanted: " << each.where << " … " << each.hint
                           << "\n"
                           << testing::PrintToString(problems);
    }
}

TEST(load_flows, wants_every_flow_and_text_that_the_engine_uses) {
    content_files files = make_content({}, {});
    files.erase("flows/officer.toml");
    EXPECT_THAT(problems_of(files),
                testing::Contains("flows/officer.toml: the flow is missing; every conversation may "
                                  "lead to it"));
    for (const auto& [file, text] : make_content({}, {})) {
        if (!file.starts_with("locale/")) continue;
        content_files without = make_content({}, {});
        std::string& locale = without[file];
        const std::size_t at = locale.find("\"common.cancelled\"");
        locale.erase(at, locale.find('\n', at) - at);
        EXPECT_THAT(problems_of(without),
                    testing::Contains(testing::HasSubstr("'common.cancelled' is missing")))
            << file;
    }
}

TEST(load_flows, compares_the_languages) {
    struct row {
        std::string file;
        std::string added;
        std::string problem;
    };
    const std::vector<row> rows = {
        {"locale/en.toml", "[x]\na = \"only here\"",
         "locale/id.toml: text 'x.a' is missing; locale/en"},
        {"locale/id.toml", "[x]\na = \"only here\"",
         "locale/su.toml: text 'x.a' is missing; locale/id"},
        {"locale/jv.toml", "[x]\na = 1", "has to be a string"},
        {"locale/jv.toml", "[x]\na = \"  \\n\"", "text 'x.a' is empty"},
        {"locale/jv.toml", "[x]\na = \"{A}\"", "'{A}' is no placeholder"},
        {"locale/jv.toml", "[x]\na = \"{a\"", "without its '}'"},
        {"locale/id.toml", "[x]\na = \"" + std::string(901, 'x') + "\"", "at most 900"},
        {"locale/id.toml", "[x\n", "locale/id.toml:"},
        {"locale/fr.toml", "", "no such language"},
    };
    for (const row& each : rows) {
        content_files files = make_content({}, {});
        files[each.file] += "\n" + each.added;
        EXPECT_THAT(problems_of(files), testing::Contains(testing::HasSubstr(each.problem)));
    }
    content_files other = make_content({}, {{"x", "{a} {b}"}});
    std::string& english = other["locale/en.toml"];
    english.replace(english.find("{b}"), 3, "{c}");
    EXPECT_THAT(problems_of(other),
                testing::ElementsAre(testing::AllOf(testing::StartsWith("locale/en.toml:"),
                                                    testing::HasSubstr("({a}, {c})"),
                                                    testing::HasSubstr("({a}, {b})"))));
    content_files missing = make_content({}, {});
    missing.erase("locale/jv.toml");
    EXPECT_THAT(problems_of(missing),
                testing::Contains(testing::StartsWith("locale/jv.toml: the")));
}

TEST(load_flows, two_flows_cannot_have_one_intent) {
    std::string other = faultless;
    other.replace(0, 10, "flow = \"u\"");
    EXPECT_THAT(
        problems_of(make_content({{"t", faultless}, {"u", other}}, texts)),
        testing::ElementsAre("flows/u.toml:5: the intent 'cek' opens the flow 't' already"));
}

TEST(load_flows, a_loop_through_a_sub_flow_without_a_wait_is_found) {
    const std::string inner = R"(flow = "inner"
revision = 1
entry = "fill"
outcomes = ["done", "asked"]
[node.fill]
form = [ { ask = "nik", into = "nik", text = "t.nik" } ]
then = "done"
retry_exhausted = "asked"
[node.done]
end = "done"
[node.asked]
end = "asked"
)";
    const auto loop = [](const std::string& with) {
        return "flow = \"t\"\nrevision = 1\nentry = \"go\"\noutcomes = [\"done\"]\n[node.go]\n"
               "run = \"inner\"\n" +
               with +
               "on.done = \"go\"\non.asked = \"bye\"\n"
               "[node.bye]\nend = \"done\"\n";
    };
    EXPECT_THAT(problems_of(make_content({{"t", loop("")}, {"inner", inner}}, texts)),
                testing::IsEmpty());
    EXPECT_THAT(problems_of(make_content(
                    {{"t", loop("with = { nik = \"nik\" }\n")}, {"inner", inner}}, texts)),
                testing::ElementsAre(testing::HasSubstr("go -> go")));
}

TEST(load_flows, a_crlf_file_and_multi_line_texts) {
    content_files files = make_content({}, {});
    for (const char* const lang : {"id", "en", "su", "jv"}) {
        files["locale/" + std::string(lang) + ".toml"] +=
            "\n[x]\na = \"\"\"\nSatu {{\nDua {a}\n\"\"\"\n[words]\nmenu = [\"menu\"]\n";
    }
    const auto loaded = load_flows(files, test_operations());
    ASSERT_TRUE(loaded);
    EXPECT_EQ((*loaded)->text(language::id, "x.a", {{"a", "{b}"}}), "Satu {\nDua {b}");
    EXPECT_EQ((*loaded)->text(language::id, "no.such"), "no.such");
}

TEST(read_content, takes_the_folders_of_an_office) {
    namespace fs = std::filesystem;
    const fs::path dir = fs::path(testing::TempDir()) / fmt::format("siwareng_{}", ::getpid());
    fs::create_directories(dir / "flows" / "deeper");
    fs::create_directories(dir / "locale");
    const auto write = [&](const char* name, const char* text) {
        std::ofstream(dir / name, std::ios::binary) << text;
    };
    write("flows/a.toml", "x\r\n");
    write("flows/a.toml~", "editor");
    write("flows/.b.toml", "editor");
    write("flows/deeper/c.toml", "deeper");
    write("locale/id.toml", "");
    const auto files = read_content_dir(dir);
    fs::remove_all(dir);
    ASSERT_TRUE(files);
    EXPECT_THAT(*files, testing::ElementsAre(testing::Pair("flows/a.toml", "x\r\n"),
                                             testing::Pair("locale/id.toml", "")));
    const auto missing = read_content_dir(dir);
    ASSERT_FALSE(missing);
    EXPECT_EQ(to_string(missing.error()), dir.string() + ": is no folder");
}

TEST(diagram, draws_every_exit_once_and_marks_what_was_taken) {
    const auto flows = make_flows({{"t", faultless}}, texts);
    const std::string all = flows->diagram("t");
    EXPECT_EQ(all, flows->diagram("t"));
    EXPECT_TRUE(all.starts_with("flowchart TD\n    start((\"t\")) --> n_who\n")) << all;
    EXPECT_TRUE(all.contains("    n_check[[\"check<br/>call test.check\"]]\n")) << all;
    EXPECT_TRUE(all.contains("    n_pick -->|\"option.no\"| n_clear\n")) << all;
    EXPECT_FALSE(all.contains("-.->"));
    const std::string some = flows->diagram("t", {{"t", "pick", "option.no"}});
    EXPECT_TRUE(some.contains("    n_pick -->|\"option.no\"| n_clear\n")) << some;
    EXPECT_TRUE(some.contains("    n_pick -.->|\"option.yes\"| n_sub\n")) << some;
    EXPECT_EQ(flows->diagram("nothing"), "");
    EXPECT_THAT(flows->flow_names(),
                testing::ElementsAre("language", "menu", "officer", "t", "welcome"));
    EXPECT_THAT(flows->exits(), testing::Contains(path_entry{"t", "bye", "end"}));
}

}  // namespace
}  // namespace siwareng::dialogs
