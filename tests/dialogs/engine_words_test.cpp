#include "tests/dialogs/engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Words that work everywhere, interruptions, and flows that changed under a citizen.

namespace siwareng::dialogs {
namespace {

const std::string menu_bubble = "(menu)\n[Satu]\n[Dua]";

/// Three questions in a row, then done.
std::string three(int revision, const std::string& second = "second",
                  const std::string& more = "") {
    return R"(
flow = "three"
revision = )" +
           std::to_string(revision) + R"(
entry = "first"
recover = "sorry"
intents = ["tiga"]
outcomes = ["done"]
)" + more + R"(
[node.sorry]
say = "sorry"
then = "first"
[node.first]
ask = "nik"
text = "first"
into = "nik"
then = ")" +
           second + R"("
retry_exhausted = "bye"
[node.)" + second +
           R"(]
ask = "name"
text = "second"
into = "name"
then = "third"
retry_exhausted = "bye"
[node.third]
choose = "third"
options = [
    { value = "yes", text = "ya", then = "bye" },
    { value = "menu", text = "menu_title", then = "told" },
]
retry_exhausted = "bye"
[node.told]
say = "told"
then = "bye"
[node.bye]
end = "done"
)";
}

constexpr const char* check = R"(
flow = "check"
revision = 1
entry = "who"
intents = ["cek"]
slots = { nik = "nik", name = "name" }
outcomes = ["done"]
[node.who]
form = [
    { ask = "nik", into = "nik", text = "check.nik" },
    { ask = "name", into = "name", text = "check.name" },
]
then = "show"
retry_exhausted = "bye"
[node.show]
say = "check.show"
then = "bye"
[node.bye]
end = "done"
)";

/// Runs "check" as a sub-flow.
constexpr const char* outer = R"(
flow = "outer"
revision = 1
entry = "sub"
intents = ["luar"]
outcomes = ["done"]
[node.sub]
run = "check"
on.done = "told"
[node.told]
say = "told"
then = "bye"
[node.bye]
end = "done"
)";

const std::map<std::string, std::string> texts = {
    {"first", "Pertama?"},   {"second", "Kedua?"},
    {"third", "Ketiga?"},    {"ya", "Ya"},
    {"menu_title", "Menu"},  {"told", "Cerita."},
    {"sorry", "Maaf."},      {"check.nik", "NIK?"},
    {"check.name", "Nama?"}, {"check.show", "Cek {name}"},
    {"told2", "Lagi."},
};

std::shared_ptr<const flow_set> flows() {
    static const auto made =
        make_flows({{"three", three(1)}, {"check", check}, {"outer", outer}}, texts);
    return made;
}

TEST(engine_words, an_idle_session) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"halo", "(welcome)\n[Satu]\n[Dua]"},
        {"", "(welcome)\n[Satu]\n[Dua]"},
        {"menu", menu_bubble},
        {"kembali", menu_bubble},
        {"batal", "<common.cancelled>\n\n" + menu_bubble},
        {"petugas", "(officer)\n[Satu]\n[Dua]"},
        {"bahasa", "(language)\n[Satu]\n[Dua]"},
        {"cek", "NIK?"},
        {"sunda", "su:<language.switched>\n\nsu:(menu)\n[su:Satu]\n[su:Dua]"},
    };
    for (const auto& [text, bubble] : cases) {
        conversation talk(flows());
        EXPECT_EQ(talk.says(text), bubble) << text;
    }
    conversation unknown(flows());
    EXPECT_EQ(unknown.opens("no_flow_has_this"), "(welcome)\n[Satu]\n[Dua]");
    conversation stale(flows());
    EXPECT_EQ(stale.gets(tap_event{"3:one", "Menu", test_intents("menu")}), menu_bubble);
}

TEST(engine_words, menu_and_cancel_close_everything) {
    conversation talk(flows());
    talk.opens("tiga");
    EXPECT_EQ(talk.says("menu"), menu_bubble);
    EXPECT_EQ(talk.now.stack.size(), 1U);
    talk.opens("tiga");
    EXPECT_EQ(talk.now.stack.size(), 2U);
    EXPECT_EQ(talk.says("batal"), "<common.cancelled>\n\n" + menu_bubble);
    EXPECT_EQ(talk.now.stack.size(), 1U);
}

TEST(engine_words, an_interruption_returns_to_the_question_in_one_bubble) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    EXPECT_EQ(talk.says("petugas"), "(officer)\n[Satu]\n[Dua]");
    EXPECT_EQ(talk.where(), "officer/top");
    EXPECT_EQ(talk.taps("Satu"), "Kedua?");
    EXPECT_EQ(talk.where(), "three/second");
    EXPECT_EQ(talk.var("nik"), good_nik);
    // A flow that asks nothing at all answers and returns within the very turn.
    EXPECT_EQ(talk.opens("cek", {{"nik", std::string(other_nik)}, {"name", "Siti Aminah"}}),
              "Cek Siti Aminah\n\nKedua?");
    EXPECT_EQ(talk.where(), "three/second");
}

