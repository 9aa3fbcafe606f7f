#include "bot/sending/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace siwareng::bot {
namespace {

namespace actions = scheduler_actions;
using storage::lane;
using storage::outbox_id;
using storage::outbox_item;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t start_ms = 1'790'000'000'000;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

/// A scheduler under a clock that the test moves.
class rig {
  public:
    explicit rig(const scheduler_limits& limits = {},
                 const std::vector<scheduler_channel>& channels = {{"tangerang", 80}})
        : sched(limits, channels) {
        keep(sched.tick(now));
    }

    outbox_item item(outbox_id id, storage::contact_id contact, lane priority = lane::reply) const {
        outbox_item made;
        made.id = id;
        made.office = "tangerang";
        made.contact = contact;
        made.priority = priority;
        made.window_until_ms = now + day_ms;
        return made;
    }

    /// Hands over and returns the ids that are sent at once.
    std::vector<outbox_id> hand(std::vector<outbox_item> items) {
        return keep(sched.hand_over(std::move(items), now));
    }
    std::vector<outbox_id> hand(outbox_id id, storage::contact_id contact,
                                lane priority = lane::reply) {
        return hand({item(id, contact, priority)});
    }
    std::vector<outbox_id> accept(outbox_id id) {
        return keep(sched.completed(id, send_accepted{"wamid." + std::to_string(id), ""}, now));
    }
    std::vector<outbox_id> refuse(outbox_id id, int code) {
        return keep(sched.completed(id, send_refused{code, 400, action_for(code, 400), ""}, now));
    }
    std::vector<outbox_id> lose(outbox_id id) {
        return keep(sched.completed(id, send_not_sent{"refused"}, now));
    }
    std::vector<outbox_id> doubt(outbox_id id) {
        return keep(sched.completed(id, send_in_doubt{"timeout"}, now));
    }
    /// Moves the clock in steps as a caller would, and returns what was sent meanwhile.
    std::vector<outbox_id> pass(std::int64_t ms) {
        std::vector<outbox_id> sent;
        const std::int64_t end = now + ms;
        while (now < end) {
            const auto wake = std::max(now + 1, sched.wake_at().value_or(end));
            now = std::min({end, now + 1000, wake});
            const auto more = keep(sched.tick(now));
            sent.insert(sent.end(), more.begin(), more.end());
        }
        return sent;
    }

    /// The records of a kind since the last call of clear().
    template <typename Kind>
    std::vector<Kind> all() const {
        std::vector<Kind> found;
        for (const auto& action : log) {
            if (const auto* match = std::get_if<Kind>(&action)) found.push_back(*match);
        }
        return found;
    }
    void clear() { log.clear(); }

    std::int64_t now = start_ms;
    scheduler sched;
    scheduler_action_list log;

