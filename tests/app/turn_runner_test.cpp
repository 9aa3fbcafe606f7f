#include "bot/turn_runner.hpp"

#include "bot/loaded_content.hpp"
#include "bot/local_office.hpp"
#include "bot/sending/message.hpp"
#include "storage/ports.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace siwareng::bot {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t start_ms = 1'790'000'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

storage::voter listed(std::string nik, std::string name, std::string status = "", int tps = 7) {
    storage::voter out;
    out.nkk = "3603010101010001";
    out.nik = std::move(nik);
    out.name = std::move(name);
    out.birth_date = "1985-08-17";
    out.region = "36.03.01.1001";
    out.tps = tps;
    out.status = std::move(status);
    return out;
}

/// A roll that fails like a bug would.
class broken_rolls final : public storage::roll_library {
  public:
    [[nodiscard]] std::shared_ptr<const storage::roll> current(std::string_view) const override {
        throw std::runtime_error("a bug");
    }
    std::vector<std::string> refresh(const std::vector<std::string>&) override { return {}; }
};

class turn_runner_test : public testing::Test {
  protected:
    turn_runner_test()
        : settings_(local_settings("3603", "KPU Kabupaten Tangerang", "36.03")),
          rolls_(storage::create_memory_roll_library(
              "3603",
              {listed("3603121708850001", "SITI RAHMAWATI"),
               listed("3603121708850002", "BUDI SANTOSO", "1"),
               listed("3603121708850003", "AGUS SETIAWAN", "8"),
               listed("3603121708850004", "DEWI LESTARI", "", 0),
               listed("3603121708850005", "RINA MARLINA", "1"),
               listed("3603121708850005", "RINA MARLINA", "")},
              {{"36.03.01.1001", 7, "SDN Balaraja 1", "Jl. Raya Serang"}})) {
        auto content = load_all_content("");
        if (!content) {
            throw std::runtime_error(content.error().front());
        }
        content_ = *std::move(content);
        use(*rolls_);
    }

    void use(const storage::roll_library& rolls) {
        counters_ = create_metrics();
        turns_ = create_turn_runner({settings_, content_.flows, content_.understanding,
                                     content_.regions, rolls, *counters_, [] { return true; }});
    }

    inbound_message text(std::string body, std::string from = "6281200000001") {
        inbound_message out;
        out.phone_number_id = settings_.offices.front().phone_number_id;
        out.wamid = fmt::format("wamid.{}", ++wamids_);
        out.type = "text";
        out.from = {{storage::address_kind::phone, std::move(from)}};
        out.sent_ms = now_ms_;
        out.use = message_use::turn;
        out.body = body;
        out.what = dialogs::text_event{std::move(body), {}};
        return out;
    }

    after_commit apply(update what) {
        webhook_body body;
        body.updates.push_back(std::move(what));
        turns_->understand(body);
        after_commit out;
        const auto done =
            store_->run([&](storage::transaction& tx) { out = turns_->apply(tx, body, now_ms_); });
        EXPECT_TRUE(done);
        return out;
    }

    /// The one reply, recorded as sent; "" for none.
    std::string ask(update what) {
        const auto after = apply(std::move(what));
        EXPECT_LE(after.to_send.size(), 1u);
        if (after.to_send.empty()) {
            return "";
        }
        const auto& item = after.to_send.front();
        EXPECT_TRUE(store_->run([&](storage::transaction& tx) {
            tx.record_accepted(item.id, fmt::format("wamid.out{}", item.id), now_ms_);
        }));
        const auto bubble = bubble_from_json(item.payload);
        EXPECT_TRUE(bubble);
        return bubble ? plain_text(*bubble) : "";
    }

    [[nodiscard]] double counted(counter which) const { return counters_->value(which); }

    config settings_;
    std::unique_ptr<storage::roll_library> rolls_;
    loaded_content content_;
    std::unique_ptr<metrics> counters_;
    std::unique_ptr<turn_runner> turns_;
    std::unique_ptr<storage::store> store_ = storage::create_memory_store();
    std::int64_t now_ms_ = start_ms;
    int wamids_ = 0;
};

TEST_F(turn_runner_test, a_check_in_one_message_is_answered_in_one_bubble_without_the_nik) {
    const auto answer = ask(text("cek 3603121708850001 siti rahmawati"));
    EXPECT_THAT(answer, HasSubstr("SITI RAHMAWATI"));
    EXPECT_THAT(answer, HasSubstr("Balaraja"));
    EXPECT_THAT(answer, HasSubstr("007"));
    EXPECT_THAT(answer, HasSubstr("SDN Balaraja 1"));
    EXPECT_THAT(answer, Not(HasSubstr("3603121708850001")));
    EXPECT_EQ(counted(counter::roll_found), 1);
}

