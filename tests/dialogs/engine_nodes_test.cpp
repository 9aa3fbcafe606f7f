#include "tests/dialogs/engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// One small flow for each kind of node.

namespace siwareng::dialogs {
namespace {

/// A flow "t" that the intent "cek" opens: the header, then these nodes.
std::map<std::string, std::string> flow_t(const std::string& entry, const std::string& nodes,
                                          const std::string& header = "") {
    return {{"t", "flow = \"t\"\nrevision = 1\nentry = \"" + entry + "\"\nintents = [\"cek\"]\n" +
                      "outcomes = [\"done\"]\n" + header + nodes +
                      "\n[node.bye]\nend = \"done\"\n"}};
}

const std::map<std::string, std::string> texts = {
    {"a", "A"},
    {"b", "B {nik}"},
    {"q", "Tanya?"},
    {"nik", "NIK?"},
    {"name", "Nama?"},
    {"ya", "Ya"},
    {"tidak", "Tidak"},
    {"pick", "Pilih:{name}"},
    {"list", "Daftar"},
    {"about", "Tentang"},
    {"lost", "Hilang."},
    {"fact", "Telp {office_phone}"},
    {"t1", "Satu"},
    {"t2", "Dua"},
    {"t3", "Tiga"},
    {"t4", "Empat"},
    {"found", "Ada: {tps}"},
    {"gone", "Tidak ada"},
};

TEST(engine_say, joins_paragraphs_and_ends_idle) {
    conversation talk(make_flows(flow_t("one", R"(
[node.one]
say = "a"
then = "two"
[node.two]
say = "fact"
then = "bye")"),
                                 texts));
    talk.env.facts = {{"office_phone", "021"}};
    EXPECT_EQ(talk.says("cek"), "A\n\nTelp 021");
    EXPECT_EQ(talk.where(), "idle");
    EXPECT_THAT(talk.path,
                testing::ElementsAre(path_entry{"t", "one", "then"}, path_entry{"t", "two", "then"},
                                     path_entry{"t", "bye", "end"}));
}

constexpr const char* ask_nodes = R"(
[node.who]
ask = "nik"
text = "nik"
into = "nik"
then = "show"
retry_exhausted = "lost"
timeout = "10m"
on_timeout = "late"
[node.show]
say = "b"
then = "bye"
[node.lost]
say = "lost"
then = "bye"
[node.late]
say = "a"
then = "bye")";

TEST(engine_ask, takes_the_canonical_answer) {
    conversation talk(make_flows(flow_t("who", ask_nodes), texts));
    EXPECT_EQ(talk.says("cek"), "NIK?");
    EXPECT_EQ(talk.where(), "t/who");
    EXPECT_EQ(talk.says("3603.0141.0190.0001"), "B 3603014101900001");
    EXPECT_EQ(talk.where(), "idle");
}

TEST(engine_ask, explains_and_asks_again_in_one_bubble_until_exhausted) {
    conversation talk(make_flows(flow_t("who", ask_nodes), texts));
    talk.says("cek");
    const std::string again = talk.says("entah");
    EXPECT_TRUE(again.starts_with("<input.nik")) << again;
    EXPECT_TRUE(again.ends_with("\n\nNIK?")) << again;
    EXPECT_EQ(talk.now.stack.back().retries, 1);
    EXPECT_EQ(talk.gets(media_event{"voice", "", "", "", ""}), "<common.cannot_use.voice>\n\nNIK?");
    EXPECT_EQ(talk.now.stack.back().retries, 2);
    EXPECT_EQ(talk.says("entah"), "Hilang.");
    EXPECT_EQ(talk.path.front(), (path_entry{"t", "who", "retry_exhausted"}));
}

TEST(engine_ask, a_good_answer_after_bad_ones_counts) {
    conversation talk(make_flows(flow_t("who", ask_nodes), texts));
    talk.says("cek");
    talk.says("entah");
    talk.says("entah");
    EXPECT_EQ(talk.says(std::string(good_nik)), "B " + std::string(good_nik));
}

TEST(engine_ask, names_the_kind_of_what_it_cannot_use) {
    const std::vector<std::pair<event, std::string>> cases = {
        {media_event{"image", "", "", "", ""}, "image"},
        {media_event{"document", "", "", "", ""}, "document"},
        {media_event{"video", "", "", "", ""}, "video"},
        {media_event{"audio", "", "", "", ""}, "audio"},
        {media_event{"sticker", "", "", "", ""}, "sticker"},
        {media_event{"hologram", "", "", "", ""}, "other"},
        {location_event{1, 2, "", ""}, "location"},
        {other_event{"contacts"}, "contacts"},
        {other_event{"order"}, "other"},
    };
    const auto flows = make_flows(flow_t("who", ask_nodes), texts);
    for (const auto& [what, kind] : cases) {
        conversation talk(flows);
        talk.says("cek");
        EXPECT_EQ(talk.gets(what), "<common.cannot_use." + kind + ">\n\nNIK?");
        conversation idle(flows);
        EXPECT_EQ(idle.gets(what), "<common.cannot_use." + kind + ">\n\n(menu)\n[Satu]\n[Dua]");
    }
}

TEST(engine_ask, starts_a_timer_that_only_counts_for_its_own_wait) {
    conversation talk(make_flows(flow_t("who", ask_nodes), texts));
    talk.says("cek");
    ASSERT_EQ(talk.effects.size(), 1U);
    const auto first = std::get<start_timer>(talk.effects.front());
    EXPECT_EQ(first.after_ms, 600'000);
    talk.says("entah");
    const auto second = std::get<start_timer>(talk.effects.front());
    EXPECT_GT(second.wait_seq, first.wait_seq);
    const session before = talk.now;
    EXPECT_EQ(talk.gets(timer_event{first.wait_seq}), "");
    EXPECT_EQ(talk.now, before);
    EXPECT_EQ(talk.gets(timer_event{second.wait_seq}), "A");
    EXPECT_EQ(talk.where(), "idle");
    EXPECT_EQ(talk.gets(timer_event{second.wait_seq}), "");
}

TEST(engine_ask, is_passed_once_where_the_opening_text_gave_the_answer) {
    const auto flows = make_flows(flow_t("who", R"(
[node.who]
ask = "nik"
text = "nik"
into = "nik"
then = "more"
retry_exhausted = "bye"
[node.more]
choose = "pick"
options = [
    { value = "yes", text = "ya", then = "bye" },
    { value = "no", text = "tidak", then = "who" },
]
retry_exhausted = "bye")",
                                         "slots = { nik = \"nik\" }\n"),
                                  texts);
    conversation talk(flows);
    EXPECT_EQ(talk.opens("cek", {{"nik", std::string(good_nik)}}), "Pilih:\n[Ya]\n[Tidak]");
    EXPECT_EQ(talk.taps("Tidak"), "NIK?");
    conversation wrong(flows);
    const std::string explained = wrong.opens("cek", {{"nik", "12"}});
    EXPECT_TRUE(explained.ends_with("\n\nNIK?")) << explained;
    conversation other(flows);
    EXPECT_EQ(other.opens("cek", {{"unknown", "12"}}), "NIK?");
}

constexpr const char* choose_nodes = R"(
[node.pick]
choose = "pick"
into = "choice"
options = [
    { value = "yes", text = "ya", then = "yes" },
    { value = "no", text = "tidak", then = "bye" },
]
retry_exhausted = "lost"
[node.yes]
branch = "choice"
is.yes = "good"
else = "bye"
[node.good]
say = "a"
then = "bye"
[node.lost]
say = "lost"
then = "bye")";