  private:
    std::vector<outbox_id> keep(scheduler_action_list todo) {
        std::vector<outbox_id> sent;
        for (const auto& action : todo) {
            if (const auto* send = std::get_if<actions::send>(&action)) {
                sent.push_back(send->item.id);
            }
        }
        log.insert(log.end(), todo.begin(), todo.end());
        return sent;
    }
};

scheduler_limits no_pairs() {
    scheduler_limits limits;
    limits.pair_interval_ms = 0;
    return limits;
}

TEST(scheduler, sends_at_once_and_records_acceptance) {
    rig r;
    EXPECT_THAT(r.hand(1, 10), ElementsAre(1));
    EXPECT_EQ(r.sched.gauges().in_flight, 1U);
    r.accept(1);
    ASSERT_EQ(r.all<actions::record_accepted>().size(), 1U);
    EXPECT_EQ(r.all<actions::record_accepted>()[0].wamid, "wamid.1");
    EXPECT_EQ(r.sched.gauges().in_flight, 0U);
    EXPECT_FALSE(r.sched.wake_at());
}

TEST(scheduler, completing_what_is_not_in_flight_is_a_bug) {
    rig r;
    EXPECT_THROW(r.accept(1), std::logic_error);
    r.hand(1, 10);
    r.accept(1);
    EXPECT_THROW(r.accept(1), std::logic_error);
}

TEST(scheduler, the_same_row_twice_is_sent_once) {
    rig r;
    EXPECT_THAT(r.hand({r.item(1, 10), r.item(1, 10)}), ElementsAre(1));
    EXPECT_THAT(r.hand(1, 10), IsEmpty());
    EXPECT_TRUE(r.all<actions::release>().empty());
}

TEST(scheduler, one_in_flight_per_contact) {
    rig r(no_pairs());
    EXPECT_THAT(r.hand(1, 10), ElementsAre(1));
    // Its status released the next row before the answer of the first came.
    EXPECT_THAT(r.hand(2, 10), IsEmpty());
    EXPECT_THAT(r.hand(3, 11), ElementsAre(3));
    EXPECT_THAT(r.accept(1), ElementsAre(2));
}

TEST(scheduler, what_waits_behind_a_retry_goes_back_to_the_store) {
    for (const int code : {131000, 130429, 131056, 131057}) {
        rig r(no_pairs());
        r.hand(1, 10);
        r.hand(2, 10);
        EXPECT_THAT(r.refuse(1, code), IsEmpty()) << code;
        ASSERT_EQ(r.all<actions::record_retry>().size(), 1U) << code;
        ASSERT_EQ(r.all<actions::release>().size(), 1U) << code;
        EXPECT_EQ(r.all<actions::release>()[0].id, 2) << code;
        EXPECT_EQ(r.sched.gauges().waiting, 0U) << code;
    }
    rig r(no_pairs());
    r.hand(1, 10);
    r.hand(2, 10);
    EXPECT_THAT(r.doubt(1), IsEmpty());
    EXPECT_EQ(r.all<actions::release>().size(), 1U);
}

TEST(scheduler, a_row_that_waits_is_not_sent_once_its_successor_is_handed_over) {
    scheduler_limits limits;
    limits.pair_burst = 1;
    rig r(limits);
    r.hand(1, 10);
    r.accept(1);
    r.clear();
    EXPECT_THAT(r.hand(2, 10), IsEmpty());
    // Row 2 was in doubt before; its late status released row 3.
    EXPECT_THAT(r.hand(3, 10), IsEmpty());
    std::vector<outbox_id> released;
    for (const auto& back : r.all<actions::release>())
        released.push_back(back.id);
    EXPECT_THAT(released, ElementsAre(2, 3));
    EXPECT_THAT(r.pass(60'000), IsEmpty());
}

TEST(scheduler, lanes_go_in_order_and_oldest_first) {
    auto limits = no_pairs();
    limits.in_flight_max = 1;
    rig r(limits, {{"tangerang", 0}});
    r.hand(1, 1);
    r.hand({r.item(2, 2, lane::broadcast), r.item(3, 3, lane::notice), r.item(5, 5), r.item(4, 4),
            r.item(6, 6, lane::officer)});
    EXPECT_THAT(r.accept(1), ElementsAre(6));
    EXPECT_THAT(r.accept(6), ElementsAre(4));
    EXPECT_THAT(r.accept(4), ElementsAre(5));
    EXPECT_THAT(r.accept(5), ElementsAre(3));
    EXPECT_THAT(r.accept(3), ElementsAre(2));
}

TEST(scheduler, bulk_lanes_leave_requests_for_replies) {
    auto limits = no_pairs();
    limits.in_flight_max = 4;
    rig r(limits, {{"tangerang", 0}});
    for (outbox_id id = 1; id <= 8; ++id)
        r.hand(id, id, lane::broadcast);
    EXPECT_EQ(r.sched.gauges().in_flight, 3U);
    EXPECT_THAT(r.hand(9, 9), ElementsAre(9));
    EXPECT_EQ(r.sched.gauges().in_flight, 4U);
}

TEST(scheduler, channels_take_turns) {
    auto limits = no_pairs();
    limits.in_flight_max = 1;
    rig r(limits, {{"tangerang", 0}, {"serang", 0}});
    auto other = r.item(10, 10);
    other.office = "serang";
    r.hand(1, 1);
    r.hand({r.item(2, 2), r.item(3, 3), other});
    EXPECT_THAT(r.accept(1), ElementsAre(10));
    EXPECT_THAT(r.accept(10), ElementsAre(2));
}

TEST(scheduler, a_number_never_sends_more_than_its_rate_in_any_second) {
    auto limits = no_pairs();
    limits.in_flight_max = 1000;
    rig r(limits, {{"tangerang", 80}});
    std::vector<std::int64_t> times;
    outbox_id next = 0;
    for (std::int64_t ms = 0; ms < 5000; ++ms) {
        for (int i = 0; i < 3; ++i) {
            ++next;
            for (const auto id : r.hand(next, next)) {
                times.push_back(r.now);
                r.accept(id);
            }
        }
        ++r.now;
    }
    for (std::size_t first = 0, last = 0; first < times.size(); ++first) {
        while (last < times.size() && times[last] < times[first] + 1000)
            ++last;
        EXPECT_LE(last - first, 80U);
    }
    EXPECT_GE(times.size(), 5U * 76);
}

TEST(scheduler, without_a_rate_nothing_waits) {
    auto limits = no_pairs();
    limits.in_flight_max = 1000;
    rig r(limits, {{"tangerang", 0}});
    std::vector<outbox_item> many;
    for (outbox_id id = 1; id <= 1000; ++id)
        many.push_back(r.item(id, id));
    EXPECT_EQ(r.hand(std::move(many)).size(), 1000U);
}

TEST(scheduler, a_throughput_error_halves_the_rate_which_comes_back) {
    number_bucket bucket(80);
    std::int64_t now = 1;
    bucket.refill(now);
    EXPECT_DOUBLE_EQ(bucket.rate(), 80);
    bucket.slow_down();
    bucket.slow_down();  // the same moment
    EXPECT_DOUBLE_EQ(bucket.rate(), 40);
    EXPECT_FALSE(bucket.can_take());
    for (int i = 0; i < 10; ++i)
        bucket.refill(now += 1000);
    EXPECT_NEAR(bucket.rate(), 56, 0.5);
    for (int i = 0; i < 30; ++i)
        bucket.refill(now += 1000);
    EXPECT_DOUBLE_EQ(bucket.rate(), 80);
    for (int i = 0; i < 20; ++i) {
        bucket.refill(now += 2000);
        bucket.slow_down();
    }
    EXPECT_GE(bucket.rate(), 5);

    number_bucket free(0);
    free.refill(1);
    EXPECT_TRUE(free.can_take());
    free.slow_down();
    EXPECT_DOUBLE_EQ(free.rate(), 40);
    for (std::int64_t at = 1000; at <= 30'000; at += 1000)
        free.refill(at);
    EXPECT_DOUBLE_EQ(free.rate(), 0);
}

TEST(scheduler, a_pair_gets_its_burst_and_then_one_per_interval) {
    scheduler_limits limits;
    limits.pair_burst = 3;
    rig r(limits);
    for (outbox_id id = 1; id <= 3; ++id) {
        EXPECT_THAT(r.hand(id, 10), ElementsAre(id));
        r.accept(id);
    }
    EXPECT_THAT(r.hand(4, 10), IsEmpty());
    EXPECT_THAT(r.hand(5, 11), ElementsAre(5));
    EXPECT_THAT(r.pass(5999), IsEmpty());
    EXPECT_THAT(r.pass(1), ElementsAre(4));
    r.accept(4);
    EXPECT_THAT(r.hand(6, 10), IsEmpty());
    EXPECT_THAT(r.pass(6000), ElementsAre(6));
}

TEST(scheduler, a_pair_error_blocks_only_that_contact_for_4_to_the_n_seconds) {
    for (const auto& [attempts, wait_ms] : std::vector<std::pair<int, std::int64_t>>{
             {0, 1000}, {1, 4000}, {2, 16'000}, {3, 64'000}, {7, 3'600'000}}) {
        rig r;
        auto item = r.item(1, 10);
        item.attempts = attempts;
        r.hand({item});
        r.refuse(1, 131056);
        const auto retries = r.all<actions::record_retry>();
        ASSERT_EQ(retries.size(), 1U);
        EXPECT_EQ(retries[0].error_code, 131056);
        EXPECT_GE(retries[0].at_ms, r.now + wait_ms);
        EXPECT_LE(retries[0].at_ms, r.now + wait_ms * 3 / 2);
        EXPECT_THAT(r.hand(2, 11), ElementsAre(2));
        // Its bucket is empty too, so whatever comes waits an interval.
        EXPECT_THAT(r.hand(3, 10), IsEmpty());
        EXPECT_THAT(r.pass(6000), ElementsAre(3));
    }
}

TEST(scheduler, pair_buckets_are_forgotten_when_full_and_bounded) {
    pair_buckets pairs(6000, 45, 4096);
    std::int64_t now = 1;
    for (storage::contact_id who = 1; who <= 200'000; ++who) {
        pairs.take(who, now += 10);
        ASSERT_LE(pairs.size(), 4096U);
    }
    // What is fullest goes first: a contact with a debt is remembered.
    pair_buckets small(6000, 2, 64);
    for (int i = 0; i < 2; ++i)
        small.take(7, 1);
    for (storage::contact_id who = 100; who < 400; ++who)
        small.take(who, 1);
    EXPECT_GT(small.ready_at(7, 1), 1);
    pair_buckets off(0, 45, 64);
    for (int i = 0; i < 100; ++i)
        off.take(1, 1);
    off.drain(1, 1);
    EXPECT_EQ(off.size(), 0U);
    EXPECT_LE(off.ready_at(1, 1), 1);
}

TEST(scheduler, retries_grow_with_a_jitter_that_repeats) {
    std::int64_t last = 0;
    for (int attempts = 0; attempts < 8; ++attempts) {
        const auto base = static_cast<std::int64_t>(1000 * std::pow(3, attempts));
        const auto delay = retry_delay_ms(error_action::retry, 42, attempts);
        EXPECT_GE(delay, std::min<std::int64_t>(base, 3'600'000));
        EXPECT_LE(delay, base + base / 2);
        EXPECT_GT(delay, last);
        EXPECT_EQ(delay, retry_delay_ms(error_action::retry, 42, attempts));
        last = delay;
    }
    std::set<std::int64_t> spread;
    for (outbox_id id = 1; id <= 100; ++id) {
        spread.insert(retry_delay_ms(error_action::retry, id, 3));
        EXPECT_GE(retry_delay_ms(error_action::retry_later, id, 0), 60'000);
        EXPECT_LE(retry_delay_ms(error_action::retry_later, id, 20), 5'400'000);
    }
    EXPECT_GT(spread.size(), 50U);
    EXPECT_EQ(retry_delay_ms(error_action::permanent, 1, 1), 0);
}

TEST(scheduler, attempts_are_limited) {
    for (const auto& [attempts, fails] :
         std::vector<std::pair<int, bool>>{{0, false}, {7, false}, {8, true}}) {
        rig r;
        auto item = r.item(1, 10);
        item.attempts = attempts;
        r.hand({item});
        r.refuse(1, 131016);
        EXPECT_EQ(r.all<actions::record_failed>().size(), fails ? 1U : 0U) << attempts;
        EXPECT_EQ(r.all<actions::record_retry>().size(), fails ? 0U : 1U) << attempts;
    }
}

TEST(scheduler, a_message_that_was_in_doubt_too_often_is_not_sent_again) {
    rig r;
    auto item = r.item(1, 10);
    item.attempts = 9;
    EXPECT_THAT(r.hand({item}), IsEmpty());
    EXPECT_EQ(r.all<actions::record_failed>().size(), 1U);
}

TEST(scheduler, permanent_errors_fail_and_the_next_goes) {
    for (const int code : {131009, 132001, 131047, 130472, 999'999}) {
        rig r;
        r.hand(1, 10);
        r.hand(2, 10);
        EXPECT_THAT(r.refuse(1, code), ElementsAre(2)) << code;
        ASSERT_EQ(r.all<actions::record_failed>().size(), 1U);
        EXPECT_EQ(r.all<actions::record_failed>()[0].error_code, code);
        EXPECT_TRUE(r.all<actions::block_contact>().empty());
    }
}

TEST(scheduler, an_unreachable_contact_is_blocked_before_the_failure_is_recorded) {
    rig r;
    r.hand(1, 10);
    r.clear();
    r.refuse(1, 131026);
    ASSERT_EQ(r.log.size(), 2U);
    EXPECT_EQ(std::get<actions::block_contact>(r.log[0]).contact, 10);
    EXPECT_EQ(std::get<actions::record_failed>(r.log[1]).error_code, 131026);
}

TEST(scheduler, a_closed_window_is_not_even_tried) {
    rig r;
    auto closed = r.item(1, 10);
    closed.window_until_ms = r.now - 1;
    auto open = r.item(2, 11);
    open.window_until_ms = r.now;
    auto free = r.item(3, 12);
    free.window_until_ms = 0;
    free.needs_window = false;
    EXPECT_THAT(r.hand({closed, open, free}), ElementsAre(2, 3));
    ASSERT_EQ(r.all<actions::record_failed>().size(), 1U);
    EXPECT_EQ(r.all<actions::record_failed>()[0].id, 1);
    EXPECT_EQ(r.all<actions::record_failed>()[0].error_code, error_window_closed);
}

TEST(scheduler, a_window_that_closes_while_an_item_waits_is_asked_again_from_the_store) {
    scheduler_limits limits;
    limits.pair_burst = 1;
    rig r(limits);
    r.hand(1, 10);
    r.accept(1);
    auto waits = r.item(2, 10);
    waits.window_until_ms = r.now + 3000;
    r.hand({waits});
    EXPECT_THAT(r.pass(10'000), IsEmpty());
    // The citizen may have written meanwhile, so it is not failed but handed back.
    EXPECT_TRUE(r.all<actions::record_failed>().empty());
    ASSERT_EQ(r.all<actions::release>().size(), 1U);
    EXPECT_EQ(r.all<actions::release>()[0].id, 2);
}

TEST(scheduler, the_spam_limit_holds_the_bulk_lanes_only) {
    auto limits = no_pairs();
    limits.in_flight_max = 1;
    rig r(limits);
    r.hand(1, 1, lane::broadcast);
    r.hand({r.item(2, 2, lane::broadcast), r.item(3, 3, lane::notice), r.item(4, 4)});
    EXPECT_THAT(r.refuse(1, 131048), ElementsAre(4));
    const auto held = r.all<actions::bulk_held>();
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].until_ms, r.now + limits.hold_ms);
    ASSERT_EQ(r.all<actions::release>().size(), 2U);
    EXPECT_EQ(r.all<actions::release>()[0].at_ms, held[0].until_ms);
    ASSERT_EQ(r.all<actions::record_retry>().size(), 1U);
    EXPECT_GE(r.all<actions::record_retry>()[0].at_ms, held[0].until_ms);
    r.accept(4);
    EXPECT_THAT(r.hand(5, 5, lane::notice), IsEmpty());
    EXPECT_THAT(r.hand(6, 6, lane::officer), ElementsAre(6));
    r.accept(6);
    r.pass(limits.hold_ms);
    EXPECT_THAT(r.hand(7, 7, lane::broadcast), ElementsAre(7));
}

TEST(scheduler, a_reply_under_the_spam_limit_is_not_retried_fast) {
    rig r;
    r.hand(1, 1);
    r.refuse(1, 131048);
    ASSERT_EQ(r.all<actions::record_retry>().size(), 1U);
    EXPECT_GE(r.all<actions::record_retry>()[0].at_ms, r.now + 60'000);
}

TEST(scheduler, maintenance_waits_a_minute_or_more) {
    rig r;
    r.hand(1, 1);
    r.refuse(1, 131057);
    ASSERT_EQ(r.all<actions::record_retry>().size(), 1U);
    EXPECT_GE(r.all<actions::record_retry>()[0].at_ms, r.now + 60'000);
}

TEST(scheduler, a_stopped_channel_gives_its_items_back_and_probes_with_one) {
    scheduler_limits limits = no_pairs();
    limits.in_flight_max = 2;
    rig r(limits, {{"tangerang", 80}, {"serang", 80}});
    auto other = r.item(9, 9);
    other.office = "serang";
    r.hand({r.item(1, 1), r.item(2, 2), r.item(3, 3)});
    r.hand({other});
    EXPECT_THAT(r.refuse(1, 190), ElementsAre(9));
    const auto stopped = r.all<actions::channel_stopped>();
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_EQ(stopped[0].error_code, 190);
    EXPECT_FALSE(stopped[0].probe_failed);
    ASSERT_EQ(r.all<actions::release>().size(), 1U);
    EXPECT_EQ(r.all<actions::release>()[0].id, 3);
    EXPECT_EQ(r.all<actions::release>()[0].at_ms, r.now + limits.channel_pause_ms);
    ASSERT_EQ(r.all<actions::record_retry>().size(), 1U);
    EXPECT_GT(r.all<actions::record_retry>()[0].at_ms, r.now + limits.channel_pause_ms);
    EXPECT_EQ(r.sched.gauges().channels_stopped, 1U);

    // The other one in flight is refused too: no second alert, and no attempt is lost.
    r.refuse(2, 190);
    EXPECT_EQ(r.all<actions::channel_stopped>().size(), 1U);
    EXPECT_EQ(r.all<actions::record_retry>().size(), 1U);
    r.accept(9);

    r.clear();
    EXPECT_THAT(r.hand(4, 4), IsEmpty());
    EXPECT_EQ(r.all<actions::release>().size(), 1U);
    r.pass(limits.channel_pause_ms);
    EXPECT_THAT(r.hand({r.item(5, 5), r.item(6, 6)}), ElementsAre(5));
    EXPECT_THAT(r.accept(5), ElementsAre(6));
    EXPECT_EQ(r.all<actions::channel_resumed>().size(), 1U);
    EXPECT_EQ(r.sched.gauges().channels_stopped, 0U);
}

TEST(scheduler, a_refused_probe_stops_the_channel_again_and_costs_no_attempt) {
    rig r(no_pairs());
    r.hand(1, 1);
    r.refuse(1, 131031);
    const std::int64_t pause = scheduler_limits{}.channel_pause_ms;
    for (outbox_id id = 2; id < 50; ++id) {
        r.pass(pause);
        r.clear();
        EXPECT_THAT(r.hand({r.item(id, 1), r.item(id + 1000, 2)}), ElementsAre(id));
        r.refuse(id, 131031);
        EXPECT_TRUE(r.all<actions::record_retry>().empty());
        EXPECT_TRUE(r.all<actions::record_failed>().empty());
        const auto back = r.all<actions::release>();
        ASSERT_EQ(back.size(), 2U);
        // The probe comes after the other one, which is the next probe: a single message that is
        // refused so cannot stop the number for good.
        EXPECT_EQ(back[0].id, id + 1000);
        EXPECT_EQ(back[0].at_ms, r.now + pause);
        EXPECT_GT(back[1].at_ms, back[0].at_ms);
    }
}

TEST(scheduler, a_probe_that_is_refused_for_its_own_sake_proves_the_channel) {
    for (const auto& [code, resumes] : std::vector<std::pair<int, bool>>{
             {131026, true}, {131009, true}, {131056, true}, {131000, false}, {131057, false}}) {
        rig r(no_pairs());
        r.hand(1, 1);
        r.refuse(1, 190);
        r.pass(scheduler_limits{}.channel_pause_ms);
        r.hand({r.item(2, 2), r.item(3, 3)});
        const auto sent = r.refuse(2, code);
        EXPECT_EQ(r.all<actions::channel_resumed>().size(), resumes ? 1U : 0U) << code;
        EXPECT_EQ(sent.empty(), !resumes) << code;
        if (!resumes) {
            EXPECT_THAT(r.pass(5000), ElementsAre(3)) << code;
        }
    }
}

TEST(scheduler, an_outage_costs_no_attempts_and_is_not_hammered) {
    rig r(no_pairs(), {{"tangerang", 0}});
    std::vector<outbox_item> many;
    for (outbox_id id = 1; id <= 100; ++id)
        many.push_back(r.item(id, id));
    EXPECT_EQ(r.hand(std::move(many)).size(), 64U);
    for (outbox_id id = 1; id <= 3; ++id)
        r.lose(id);
    EXPECT_EQ(r.all<actions::outage_began>().size(), 1U);
    EXPECT_EQ(r.sched.room(), 0);
    for (outbox_id id = 4; id <= 64 + 2; ++id) {
        if (id <= 64) r.lose(id);
    }
    EXPECT_EQ(r.all<actions::outage_began>().size(), 1U);
    EXPECT_TRUE(r.all<actions::record_retry>().empty());
    EXPECT_EQ(r.sched.gauges().waiting, 0U);

    // Eight hours of it: one probe after each pause of at most a minute and a half.
    const auto before = r.log.size();
    std::size_t probes = 0;
    outbox_id next = 1000;
    for (const std::int64_t end = r.now + 8LL * 3'600'000; r.now < end;) {
        r.pass(1000);
        if (r.sched.claim_room() == 0) continue;
        ++next;
        for (const auto id : r.hand(next, next)) {
            ++probes;
            r.lose(id);
        }
    }
    EXPECT_GT(probes, 300U);
    EXPECT_LT(probes, 500U);
    EXPECT_GT(r.log.size(), before);
    EXPECT_TRUE(r.all<actions::record_retry>().empty());
    EXPECT_TRUE(r.all<actions::record_failed>().empty());

    r.pass(90'000);
    r.clear();
    EXPECT_THAT(r.hand({r.item(2, 2), r.item(3, 3)}), ElementsAre(2));
    EXPECT_THAT(r.accept(2), ElementsAre(3));
    EXPECT_EQ(r.all<actions::outage_ended>().size(), 1U);
    EXPECT_GT(r.sched.room(), 1000);
}

TEST(scheduler, a_single_connection_failure_is_tried_again_soon) {
    rig r;
    r.hand(1, 1);
    r.lose(1);
    ASSERT_EQ(r.all<actions::release>().size(), 1U);
    EXPECT_LE(r.all<actions::release>()[0].at_ms, r.now + 1000);
    EXPECT_GT(r.sched.room(), 0);
}

TEST(scheduler, an_answer_between_failures_is_no_outage) {
    rig r(no_pairs(), {{"tangerang", 0}});
    for (outbox_id id = 1; id <= 20; id += 2) {
        r.hand({r.item(id, id), r.item(id + 1, id + 1)});
        r.lose(id);
        r.refuse(id + 1, 131009);
    }
    EXPECT_TRUE(r.all<actions::outage_began>().empty());
}

TEST(scheduler, doubt_waits_for_the_status) {
    rig r;
    r.hand(1, 1);
    r.doubt(1);
    ASSERT_EQ(r.all<actions::record_in_doubt>().size(), 1U);
    EXPECT_EQ(r.all<actions::record_in_doubt>()[0].until_ms, r.now + 120'000);
}

TEST(scheduler, silence_of_the_api_is_an_outage_too) {
    rig r(no_pairs());
    r.hand({r.item(1, 1), r.item(2, 2), r.item(3, 3)});
    for (outbox_id id = 1; id <= 3; ++id)
        r.doubt(id);
    EXPECT_EQ(r.all<actions::outage_began>().size(), 1U);
    EXPECT_EQ(r.all<actions::record_in_doubt>().size(), 3U);
}

TEST(scheduler, memory_is_bounded_and_urgent_items_displace_others) {
    auto limits = no_pairs();
    limits.handed_max = 8;
    limits.in_flight_max = 1;
    rig r(limits);
    for (outbox_id id = 1; id <= 8; ++id)
        r.hand(id, id, id == 8 ? lane::notice : lane::reply);
    EXPECT_EQ(r.sched.room(), 0);
    EXPECT_TRUE(r.all<actions::release>().empty());
    r.hand(9, 9, lane::officer);
    ASSERT_EQ(r.all<actions::release>().size(), 1U);
    EXPECT_EQ(r.all<actions::release>()[0].id, 8);
    r.hand(10, 10, lane::reply);
    ASSERT_EQ(r.all<actions::release>().size(), 2U);
    EXPECT_EQ(r.all<actions::release>()[1].id, 10);
    EXPECT_THAT(r.accept(1), ElementsAre(9));
    EXPECT_EQ(r.sched.room(), 1);
}

TEST(scheduler, claims_leave_half_of_the_room_to_turns) {
    auto limits = no_pairs();
    limits.handed_max = 100;
    limits.in_flight_max = 1;
    rig r(limits, {{"tangerang", 0}});
    EXPECT_EQ(r.sched.claim_room(), 50);
    for (outbox_id id = 1; id <= 51; ++id)
        r.hand(id, id);
    EXPECT_EQ(r.sched.claim_room(), 0);
    EXPECT_EQ(r.sched.room(), 49);
}

TEST(scheduler, a_broadcast_that_cannot_go_soon_waits_in_the_store) {
    auto limits = no_pairs();
    rig r(limits, {{"tangerang", 10}});
    std::vector<outbox_item> many;
    for (outbox_id id = 1; id <= 400; ++id)
        many.push_back(r.item(id, id, lane::broadcast));
    r.hand(std::move(many));
    EXPECT_LE(r.sched.gauges().waiting, 21U);
    std::int64_t last = 0;
    std::set<std::int64_t> times;
    for (const auto& back : r.all<actions::release>()) {
        EXPECT_GE(back.at_ms, last);
        EXPECT_GT(back.at_ms, r.now + 1000);
        EXPECT_LE(back.at_ms, r.now + 60'000);
        last = back.at_ms;
        times.insert(back.at_ms);
    }
    EXPECT_GT(times.size(), 300U);
    EXPECT_GT(r.sched.room(), 900);
}

TEST(scheduler, an_office_without_a_number_is_told_about) {
    rig r;
    auto lost = r.item(1, 1);
    lost.office = "nowhere";
    r.hand({lost});
    ASSERT_EQ(r.all<actions::office_unknown>().size(), 1U);
    EXPECT_EQ(r.all<actions::office_unknown>()[0].office, "nowhere");
    ASSERT_EQ(r.all<actions::release>().size(), 1U);
    EXPECT_GT(r.all<actions::release>()[0].at_ms, r.now);
}

TEST(scheduler, stopping_gives_back_what_waits_and_finishes_what_flies) {
    auto limits = no_pairs();
    limits.in_flight_max = 1;
    rig r(limits);
    r.hand({r.item(1, 1), r.item(2, 2), r.item(3, 3)});
    r.hand(4, 1);
    const auto todo = r.sched.stop(r.now);
    EXPECT_EQ(todo.size(), 3U);
    EXPECT_EQ(r.sched.room(), 0);
    EXPECT_FALSE(r.sched.wake_at());
    EXPECT_THAT(r.accept(1), IsEmpty());
    EXPECT_EQ(r.all<actions::record_accepted>().size(), 1U);
    EXPECT_THAT(r.hand(5, 5), IsEmpty());
    EXPECT_EQ(r.all<actions::release>().back().id, 5);
    EXPECT_EQ(r.sched.gauges().waiting + r.sched.gauges().in_flight, 0U);
}

TEST(scheduler, a_clock_set_back_neither_stops_nor_hastens) {
    scheduler_limits limits;
    limits.pair_burst = 1;
    rig r(limits);
    r.hand(1, 10);
    r.accept(1);
    r.hand(2, 10);
    r.pass(3000);
    r.now -= 3'600'000;
    // How long the step took in which it was set back is not known, so that step does not count.
    EXPECT_THAT(r.pass(1), IsEmpty());
    EXPECT_THAT(r.pass(2999), IsEmpty());
    EXPECT_THAT(r.pass(1), ElementsAre(2));
}

TEST(scheduler, a_clock_set_forward_gives_no_more_than_a_step) {
    scheduler_limits limits;
    limits.pair_burst = 1;
    rig r(limits);
    r.hand(1, 10);
    r.accept(1);
    r.hand(2, 10);
    r.now += 20LL * 3600 * 1000;
    EXPECT_THAT(r.pass(1), IsEmpty());
    EXPECT_THAT(r.pass(999), IsEmpty());
    EXPECT_THAT(r.pass(1), ElementsAre(2));
}

}  // namespace
}  // namespace siwareng::bot