TEST_F(turn_runner_test, a_wrong_name_learns_what_an_unknown_nik_learns) {
    const auto wrong_name = ask(text("cek 3603121708850001 joko widagdo", "6281200000002"));
    const auto unknown = ask(text("cek 3603121708850099 joko widagdo", "6281200000003"));
    EXPECT_EQ(wrong_name, unknown);
    EXPECT_THAT(wrong_name, Not(HasSubstr("RAHMAWATI")));
}

TEST_F(turn_runner_test, remarks_and_missing_stations_are_answered_apart) {
    const auto flagged = ask(text("cek 3603121708850002 budi santoso"));
    EXPECT_EQ(flagged.find("TPS 007"), std::string::npos);
    const auto wrong_tps = ask(text("cek 3603121708850003 agus setiawan"));
    EXPECT_THAT(wrong_tps, Not(HasSubstr("SDN Balaraja 1")));
    EXPECT_THAT(wrong_tps, HasSubstr("AGUS SETIAWAN"));
    EXPECT_THAT(ask(text("cek 3603121708850004 dewi lestari")), HasSubstr("DEWI LESTARI"));
    // Of a duplicate entry the row that is a voter answers.
    EXPECT_THAT(ask(text("cek 3603121708850005 rina marlina")), HasSubstr("SDN Balaraja 1"));
}

TEST_F(turn_runner_test, checks_are_throttled_for_a_contact_a_nik_and_an_office) {
    settings_.limits = {3, 100, 2, 24};
    std::string last;
    for (int i = 0; i < 4; ++i) {
        last = ask(text("cek 3603121708850001 siti rahmawati"));
    }
    EXPECT_THAT(last, Not(HasSubstr("SITI")));
    EXPECT_EQ(counted(counter::roll_throttled), 1);
    EXPECT_EQ(counted(counter::roll_enumeration), 1);
    // Two failed checks of a NIK, by whomever, and it is closed for the day, even for its owner.
    ask(text("cek 3603121708850004 orang lain", "6281200000005"));
    ask(text("cek 3603121708850004 orang asing", "6281200000006"));
    EXPECT_THAT(ask(text("cek 3603121708850004 dewi lestari", "6281200000007")),
                Not(HasSubstr("DEWI")));
    now_ms_ += 25 * hour_ms;
    EXPECT_THAT(ask(text("cek 3603121708850004 dewi lestari", "6281200000007")), HasSubstr("DEWI"));
    settings_.limits = {0, 1, 0, 24};
    ask(text("cek 3603121708850001 siti rahmawati", "6281200000008"));
    EXPECT_THAT(ask(text("cek 3603121708850001 siti rahmawati", "6281200000009")),
                Not(HasSubstr("SITI")));
}

TEST_F(turn_runner_test, a_redelivery_does_nothing) {
    const auto message = text("menu");
    EXPECT_NE(ask(message), "");
    EXPECT_EQ(ask(message), "");
    EXPECT_EQ(counted(counter::messages_repeated), 1);
    EXPECT_EQ(store_->open_reader()->stats().outbox_queued, 0);
}

TEST_F(turn_runner_test, what_no_turn_is_due_for_is_kept_in_silence) {
    auto reaction = text("");
    reaction.type = "reaction";
    reaction.use = message_use::silent;
    EXPECT_EQ(ask(reaction), "");
    auto hidden = text("halo");
    hidden.from.clear();
    EXPECT_EQ(ask(hidden), "");
    EXPECT_EQ(counted(counter::messages_kept), 2);
    auto strange = text("halo");
    strange.phone_number_id = "not ours";
    EXPECT_EQ(ask(strange), "");
}

TEST_F(turn_runner_test, a_failed_turn_keeps_its_message_and_apologises_once) {
    const broken_rolls broken;
    use(broken);
    const auto message = text("cek 3603121708850001 siti rahmawati");
    const auto apology = ask(message);
    EXPECT_EQ(apology, content_.flows->text(dialogs::language::id, "common.apology"));
    EXPECT_EQ(ask(message), "");
    EXPECT_EQ(store_->open_reader()->stats().inbound_failed, 1);
    EXPECT_EQ(counted(counter::messages_failed), 1);
    // The conversation goes on.
    use(*rolls_);
    EXPECT_NE(ask(text("menu")), "");
}

