// What every store promises about messages to citizens.

#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

namespace siwareng::tests {
namespace {

using storage::contact_id;
using storage::errc;
using storage::lane;
using storage::outbox_id;
using storage::outbox_item;
using storage::outbox_state;
using storage::status_outcome;
using storage::transaction;
using testing::ElementsAre;
using testing::IsEmpty;

class outbox : public any_store {
  protected:
    static std::vector<std::string> payloads(const std::vector<outbox_item>& items) {
        std::vector<std::string> result;
        result.reserve(items.size());
        for (const auto& each : items)
            result.push_back(each.payload);
        return result;
    }

    void retry(outbox_id id, int code, std::int64_t at_ms) {
        run([&](transaction& in) { in.record_retry(id, code, at_ms); });
    }

    void doubt(outbox_id id, std::int64_t until_ms) {
        run([&](transaction& in) { in.record_in_doubt(id, until_ms); });
    }
};

INSTANTIATE_TEST_SUITE_P(each, outbox, testing::Values(store_kind::sqlite, store_kind::memory),
                         kind_name);

TEST_P(outbox, dispatches_at_once) {
    const contact_id who = new_contact("62811");
    run([&](transaction& in) { in.save_turn(who, "s", start_ms + day_ms); });
    storage::outbound what;
    what.contact = who;
    what.priority = lane::officer;
    what.payload = "halo";
    what.needs_window = false;
    what.created_ms = start_ms + 5;
    const auto got = get<item>([&](transaction& in) { return in.enqueue(what, true); });
    ASSERT_TRUE(got);
    EXPECT_GT(got->id, 0);
    EXPECT_EQ(got->office, office);
    EXPECT_EQ(got->contact, who);
    EXPECT_EQ(got->priority, lane::officer);
    EXPECT_EQ(got->payload, "halo");
    EXPECT_FALSE(got->needs_window);
    EXPECT_EQ(got->window_until_ms, start_ms + day_ms);
    EXPECT_EQ(got->created_ms, start_ms + 5);
    EXPECT_EQ(got->attempts, 0);
    EXPECT_EQ(got->to, phone("62811"));
    EXPECT_EQ(state_of(who, got->id), outbox_state::sending);
    EXPECT_THAT(claim(), IsEmpty()) << "it is claimed already";
}

TEST_P(outbox, claims_what_dispatch_would_have_returned) {
    const contact_id who = new_contact("62811");
    run([&](transaction& in) { in.save_turn(who, "s", start_ms + day_ms); });
    EXPECT_FALSE(enqueue(who, "halo"));
    EXPECT_EQ(reader_->stats().outbox_queued, 1);
    const auto items = claim();
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].office, office);
    EXPECT_EQ(items[0].contact, who);
    EXPECT_EQ(items[0].priority, lane::reply);
    EXPECT_EQ(items[0].payload, "halo");
    EXPECT_TRUE(items[0].needs_window);
    EXPECT_EQ(items[0].window_until_ms, start_ms + day_ms);
    EXPECT_EQ(items[0].created_ms, created_ms_);
    EXPECT_EQ(items[0].to, phone("62811"));
    EXPECT_EQ(reader_->stats().outbox_sending, 1);
}

TEST_P(outbox, keeps_the_order_of_a_contact) {
    const contact_id who = new_contact();
    const auto first = enqueue(who, "1", true);
    ASSERT_TRUE(first);
    EXPECT_FALSE(enqueue(who, "2", true)) << "waits for the first";
    EXPECT_FALSE(enqueue(who, "3", true));
    EXPECT_TRUE(enqueue(new_contact("62899"), "other", true)) << "another contact does not wait";
    EXPECT_THAT(claim(), IsEmpty());
    const auto second = accept(first->id, "wamid.1");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->payload, "2");
    EXPECT_EQ(second->to, phone("6281234567890"));
    const auto third = fail(second->id, 131026);
    ASSERT_TRUE(third) << "a message that failed does not hold up the next";
    EXPECT_EQ(third->payload, "3");
    EXPECT_FALSE(accept(third->id, "wamid.3"));
    EXPECT_TRUE(enqueue(who, "4", true));
}