TEST(engine_choose, takes_a_tap_a_number_a_title_in_any_language) {
    const auto flows = make_flows(flow_t("pick", choose_nodes), texts);
    for (const std::string answer : {"1", "(1)", " 1. ", "no 1", "Ya", "YA!", "en:ya", "1️⃣"}) {
        conversation talk(flows);
        EXPECT_EQ(talk.says("cek"), "Pilih:\n[Ya]\n[Tidak]");
        EXPECT_EQ(talk.says(answer), "A") << answer;
    }
    conversation talk(flows);
    talk.says("cek");
    EXPECT_EQ(talk.taps("Ya"), "A");
    EXPECT_EQ(talk.path.front(), (path_entry{"t", "pick", "option.yes"}));
}

TEST(engine_choose, asks_again_for_anything_else) {
    const auto flows = make_flows(flow_t("pick", choose_nodes), texts);
    for (const std::string answer : {"0", "3", "", "99999999999999999999999", "mungkin", "!"}) {
        conversation talk(flows);
        talk.says("cek");
        EXPECT_EQ(talk.says(answer), "<common.choose_again>\n\nPilih:\n[Ya]\n[Tidak]") << answer;
    }
}

TEST(engine_choose, reads_a_stale_tap_as_its_title) {
    conversation talk(make_flows(flow_t("pick", choose_nodes), texts));
    talk.says("cek");
    const std::string old_id = talk.shown.options.front().id;
    talk.says("mungkin");
    EXPECT_NE(talk.shown.options.front().id, old_id);
    conversation same = talk;
    EXPECT_EQ(same.gets(tap_event{old_id, "Ya", {}}), "A");
    // The value of an old bubble must not be believed, only the words on it.
    EXPECT_EQ(talk.gets(tap_event{old_id, "Lama", {}}),
              "<common.choose_again>\n\nPilih:\n[Ya]\n[Tidak]");
    EXPECT_EQ(talk.gets(tap_event{old_id, "Batal", test_intents("batal")}),
              "<common.cancelled>\n\n(menu)\n[Satu]\n[Dua]");
}