TEST(engine_words, an_unsure_intent_is_an_answer) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    EXPECT_EQ(talk.gets(text_event{"cek dulu ya pak", {intent{"menu", 0.89, {}}}}).substr(0, 7),
              "<input.");
    EXPECT_EQ(talk.gets(text_event{"menu", {intent{"tiga", 0.5, {}}, intent{"menu", 0.9, {}}}}),
              menu_bubble);
}

TEST(engine_words, the_waiting_nodes_own_option_comes_first) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    talk.says("Siti");
    EXPECT_EQ(talk.where(), "three/third");
    EXPECT_EQ(talk.says("menu"), "Cerita.");
}

TEST(engine_words, a_free_text_question_lets_words_through) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    EXPECT_EQ(talk.where(), "three/second");
    EXPECT_EQ(talk.says("menu"), menu_bubble);
}

TEST(engine_words, a_valid_structured_answer_beats_an_intent) {
    conversation talk(flows());
    talk.opens("tiga");
    EXPECT_EQ(talk.gets(text_event{std::string(good_nik), {intent{"cek", 1.0, {}}}}), "Kedua?");
}

TEST(engine_words, back_goes_through_the_waits_of_the_flow) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    talk.says("Siti");
    EXPECT_EQ(talk.says("kembali"), "Kedua?");
    EXPECT_EQ(talk.var("name"), "");
    EXPECT_EQ(talk.says("kembali"), "Pertama?");
    EXPECT_EQ(talk.var("nik"), "");
    EXPECT_EQ(talk.says("kembali"), menu_bubble);
    EXPECT_EQ(talk.now.stack.size(), 1U);
}

TEST(engine_words, back_goes_field_by_field_through_a_form) {
    conversation talk(flows());
    talk.says("cek");
    talk.says(std::string(good_nik));
    EXPECT_EQ(talk.says("kembali"), "NIK?");
    EXPECT_EQ(talk.var("nik"), "");
    EXPECT_EQ(talk.says("kembali"), menu_bubble);
}

TEST(engine_words, the_language_switches_at_any_question) {
    conversation talk(flows());
    talk.opens("tiga");
    EXPECT_EQ(talk.says("sunda"), "su:<language.switched>\n\nsu:Pertama?");
    EXPECT_EQ(talk.now.lang, language::su);
    EXPECT_EQ(talk.says(std::string(good_nik)), "su:Kedua?");
    // An old bubble's Indonesian title still counts.
    talk.says("Siti");
    EXPECT_EQ(talk.says("Ya"), "");
    EXPECT_EQ(talk.where(), "idle");
    EXPECT_EQ(talk.now.lang, language::su);
}

TEST(engine_words, the_flows_own_intent_starts_it_again) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    EXPECT_EQ(talk.opens("tiga"), "Pertama?");
    EXPECT_EQ(talk.now.stack.size(), 1U);
    EXPECT_EQ(talk.var("nik"), "");
}

TEST(engine_words, a_sub_flow_that_starts_again_still_returns) {
    conversation talk(flows());
    EXPECT_EQ(talk.opens("luar"), "NIK?");
    EXPECT_EQ(talk.now.stack.size(), 2U);
    EXPECT_EQ(talk.says("cek " + std::string(good_nik) + " Siti Aminah"),
              "Cek Siti Aminah\n\nCerita.");
    EXPECT_EQ(talk.where(), "idle");
}

TEST(engine_words, wandering_between_flows_never_fails) {
    conversation talk(flows());
    for (int at = 0; at < 40; ++at) {
        const std::string bubble = at % 2 == 0 ? talk.opens("tiga") : talk.opens("luar");
        EXPECT_FALSE(bubble.starts_with("error")) << at;
        EXPECT_LE(talk.now.stack.size(), 8U);
    }
}

TEST(engine_limits, steps_depth_and_calls) {
    conversation talk(flows());
    talk.env.limits.steps_max = 2;
    EXPECT_EQ(talk.opens("luar"), "NIK?");
    const session before = talk.now;
    EXPECT_EQ(talk.says(std::string(good_nik) + " Siti Aminah"), "error: too_many_steps");
    EXPECT_EQ(talk.now, before) << "a failed turn changes nothing";
    conversation deep(flows());
    deep.env.limits.depth_max = 1;
    EXPECT_EQ(deep.opens("luar"), "error: stack_too_deep");
}