TEST_P(outbox, claims_one_of_each_contact) {
    const contact_id a = new_contact("62811");
    const contact_id b = new_contact("62822");
    enqueue(a, "a1");
    enqueue(a, "a2");
    enqueue(b, "b1");
    enqueue(b, "b2");
    EXPECT_THAT(payloads(claim()), ElementsAre("a1", "b1"));
    EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(outbox, claims_by_lane_then_age_up_to_the_limit) {
    int n = 0;
    const auto add = [&](const char* payload, lane priority) {
        enqueue(new_contact("628" + std::to_string(++n)), payload, false, priority);
    };
    add("broadcast", lane::broadcast);
    add("notice", lane::notice);
    add("reply 1", lane::reply);
    add("reply 2", lane::reply);
    add("officer", lane::officer);
    EXPECT_THAT(payloads(claim(2)), ElementsAre("officer", "reply 1"));
    EXPECT_THAT(claim(0), IsEmpty());
    EXPECT_THAT(payloads(claim(10)), ElementsAre("reply 2", "notice", "broadcast"));
}

TEST_P(outbox, claims_nothing_before_it_is_due) {
    const contact_id who = new_contact();
    enqueue(who, "x");
    EXPECT_THAT(claim(10, created_ms_ - 1), IsEmpty());
    EXPECT_EQ(claim(10, created_ms_).size(), 1U);
}

TEST_P(outbox, answers_no_message_twice) {
    const contact_id who = new_contact();
    const auto answer = [&](std::optional<storage::inbound_id> to) {
        return store_->run([&](transaction& in) {
            storage::outbound what;
            what.contact = who;
            what.reply_to = to;
            what.payload = "x";
            in.enqueue(what, false);
        });
    };
    EXPECT_TRUE(answer(1));
    EXPECT_EQ(answer(1).error(), errc::constraint);
    EXPECT_TRUE(answer(2));
    EXPECT_TRUE(answer(std::nullopt));
    EXPECT_TRUE(answer(std::nullopt));
    EXPECT_EQ(reader_->stats().outbox_queued, 4);
}

TEST_P(outbox, needs_a_known_contact) {
    for (const bool dispatch : {false, true}) {
        EXPECT_EQ(store_
                      ->run([&](transaction& in) {
                          storage::outbound what;
                          what.contact = 99;
                          in.enqueue(what, dispatch);
                      })
                      .error(),
                  errc::constraint);
    }
}

TEST_P(outbox, records_acceptance) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    EXPECT_FALSE(accept(got->id, "wamid.OUT"));
    EXPECT_EQ(sent(who, got->id).outbox, outbox_state::sent);
    EXPECT_EQ(sent(who, got->id).wamid, "wamid.OUT");
    EXPECT_EQ(reader_->stats().outbox_sending, 0);
    EXPECT_EQ(reader_->stats().oldest_unsent_ms, 0);
    EXPECT_FALSE(accept(999, "wamid.NONE"));
}

TEST_P(outbox, retries_later) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    enqueue(who, "y", true);
    retry(got->id, 131056, start_ms + hour_ms);
    EXPECT_EQ(state_of(who, got->id), outbox_state::queued);
    EXPECT_EQ(sent(who, got->id).error_code, 131056);
    EXPECT_THAT(claim(10, start_ms + hour_ms - 1), IsEmpty()) << "the next one waits too";
    const auto again = claim(10, start_ms + hour_ms);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].payload, "x");
    EXPECT_EQ(again[0].attempts, 1);
    accept(got->id, "wamid.1");
    EXPECT_EQ(sent(who, got->id).error_code, 0);
}

TEST_P(outbox, a_next_message_that_is_not_due_is_left) {
    const contact_id who = new_contact();
    const auto first = enqueue(who, "1", true);
    created_ms_ += hour_ms;
    enqueue(who, "2");
    EXPECT_FALSE(accept(first->id, "wamid.1", start_ms + minute_ms));
    EXPECT_THAT(payloads(claim(10, created_ms_)), ElementsAre("2"));
}

TEST_P(outbox, fails_for_good) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    EXPECT_FALSE(fail(got->id, 131047));
    EXPECT_EQ(sent(who, got->id).outbox, outbox_state::failed);
    EXPECT_EQ(sent(who, got->id).error_code, 131047);
    EXPECT_EQ(reader_->stats().outbox_failed, 1);
    EXPECT_THAT(claim(10, start_ms + day_ms), IsEmpty());
    retry(got->id, 1, start_ms);
    doubt(got->id, start_ms);
    EXPECT_EQ(state_of(who, got->id), outbox_state::failed);
    EXPECT_FALSE(fail(999, 1));
}