TEST(engine_choose, foreign_button_ids_are_read_as_text) {
    const auto flows = make_flows(flow_t("pick", choose_nodes), texts);
    for (const std::string id :
         {"", ":", "yes", "x:yes", "1", "18446744073709551616:yes", "-1:yes"}) {
        conversation talk(flows);
        talk.says("cek");
        EXPECT_EQ(talk.gets(tap_event{id, "Tidak", {}}), "") << id;
        EXPECT_EQ(talk.where(), "idle");
    }
}

TEST(engine_choose, four_options_are_a_list_and_else_takes_other_texts) {
    conversation talk(make_flows(flow_t("pick", R"(
[node.pick]
choose = "pick"
list = "list"
options = [
    { value = "1", text = "t1", about = "about", then = "bye" },
    { value = "2", text = "t2", then = "bye" },
    { value = "3", text = "t3", then = "bye" },
    { value = "4", text = "t4", then = "bye" },
]
else = "other"
[node.other]
say = "a"
then = "bye")"),
                                 texts));
    talk.says("cek");
    EXPECT_EQ(talk.shown.list_label, "Daftar");
    ASSERT_EQ(talk.shown.options.size(), 4U);
    EXPECT_EQ(talk.shown.options.front().description, "Tentang");
    // Only texts go to `else`: a picture is no answer at all.
    EXPECT_TRUE(talk.gets(media_event{"image", "", "", "", ""}).starts_with("<common.cannot_use"));
    EXPECT_EQ(talk.says("lain"), "A");
}

TEST(engine_choose, more_than_ten_options_become_numbered_lines) {
    std::string options;
    std::map<std::string, std::string> more = texts;
    for (int at = 1; at <= 12; ++at) {
        const std::string key = "opt" + std::to_string(at);
        more.emplace(key, "Pilihan " + std::to_string(at));
        options += "{ value = \"v" + std::to_string(at) + "\", text = \"" + key + "\", then = \"" +
                   (at == 12 ? "good" : "bye") + "\" },\n";
    }
    conversation talk(make_flows(flow_t("pick",
                                        "\n[node.pick]\nchoose = \"q\"\nlist = \"list\"\n"
                                        "options = [" +
                                            options +
                                            "]\n"
                                            "retry_exhausted = \"bye\"\n"
                                            "[node.good]\nsay = \"a\"\nthen = \"bye\"\n"),
                                 more));
    const std::string shown = talk.says("cek");
    EXPECT_TRUE(shown.starts_with("Tanya?\n\n<common.use_numbers>\n\n1. Pilihan 1\n2. Pil"))
        << shown;
    EXPECT_TRUE(shown.ends_with("\n12. Pilihan 12")) << shown;
    EXPECT_TRUE(talk.shown.options.empty());
    EXPECT_EQ(talk.says("12"), "A");
}

