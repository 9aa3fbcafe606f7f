#include "dialogs/channel_limits.hpp"
#include "dialogs/flow_model.hpp"
#include "dialogs/utf8.hpp"
#include "tests/dialogs/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <set>

// Whatever citizens do, in whatever order: properties that always hold.

namespace siwareng::dialogs {
namespace {

constexpr const char* city = R"(
flow = "city"
revision = 1
entry = "who"
recover = "clear"
intents = ["cek"]
slots = { nik = "nik", name = "name" }
outcomes = ["done"]
[node.who]
form = [
    { ask = "nik", into = "nik", text = "walk.nik" },
    { ask = "name", into = "name", text = "walk.name" },
    { ask = "date", into = "date", text = "walk.date" },
]
then = "check"
retry_exhausted = "help"
[node.check]
call = "test.check"
with = { nik = "nik", name = "name" }
on.found = "show"
on.missing = "again"
[node.show]
say = "walk.show"
then = "rate"
[node.again]
choose = "walk.again"
options = [
    { value = "yes", text = "plain.one", then = "clear" },
    { value = "help", text = "plain.two", then = "help" },
]
else = "rate"
[node.clear]
set = { nik = "", name = "", date = "" }
then = "who"
[node.help]
handoff = "help"
then = "note"
[node.note]
ask = "text"
text = "walk.note"
then = "rate"
retry_exhausted = "rate"
timeout = "1m"
on_timeout = "rate"
[node.rate]
run = "rate"
with = { about = "note" }
take = { stars = "stars" }
on.rated = "bye"
on.silent = "bye"
[node.bye]
end = "done"
)";

constexpr const char* rate = R"(
flow = "rate"
revision = 1
entry = "how"
intents = ["nilai"]
outcomes = ["rated", "silent"]
[node.how]
choose = "walk.rate"
into = "stars"
list = "walk.list"
options = [
    { value = "1", text = "walk.s1", about = "walk.about", then = "rated" },
    { value = "2", text = "walk.s2", then = "rated" },
    { value = "3", text = "walk.s3", then = "rated" },
    { value = "4", text = "walk.s4", then = "silent" },
]
retry_exhausted = "silent"
[node.rated]
end = "rated"
[node.silent]
end = "silent"
)";

std::shared_ptr<const flow_set> walk_flows() {
    static const auto made =
        make_flows({{"city", city}, {"rate", rate}}, {{"walk.nik", "NIK?"},
                                                      {"walk.name", "Nama?"},
                                                      {"walk.date", "Lahir?"},
                                                      {"walk.show", "{name} {note} {tps}"},
                                                      {"walk.again", "Lagi?"},
                                                      {"walk.note", "Catatan?"},
                                                      {"walk.rate", "Nilai {about}?"},
                                                      {"walk.list", "Pilih"},
                                                      {"walk.s1", "Buruk"},
                                                      {"walk.s2", "Cukup"},
                                                      {"walk.s3", "Baik"},
                                                      {"walk.s4", "Tidak menilai"},
                                                      {"walk.about", "Sangat buruk"}});
    return made;
}

/// Random events, some of them sensible in the situation.
class visitor {
  public:
    explicit visitor(std::uint32_t seed) : random_(seed) {}

    event next(const conversation& talk) {
        switch (below(12)) {
            case 0:
                return media_event{pick_kind(), "id", "", garbage(), garbage()};
            case 1:
                return location_event{1.5, -3, garbage(), ""};
            case 2:
                return other_event{below(2) == 0 ? "contacts" : garbage()};
            case 3:
                return timer_event{talk.now.wait_seq - below(2)};
            case 4:
                return result_event{talk.now.wait_seq - below(2), "found", {}};
            case 5:
                return text_event{garbage(), {intent{"nilai", 1.0, {{"x", garbage()}}}}};
            case 6:
                return tap_event{garbage(), garbage(), test_intents("menu")};
            case 7:
            case 8:
                if (!talk.shown.options.empty()) {
                    const option& one = talk.shown.options[below(talk.shown.options.size())];
                    return tap_event{one.id, one.title, {}};
                }
                [[fallthrough]];
            default:
                return typed();
        }
    }

    std::size_t below(std::size_t bound) { return random_() % bound; }

  private:
    event typed() {
        static const std::array<std::string, 20> words = {"menu",
                                                          "batal",
                                                          "kembali",
                                                          "petugas",
                                                          "bahasa",
                                                          "sunda",
                                                          "cek",
                                                          "1",
                                                          "2",
                                                          "4",
                                                          "11",
                                                          "Siti Aminah",
                                                          "3603014101900001",
                                                          "3603014101900001 Siti Aminah 17-8-1990",
                                                          "cek 3603014101900001 Siti Aminah",
                                                          "17 Agustus 1990",
                                                          "Satu",
                                                          "su:Dua",
                                                          "",
                                                          "cek 0000000000000000 x"};
        const std::string text = below(8) == 0 ? garbage() : words[below(words.size())];
        return text_event{text, test_intents(text)};
    }