TEST_P(outbox, gives_back_what_was_not_sent) {
    const contact_id a = new_contact("62811");
    const contact_id b = new_contact("62822");
    const auto first = enqueue(a, "a", true);
    const auto second = enqueue(b, "b", true);
    accept(second->id, "wamid.b");
    run([&](transaction& in) { in.release({first->id, second->id, 999}, start_ms + hour_ms); });
    EXPECT_EQ(state_of(b, second->id), outbox_state::sent) << "never back";
    EXPECT_THAT(claim(10, start_ms + hour_ms - 1), IsEmpty());
    const auto again = claim(10, start_ms + hour_ms);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].attempts, 0) << "no attempt is counted";
}

TEST_P(outbox, waits_while_in_doubt) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    enqueue(who, "y", true);
    doubt(got->id, start_ms + hour_ms);
    EXPECT_EQ(reader_->stats().outbox_in_doubt, 1);
    EXPECT_THAT(claim(10, start_ms + day_ms), IsEmpty()) << "nor does the next one go";
    run([](transaction& in) {
        EXPECT_EQ(in.expire_doubts(start_ms + hour_ms - 1), 0);
        EXPECT_EQ(in.expire_doubts(start_ms + hour_ms), 1);
        EXPECT_EQ(in.expire_doubts(start_ms + hour_ms), 0);
    });
    const auto again = claim(10, start_ms + hour_ms);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].payload, "x");
    EXPECT_EQ(again[0].attempts, 1) << "it may have been sent: repeats must be bounded";
}

TEST_P(outbox, doubts_what_the_last_process_was_sending) {
    const auto a = enqueue(new_contact("62811"), "a", true);
    const auto b = enqueue(new_contact("62822"), "b", true);
    enqueue(new_contact("62833"), "c");
    accept(b->id, "wamid.b");
    run([](transaction& in) { EXPECT_EQ(in.recover_sending(start_ms + hour_ms), 1); });
    EXPECT_EQ(reader_->stats().outbox_in_doubt, 1);
    EXPECT_EQ(reader_->stats().outbox_queued, 1);
    EXPECT_FALSE(accept(a->id, "wamid.a")) << "the answer was there after all";
    EXPECT_EQ(reader_->stats().outbox_in_doubt, 0);
}

TEST_P(outbox, a_refusal_ends_a_doubt) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    doubt(got->id, start_ms + hour_ms);
    retry(got->id, 130429, start_ms);
    EXPECT_EQ(state_of(who, got->id), outbox_state::queued);
}

TEST_P(outbox, sends_nothing_to_a_blocked_contact) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    enqueue(who, "2");
    run([&](transaction& in) { in.block_contact(who); });
    EXPECT_FALSE(fail(got->id, 131026)) << "the next one is kept back";
    EXPECT_FALSE(enqueue(who, "3", true));
    EXPECT_THAT(claim(10, start_ms + hour_ms), IsEmpty());
    run([&](transaction& in) { in.save_turn(who, "s", start_ms + day_ms); });
    EXPECT_THAT(payloads(claim(10, start_ms + hour_ms)), ElementsAre("2")) << "they wrote again";
}

TEST_P(outbox, tells_the_oldest_unsent) {
    EXPECT_EQ(reader_->stats().oldest_unsent_ms, 0);
    const auto got = enqueue(new_contact("62811"), "a", true);
    enqueue(new_contact("62822"), "b");
    EXPECT_EQ(reader_->stats().oldest_unsent_ms, start_ms + 1);
    accept(got->id, "wamid.a");
    EXPECT_EQ(reader_->stats().oldest_unsent_ms, start_ms + 2);
}

// --- statuses ------------------------------------------------------------------------------