constexpr const char* form_nodes = R"(
[node.who]
form = [
    { ask = "nik", into = "nik", text = "nik" },
    { ask = "name", into = "name", text = "name" },
]
then = "show"
retry_exhausted = "lost"
[node.show]
say = "b"
then = "bye"
[node.lost]
say = "lost"
then = "bye")";
const std::string form_slots = "slots = { nik = \"nik\", name = \"name\" }\n";

TEST(engine_form, asks_field_by_field) {
    conversation talk(make_flows(flow_t("who", form_nodes), texts));
    EXPECT_EQ(talk.says("cek"), "NIK?");
    EXPECT_EQ(talk.says(std::string(good_nik)), "Nama?");
    EXPECT_EQ(talk.where(), "t/who");
    EXPECT_EQ(talk.var("nik"), good_nik);
    EXPECT_EQ(talk.says("Siti Aminah"), "B " + std::string(good_nik));
}

TEST(engine_form, one_message_fills_several_fields) {
    const auto flows = make_flows(flow_t("who", form_nodes), texts);
    for (const std::string& message :
         {std::string(good_nik) + " SITI AMINAH", "SITI AMINAH " + std::string(good_nik),
          std::string(good_nik) + "\nSiti Aminah"}) {
        conversation talk(flows);
        talk.says("cek");
        EXPECT_EQ(talk.says(message), "B " + std::string(good_nik)) << message;
    }
}

TEST(engine_form, slots_fill_what_they_can) {
    const auto flows = make_flows(flow_t("who", form_nodes, form_slots), texts);
    conversation both(flows);
    EXPECT_EQ(both.says("cek " + std::string(good_nik) + " Siti Aminah"),
              "B " + std::string(good_nik));
    conversation number(flows);
    EXPECT_EQ(number.says("cek " + std::string(good_nik)), "Nama?");
    conversation bad(flows);
    const std::string explained = bad.says("cek 0000000000000000 Siti Aminah");
    EXPECT_TRUE(explained.ends_with("\n\nNIK?")) << explained;
    EXPECT_FALSE(bad.var("name").empty());
}

TEST(engine_form, its_own_intent_with_slots_fills_it_anew) {
    conversation talk(make_flows(flow_t("who", form_nodes, form_slots), texts));
    talk.says("cek");
    talk.says(std::string(other_nik));
    EXPECT_EQ(talk.says("cek " + std::string(good_nik) + " Siti Aminah"),
              "B " + std::string(good_nik));
}

TEST(engine_form, a_name_alone_does_not_answer_the_number) {
    conversation talk(make_flows(flow_t("who", form_nodes), texts));
    talk.says("cek");
    const std::string again = talk.says("Siti Aminah");
    EXPECT_TRUE(again.ends_with("\n\nNIK?")) << again;
    EXPECT_EQ(talk.var("name"), "");
    talk.says("Siti Aminah");
    EXPECT_EQ(talk.says("Siti Aminah"), "Hilang.");
}

TEST(engine_branch, an_unset_variable_goes_to_else) {
    conversation talk(make_flows(flow_t("which", R"(
[node.which]
branch = "choice"
is.yes = "bye"
else = "put"
[node.put]
set = { choice = "yes", name = "{choice}-{office}", nothing = "" }
then = "now"
[node.now]
branch = "choice"
is.yes = "told"
else = "bye"
[node.told]
say = "pick"
then = "bye")"),
                                 texts));
    talk.env.facts = {{"office", "KPU"}};
    EXPECT_EQ(talk.says("cek"), "Pilih:yes-KPU");
    EXPECT_THAT(talk.path, testing::Contains(path_entry{"t", "which", "else"}));
    EXPECT_THAT(talk.path, testing::Contains(path_entry{"t", "now", "is.yes"}));
}

constexpr const char* call_nodes = R"(
[node.who]
form = [
    { ask = "nik", into = "nik", text = "nik" },
    { ask = "name", into = "name", text = "name" },
]
then = "check"
retry_exhausted = "bye"
[node.check]
call = "test.check"
with = { nik = "nik", name = "name" }
on.found = "found"
on.missing = "gone"
[node.found]
say = "found"
then = "bye"
[node.gone]
say = "gone"
then = "bye")";