    std::string garbage() {
        std::string out;
        const std::size_t length = below(6) == 0 ? below(6000) : below(30);
        for (std::size_t at = 0; at < length; ++at) {
            out += static_cast<char>(below(256));
        }
        return out;
    }

    std::string pick_kind() {
        static const std::array<std::string, 4> kinds = {"image", "voice", "sticker", ""};
        return kinds[below(kinds.size())];
    }

    std::mt19937 random_;
};

void expect_within_limits(const bubble& sent) {
    const std::size_t body_max = sent.options.empty() ? text_body_max : interactive_body_max;
    EXPECT_LE(utf8_length(sent.text), body_max);
    EXPECT_LE(sent.options.size(), list_rows_max);
    const bool list = sent.options.size() > buttons_max;
    EXPECT_EQ(list, !sent.list_label.empty());
    std::set<std::string> titles;
    for (const option& each : sent.options) {
        EXPECT_LE(utf8_length(each.title), list ? row_title_max : button_title_max);
        EXPECT_LE(utf8_length(each.description), row_description_max);
        EXPECT_LE(each.id.size(), option_id_bytes_max);
        EXPECT_FALSE(each.title.empty());
        EXPECT_TRUE(titles.insert(each.title).second);
    }
}

/// Idle, or innermost at a node that waits; the frames below it, unless they came damaged, where
/// they can go on.
void expect_settled(const conversation& talk, bool whole) {
    const flow_model& model = talk.flows().model();
    for (std::size_t at = 0; at < talk.now.stack.size(); ++at) {
        const frame& each = talk.now.stack[at];
        const flow_def* flow = model.find_flow(each.flow);
        ASSERT_NE(flow, nullptr);
        const node* where = flow->find_node(each.node);
        ASSERT_NE(where, nullptr);
        const bool innermost = at + 1 == talk.now.stack.size();
        const bool runs = std::holds_alternative<run_node>(where->kind);
        const bool can_go_on = !innermost && (runs || !whole);
        EXPECT_TRUE(where->waits() || can_go_on) << each.flow << '/' << each.node;
    }
}

TEST(engine_walk, holds_its_properties_whatever_comes) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        visitor guest(seed);
        conversation talk(walk_flows());
        for (int turn = 0; turn < 500; ++turn) {
            const event what = guest.next(talk);
            result_event answer{0, guest.below(2) == 0 ? "found" : "missing", {}};
            answer.vars.emplace("tps", std::string(guest.below(3000), 'x'));
            talk.results = {answer};
            conversation twin = talk;
            const std::uint64_t seq = talk.now.wait_seq;
            const std::string bubble = talk.gets(what);
            ASSERT_FALSE(bubble.starts_with("error")) << bubble << " seed " << seed << ' ' << turn;
            ASSERT_EQ(twin.gets(what), bubble) << "the same turn gave two answers";
            ASSERT_EQ(twin.now, talk.now);
            ASSERT_EQ(session_from_json(to_json(talk.now)), talk.now);
            EXPECT_GE(talk.now.wait_seq, seq);
            expect_within_limits(talk.shown);
            expect_settled(talk, true);
            if (HasFailure()) FAIL() << "seed " << seed << " turn " << turn;
        }
    }
}

/// Stored sessions of other programs, older versions and bad disks.
TEST(engine_walk, damaged_sessions_never_fail) {
    std::mt19937 random(7);
    const auto below = [&](std::size_t bound) { return random() % bound; };
    const std::array<std::string, 6> flows = {"city", "rate", "menu", "officer", "gone", ""};
    const std::array<std::string, 12> nodes = {"who",  "check", "show", "again", "clear", "help",
                                               "note", "rate",  "bye",  "how",   "top",   "gone"};
    visitor guest(11);
    for (int at = 0; at < 4000; ++at) {
        conversation talk(walk_flows());
        const std::size_t depth = below(4);
        for (std::size_t level = 0; level < depth; ++level) {
            frame made;
            made.flow = flows[below(flows.size())];
            made.revision = static_cast<int>(below(3));
            made.node = nodes[below(nodes.size())];
            made.retries = static_cast<int>(below(5));
            if (below(2) == 0) made.vars.emplace("nik", "x");
            if (below(2) == 0) made.back.push_back(nodes[below(nodes.size())]);
            if (below(2) == 0) made.given.emplace_back("note");
            talk.now.stack.push_back(made);
        }
        talk.now.wait_seq = below(3);
        for (int turn = 0; turn < 4; ++turn) {
            const event what = guest.next(talk);
            talk.results = {{0, "found", {}}};
            const bool message = !std::holds_alternative<timer_event>(what) &&
                                 !std::holds_alternative<result_event>(what);
            const std::string bubble = talk.gets(what);
            ASSERT_FALSE(bubble.starts_with("error")) << bubble << " at " << at;
            if (message) expect_settled(talk, false);
            if (HasFailure()) FAIL() << "session " << at;
        }
    }
}

}  // namespace
}  // namespace siwareng::dialogs