TEST_P(outbox, statuses_move_forward_only) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    accept(got->id, "wamid.1");
    EXPECT_EQ(apply(status("wamid.1", outbox_state::sent)), status_outcome::stale);
    EXPECT_EQ(apply(status("wamid.1", outbox_state::read)), status_outcome::applied);
    EXPECT_EQ(apply(status("wamid.1", outbox_state::read)), status_outcome::stale);
    EXPECT_EQ(apply(status("wamid.1", outbox_state::delivered)), status_outcome::stale);
    EXPECT_EQ(apply(status("wamid.1", outbox_state::failed)), status_outcome::stale);
    EXPECT_EQ(state_of(who, got->id), outbox_state::read);
    EXPECT_EQ(apply(status("wamid.1", outbox_state::played)), status_outcome::applied);
    EXPECT_EQ(state_of(who, got->id), outbox_state::played);
}

TEST_P(outbox, a_status_never_takes_a_message_back) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    accept(got->id, "wamid.1");
    for (const auto state : {outbox_state::queued, outbox_state::sending, outbox_state::in_doubt,
                             outbox_state::cancelled}) {
        EXPECT_EQ(apply(status("wamid.1", state)), status_outcome::stale);
    }
    EXPECT_EQ(state_of(who, got->id), outbox_state::sent);
}

TEST_P(outbox, failure_may_follow_sent_and_is_final) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    accept(got->id, "wamid.1");
    auto failure = status("wamid.1", outbox_state::failed);
    failure.error_code = 131026;
    EXPECT_EQ(apply(failure), status_outcome::applied);
    EXPECT_EQ(sent(who, got->id).outbox, outbox_state::failed);
    EXPECT_EQ(sent(who, got->id).error_code, 131026);
    EXPECT_EQ(apply(status("wamid.1", outbox_state::delivered)), status_outcome::stale);
}

TEST_P(outbox, statuses_keep_the_first_pricing) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "x", true);
    accept(got->id, "wamid.1");
    EXPECT_EQ(apply(status("wamid.1", outbox_state::delivered)), status_outcome::applied);
    auto priced = status("wamid.1", outbox_state::sent);
    priced.pricing_type = "regular";
    priced.pricing_category = "service";
    EXPECT_EQ(apply(priced), status_outcome::stale) << "late, yet it names the price";
    priced.state = outbox_state::read;
    priced.pricing_category = "utility";
    EXPECT_EQ(apply(priced), status_outcome::applied);
    EXPECT_EQ(sent(who, got->id).pricing_category, "service");
}

TEST_P(outbox, early_statuses_are_parked_by_wamid) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    enqueue(who, "2", true);
    auto early = status("wamid.1", outbox_state::sent);
    early.pricing_type = "regular";
    early.pricing_category = "service";
    EXPECT_EQ(apply(early), status_outcome::parked);
    EXPECT_EQ(apply(early), status_outcome::parked) << "repeated";
    EXPECT_EQ(apply(status("wamid.1", outbox_state::delivered)), status_outcome::parked);
    EXPECT_EQ(reader_->stats().parked_statuses, 2);
    EXPECT_EQ(state_of(who, got->id), outbox_state::sending);
    const auto next = accept(got->id, "wamid.1");
    ASSERT_TRUE(next);
    EXPECT_EQ(next->payload, "2");
    EXPECT_EQ(sent(who, got->id).outbox, outbox_state::delivered);
    EXPECT_EQ(sent(who, got->id).pricing_category, "service");
    EXPECT_EQ(reader_->stats().parked_statuses, 0);
}

TEST_P(outbox, a_parked_failure_fails_the_message) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    auto failure = status("wamid.1", outbox_state::failed);
    failure.error_code = 131047;
    EXPECT_EQ(apply(failure), status_outcome::parked);
    accept(got->id, "wamid.1");
    EXPECT_EQ(sent(who, got->id).outbox, outbox_state::failed);
    EXPECT_EQ(sent(who, got->id).error_code, 131047);
}

TEST_P(outbox, early_statuses_find_their_row_by_our_id) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    enqueue(who, "2", true);
    auto early = status("wamid.1", outbox_state::delivered);
    early.outbox = got->id;
    item next;
    EXPECT_EQ(apply(early, &next), status_outcome::applied);
    ASSERT_TRUE(next) << "it proves acceptance, so the next one may go";
    EXPECT_EQ(next->payload, "2");
    EXPECT_EQ(sent(who, got->id).wamid, "wamid.1");
    EXPECT_FALSE(accept(got->id, "wamid.1")) << "the next one is claimed already";
    EXPECT_EQ(state_of(who, got->id), outbox_state::delivered) << "keeps its state";
    EXPECT_EQ(apply(status("wamid.1", outbox_state::read)), status_outcome::applied);
}