TEST(engine_call, performs_and_merges_the_result) {
    conversation talk(make_flows(flow_t("who", call_nodes), texts));
    talk.says("cek");
    talk.results = {{0, "found", {{"tps", "004"}}}};
    EXPECT_EQ(talk.says(std::string(good_nik) + " Siti Aminah"), "Ada: 004");
    ASSERT_EQ(talk.calls.size(), 1U);
    EXPECT_EQ(talk.calls.front().operation, "test.check");
    EXPECT_EQ(talk.calls.front().args.at("nik"), good_nik);
}

TEST(engine_call, an_unbound_outcome_is_an_error) {
    conversation talk(make_flows(flow_t("who", call_nodes), texts));
    talk.says("cek");
    talk.results = {{0, "exploded", {}}};
    EXPECT_EQ(talk.says(std::string(good_nik) + " Siti Aminah"), "error: unexpected_result");
}

TEST(engine_call, late_results_do_nothing) {
    const auto flows = make_flows(flow_t("who", call_nodes), texts);
    session at_call;
    at_call.stack.push_back({"t", 1, "check", {}, 0, {}, {}});
    at_call.wait_seq = 7;
    const auto stale = step(*flows, at_call, result_event{6, "found", {}}, {});
    ASSERT_TRUE(stale);
    EXPECT_EQ(stale->next, at_call);
    EXPECT_TRUE(stale->effects.empty());
    const auto due = step(*flows, at_call, result_event{7, "found", {}}, {});
    ASSERT_TRUE(due);
    EXPECT_TRUE(due->next.stack.empty());
}

TEST(engine_call, an_error_of_the_operation_is_the_turns_error) {
    const auto flows = make_flows(flow_t("touch", R"(
[node.touch]
call = "test.touch"
on.done = "bye")"),
                                  texts);
    const auto done = run_turn(*flows, {}, text_event{"cek", test_intents("cek")}, {},
                               [](const call&) { return std::unexpected(errc::bad_operation); });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), errc::bad_operation);
}

TEST(engine_call, the_language_is_the_engines_own) {
    conversation talk(make_flows(flow_t("put", R"(
[node.put]
set = { wanted = "su" }
then = "switch"
[node.switch]
call = "session.set_language"
with = { language = "wanted" }
on.done = "told"
[node.told]
say = "a"
then = "bye")"),
                                 texts));
    EXPECT_EQ(talk.says("cek"), "su:A");
    EXPECT_EQ(talk.now.lang, language::su);
    EXPECT_TRUE(talk.calls.empty());
}

TEST(engine_handoff, is_an_effect) {
    conversation talk(make_flows(flow_t("help", R"(
[node.help]
handoff = "topic"
then = "told"
[node.told]
say = "a"
then = "bye")"),
                                 texts));
    EXPECT_EQ(talk.says("cek"), "A");
    EXPECT_THAT(talk.effects, testing::ElementsAre(effect(handoff{"topic"})));
}

TEST(engine_run, passes_and_takes_variables) {
    auto flows = flow_t("start", R"(
[node.start]
set = { mine = "x" }
then = "sub"
[node.sub]
run = "sub"
with = { given = "mine", missing = "nothing" }
take = { name = "answer" }
on.ok = "told"
on.no = "bye"
[node.told]
say = "pick"
then = "bye")");
    flows.emplace("sub", R"(
flow = "sub"
revision = 1
entry = "q"
outcomes = ["ok", "no"]
[node.q]
ask = "text"
text = "sub.q"
into = "answer"
then = "ok"
retry_exhausted = "no"
[node.ok]
end = "ok"
[node.no]
end = "no"
)");
    auto all_texts = texts;
    all_texts.emplace("sub.q", "Beri {given}{mine}{missing}?");
    conversation talk(make_flows(flows, all_texts));
    EXPECT_EQ(talk.says("cek"), "Beri x?");
    EXPECT_EQ(talk.where(), "sub/q");
    EXPECT_EQ(talk.says("jawab"), "Pilih:jawab");
    EXPECT_EQ(talk.where(), "idle");
    EXPECT_THAT(talk.path, testing::Contains(path_entry{"t", "sub", "on.ok"}));
}

}  // namespace
}  // namespace siwareng::dialogs