TEST(engine_limits, long_values_are_cut_between_characters) {
    const auto set = make_flows({{"three", R"(
flow = "three"
revision = 1
entry = "ask"
intents = ["tiga"]
outcomes = ["done"]
[node.ask]
ask = "text"
text = "first"
into = "said"
then = "third"
retry_exhausted = "bye"
[node.third]
choose = "third"
options = [ { value = "yes", text = "ya", then = "bye" } ]
retry_exhausted = "bye"
[node.bye]
end = "done"
)"}},
                                texts);
    conversation talk(set);
    talk.env.limits.var_bytes_max = 10;
    talk.opens("tiga");
    talk.says("ééééééééé");
    EXPECT_EQ(talk.var("said"), "ééééé");
    conversation broken(set);
    broken.opens("tiga");
    broken.says("ab\xff\xfe yz");
    EXPECT_EQ(session_from_json(to_json(broken.now)), broken.now);
}

TEST(engine_limits, an_operations_variables_cannot_crowd_out_the_flows_own) {
    const auto set = make_flows({{"three", R"(
flow = "three"
revision = 1
entry = "touch"
intents = ["tiga"]
outcomes = ["done"]
[node.touch]
call = "test.touch"
on.done = "ask"
[node.ask]
ask = "text"
text = "first"
into = "said"
then = "third"
retry_exhausted = "bye"
[node.third]
choose = "third"
options = [ { value = "yes", text = "ya", then = "bye" } ]
retry_exhausted = "bye"
[node.bye]
end = "done"
)"}},
                                texts);
    conversation talk(set);
    result_event many{0, "done", {}};
    for (int at = 0; at < 500; ++at) {
        many.vars.emplace("v" + std::to_string(at), "x");
    }
    talk.results = {many};
    talk.opens("tiga");
    talk.says("jawab");
    EXPECT_EQ(talk.var("said"), "jawab");
    EXPECT_EQ(talk.now.stack.back().vars.size(), 64U);
}

// --- flows that changed --------------------------------------------------------------------

TEST(engine_change, the_same_node_goes_on) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.use(make_flows({{"three", three(2)}}, texts));
    EXPECT_EQ(talk.says(std::string(good_nik)), "Kedua?");
    EXPECT_EQ(talk.now.stack.back().revision, 2);
}

TEST(engine_change, a_migrated_node_takes_the_answer) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    talk.use(make_flows({{"three", three(2, "who", "migrate = { second = \"who\" }")}}, texts));
    EXPECT_EQ(talk.says("Siti Aminah"), "Ketiga?\n[Ya]\n[Menu]");
}

TEST(engine_change, a_vanished_node_recovers_with_a_word) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    const auto changed = make_flows({{"three", three(2, "who")}}, texts);
    talk.use(changed);
    conversation menu = talk;
    EXPECT_EQ(talk.says("Siti Aminah"), "<common.recovered>\n\nMaaf.\n\nPertama?");
    EXPECT_EQ(menu.says("menu"), menu_bubble);
}

TEST(engine_change, below_an_interruption_too) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.says(std::string(good_nik));
    talk.says("petugas");
    talk.use(make_flows({{"three", three(2, "who")}}, texts));
    EXPECT_EQ(talk.taps("Satu"), "Maaf.\n\nPertama?");
}

TEST(engine_change, a_vanished_flow_leaves_what_is_below) {
    conversation talk(flows());
    talk.opens("tiga");
    talk.opens("cek");
    EXPECT_EQ(talk.now.stack.size(), 2U);
    talk.use(make_flows({{"three", three(1)}}, texts));
    EXPECT_EQ(talk.says(std::string(good_nik)), "<common.recovered>\n\nPertama?");
    conversation alone(flows());
    alone.opens("cek");
    alone.use(make_flows({}, texts));
    EXPECT_EQ(alone.says("halo"), "(welcome)\n[Satu]\n[Dua]");
}

TEST(engine_change, sessions_that_no_flow_could_have_left_recover) {
    const std::vector<frame> strange = {
        {"three", 1, "bye", {}, 0, {}, {}},
        {"three", 1, "sorry", {}, 0, {}, {}},
        {"three", 1, "", {}, 0, {}, {}},
        {"three", 7, "third", {}, 99, {}, {}},
        {"outer", 1, "sub", {}, 0, {}, {}},
        {"outer", 1, "told", {}, 0, {}, {}},
        {"check", 1, "who", {{"nik", "x"}, {"name", "y"}}, 0, {}, {}},
        {"nowhere", 1, "node", {}, 0, {}, {}},
    };
    for (const frame& below : strange) {
        for (const frame& above : strange) {
            conversation talk(flows());
            talk.now.stack = {below, above};
            for (const std::string text : {"halo", "1", "kembali", "Siti", "sunda", "batal"}) {
                const std::string bubble = talk.says(text);
                EXPECT_FALSE(bubble.starts_with("error")) << below.node << ' ' << above.node;
            }
            EXPECT_EQ(talk.says("menu"), "su:(menu)\n[su:Satu]\n[su:Dua]");
        }
    }
}

}  // namespace
}  // namespace siwareng::dialogs