TEST_P(outbox, a_status_resolves_a_doubt) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    enqueue(who, "2", true);
    doubt(got->id, start_ms + minute_ms);
    auto proof = status("wamid.1", outbox_state::sent);
    proof.outbox = got->id;
    item next;
    EXPECT_EQ(apply(proof, &next), status_outcome::applied);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->payload, "2");
    run([](transaction& in) { EXPECT_EQ(in.expire_doubts(start_ms + day_ms), 0); });
    EXPECT_EQ(apply(proof, &next), status_outcome::stale) << "the redelivered status";
    EXPECT_FALSE(next);
}

TEST_P(outbox, a_status_stops_the_repeat_of_a_message) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    doubt(got->id, start_ms);
    run([](transaction& in) { EXPECT_EQ(in.expire_doubts(start_ms), 1); });
    auto proof = status("wamid.1", outbox_state::delivered);
    proof.outbox = got->id;
    EXPECT_EQ(apply(proof), status_outcome::applied);
    EXPECT_THAT(claim(10, start_ms + day_ms), IsEmpty());
}

TEST_P(outbox, a_failed_status_resolves_a_doubt) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    enqueue(who, "2", true);
    doubt(got->id, start_ms + minute_ms);
    auto proof = status("wamid.1", outbox_state::failed);
    proof.outbox = got->id;
    item next;
    EXPECT_EQ(apply(proof, &next), status_outcome::applied);
    EXPECT_TRUE(next);
    EXPECT_EQ(state_of(who, got->id), outbox_state::failed);
}

TEST_P(outbox, the_failure_of_a_repeat_says_nothing_about_the_other) {
    const contact_id who = new_contact();
    const auto got = enqueue(who, "1", true);
    doubt(got->id, start_ms);
    run([](transaction& in) { in.expire_doubts(start_ms); });
    EXPECT_EQ(claim().size(), 1U);
    accept(got->id, "wamid.second");
    auto first = status("wamid.first", outbox_state::failed);
    first.outbox = got->id;
    EXPECT_EQ(apply(first), status_outcome::stale);
    EXPECT_EQ(state_of(who, got->id), outbox_state::sent);
    first.state = outbox_state::delivered;
    EXPECT_EQ(apply(first), status_outcome::applied);
}

TEST_P(outbox, statuses_of_another_life_are_parked) {
    const contact_id who = new_contact();
    enqueue(who, "1");
    const outbox_id never_sent = reader_->conversation(who, 1)[0].id;
    auto foreign = status("wamid.old", outbox_state::read);
    foreign.outbox = never_sent;
    EXPECT_EQ(apply(foreign), status_outcome::parked) << "this row was never sent";
    const auto got = claim();
    ASSERT_EQ(got.size(), 1U);
    foreign.wamid = "wamid.other office";
    foreign.office = "lebak";
    EXPECT_EQ(apply(foreign), status_outcome::parked) << "the row is another office's";
    EXPECT_EQ(state_of(who, never_sent), outbox_state::sending);
    foreign.office = office;
    foreign.outbox = 999;
    foreign.wamid = "wamid.gone";
    EXPECT_EQ(apply(foreign), status_outcome::parked);
}

TEST_P(outbox, a_status_about_nothing_is_dropped) {
    EXPECT_EQ(apply(status("", outbox_state::read)), status_outcome::stale);
    EXPECT_EQ(reader_->stats().parked_statuses, 0);
}

TEST_P(outbox, a_repeated_wamid_does_no_harm) {
    const contact_id a = new_contact("62811");
    const contact_id b = new_contact("62822");
    const auto first = enqueue(a, "a", true);
    const auto second = enqueue(b, "b", true);
    accept(first->id, "wamid.same");
    accept(second->id, "wamid.same");
    EXPECT_EQ(apply(status("wamid.same", outbox_state::read)), status_outcome::applied);
    EXPECT_EQ(state_of(a, first->id), outbox_state::sent);
    EXPECT_EQ(state_of(b, second->id), outbox_state::read) << "the newest";
}

}  // namespace
}  // namespace siwareng::tests