TEST_F(turn_runner_test, one_failed_message_does_not_harm_its_neighbours) {
    const broken_rolls broken;
    use(broken);
    webhook_body body;
    body.updates = {text("menu", "6281200000011"),
                    text("cek 3603121708850001 siti rahmawati", "6281200000012"),
                    text("menu", "6281200000013")};
    turns_->understand(body);
    after_commit after;
    ASSERT_TRUE(
        store_->run([&](storage::transaction& tx) { after = turns_->apply(tx, body, now_ms_); }));
    EXPECT_EQ(after.to_send.size(), 3u);
    EXPECT_EQ(counted(counter::messages_handled), 2);
}

TEST_F(turn_runner_test, a_second_message_waits_until_the_first_reply_was_accepted) {
    const auto first = apply(text("menu"));
    const auto second = apply(text("halo"));
    ASSERT_EQ(first.to_send.size(), 1u);
    EXPECT_TRUE(second.to_send.empty());
    std::optional<storage::outbox_item> next;
    ASSERT_TRUE(store_->run([&](storage::transaction& tx) {
        next = tx.record_accepted(first.to_send[0].id, "wamid.a", now_ms_);
    }));
    EXPECT_TRUE(next);
}

TEST_F(turn_runner_test, a_status_that_resolves_a_doubt_releases_the_next_reply) {
    const auto first = apply(text("menu"));
    apply(text("halo"));
    ASSERT_TRUE(store_->run([&](storage::transaction& tx) {
        tx.record_in_doubt(first.to_send[0].id, now_ms_ + 60'000);
    }));
    delivery_status status;
    status.phone_number_id = settings_.offices.front().phone_number_id;
    status.update.wamid = "wamid.b";
    status.update.outbox = first.to_send[0].id;
    status.update.at_ms = now_ms_;
    EXPECT_EQ(apply(status).to_send.size(), 1u);
    EXPECT_EQ(counted(counter::statuses_applied), 1);
    EXPECT_TRUE(apply(status).to_send.empty());
    EXPECT_EQ(counted(counter::statuses_stale), 1);
}

TEST_F(turn_runner_test, the_window_counts_from_metas_timestamp_and_never_from_the_future) {
    auto late = text("menu");
    late.sent_ms = now_ms_ - 5 * hour_ms;
    EXPECT_EQ(apply(late).to_send.at(0).window_until_ms, now_ms_ + 19 * hour_ms);
    auto ahead = text("menu", "6281200000021");
    ahead.sent_ms = now_ms_ + 5 * hour_ms;
    EXPECT_EQ(apply(ahead).to_send.at(0).window_until_ms, now_ms_ + 24 * hour_ms);
}

TEST_F(turn_runner_test,
       an_unfinished_conversation_is_forgotten_after_its_time_but_not_the_language) {
    ask(text("english"));
    ask(text("cek status"));
    now_ms_ += 23 * hour_ms;
    const auto still_asked = ask(text("abc"));
    now_ms_ += 25 * hour_ms;
    const auto fresh = ask(text("abc"));
    EXPECT_NE(still_asked, fresh);
    EXPECT_THAT(fresh, HasSubstr("KPU Kabupaten Tangerang"));
    EXPECT_EQ(fresh, ask(text("abc", "6281200000031")).empty() ? "" : fresh);
}

TEST_F(turn_runner_test, a_changed_number_keeps_the_conversation) {
    ask(text("english"));
    address_change change;
    change.phone_number_id = settings_.offices.front().phone_number_id;
    change.wamid = "wamid.change";
    change.before = {{storage::address_kind::phone, "6281200000001"}};
    change.after = {{storage::address_kind::phone, "6281200000099"}};
    EXPECT_TRUE(apply(change).to_send.empty());
    const auto reader = store_->open_reader();
    const auto before = reader->find_contact("3603", change.before[0]);
    const auto after = reader->find_contact("3603", change.after[0]);
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->id, after->id);
}

TEST_F(turn_runner_test, a_damaged_session_starts_anew) {
    ask(text("menu"));
    const auto who = store_->open_reader()->find_contact(
        "3603", {storage::address_kind::phone, "6281200000001"});
    ASSERT_TRUE(who);
    ASSERT_TRUE(store_->run([&](storage::transaction& tx) {
        tx.save_turn(who->id, "{\"stack\":17}", now_ms_ + hour_ms);
    }));
    EXPECT_NE(ask(text("menu")), "");
}

}  // namespace
}  // namespace siwareng::bot
