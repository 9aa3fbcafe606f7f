// The scheduler against a model of the store and of the API, over fixed seeds.
#include "bot/sending/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace siwareng::bot {
namespace {

namespace actions = scheduler_actions;
using storage::contact_id;
using storage::outbox_id;
using storage::outbox_item;
using storage::outbox_state;

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr double rate_per_s = 20;
constexpr int contacts = 150;
constexpr int offices = 3;

scheduler_limits world_limits() {
    scheduler_limits limits;
    limits.pair_burst = 3;
    limits.in_flight_max = 24;
    limits.handed_max = 96;
    limits.attempts_max = 5;
    limits.hold_ms = 5 * minute_ms;
    limits.pair_buckets_max = 256;
    return limits;
}

struct row {
    outbox_item item;
    outbox_state state = outbox_state::queued;
    std::int64_t due_ms = 0;
    std::int64_t doubt_until_ms = 0;
    int reached = 0;   ///< how often the API took it
    int unproved = 0;  ///< how often it took it and no status says so in time
};

/// One request under way.
struct request {
    outbox_id id = 0;
    std::int64_t ends = 0;  ///< true time
    send_outcome outcome;
};

/// A status webhook under way.
struct status {
    outbox_id id = 0;
    std::int64_t at = 0;  ///< true time
};

class world {
  public:
    explicit world(std::uint64_t seed)
        : random_(seed),
          limits_(world_limits()),
          sched_(limits_, {{"office0", rate_per_s}, {"office1", rate_per_s}, {"office2", 0}}) {}

    void run(int rows) {
        add_rows(rows);
        std::int64_t next_poll = 0;
        while (!all_resolved()) {
            ASSERT_LT(true_ms_, 96 * hour_ms) << "not everything was resolved";
            if (::testing::Test::HasFatalFailure()) return;
            if (true_ms_ >= next_poll) {
                poll();
                next_poll = true_ms_ + 1000;
            }
            end_requests();
            bring_statuses();
            perform(sched_.tick(wall()));
            std::int64_t next = next_poll;
            for (const auto& sent : requests_)
                next = std::min(next, sent.ends);
            for (const auto& news : statuses_)
                next = std::min(next, news.at);
            if (const auto wake = sched_.wake_at()) next = std::min(next, *wake - offset_ms_);
            true_ms_ = std::max(next, true_ms_ + 1);
            maybe_jump();
        }
        check_end();
    }

  private:
    std::int64_t wall() const { return 1'790'000'000'000 + true_ms_ + offset_ms_; }
    int chance(int of) { return static_cast<int>(random_() % static_cast<std::uint64_t>(of)); }

    void add_rows(int count) {
        for (outbox_id id = 1; id <= count; ++id) {
            row made;
            made.item.id = id;
            made.item.contact = 1 + chance(contacts);
            made.item.office = "office" + std::to_string(made.item.contact % offices);
            made.item.priority = static_cast<storage::lane>(1 + chance(4));
            made.item.needs_window = chance(10) != 0;
            // A few windows close while their items are under way.
            made.item.window_until_ms =
                wall() + (chance(20) == 0 ? chance(5 * 60'000) : 720 * hour_ms);
            made.due_ms = wall();
            by_contact_[made.item.contact].push_back(id);
            rows_.emplace(id, std::move(made));
        }
        unresolved_ = static_cast<std::size_t>(count);
    }

    bool all_resolved() const { return unresolved_ == 0 && requests_.empty(); }

    static bool resolved(outbox_state state) {
        return state == outbox_state::sent || state == outbox_state::failed;
    }

    void resolve(row& which, outbox_state state) {
        if (resolved(which.state)) return;
        which.state = state;
        --unresolved_;
    }

    /// The contact's first row that is not resolved, claimed if it is due.
    std::optional<outbox_item> claim(contact_id who) {
        auto& queue = by_contact_[who];
        while (!queue.empty() && resolved(rows_.at(queue.front()).state))
            queue.pop_front();
        if (queue.empty()) return std::nullopt;
        auto& first = rows_.at(queue.front());
        if (first.state != outbox_state::queued || first.due_ms > wall()) return std::nullopt;
        first.state = outbox_state::sending;
        EXPECT_TRUE(held_.insert(first.item.id).second);
        return first.item;
    }

    void poll() {
        for (auto& [id, which] : rows_) {
            if (which.state == outbox_state::in_doubt && which.doubt_until_ms <= wall()) {
                which.state = outbox_state::queued;
                which.due_ms = wall();
            }
        }
        std::vector<outbox_item> claimed;
        // Now and then more than there is room for, as turns do that asked at the same time.
        const int limit = sched_.claim_room() + (chance(20) == 0 ? 60 : 0);
        const int first = chance(contacts);
        for (int i = 0; i < contacts && static_cast<int>(claimed.size()) < limit; ++i) {
            if (auto item = claim(1 + (first + i) % contacts)) claimed.push_back(std::move(*item));
        }
        perform(sched_.hand_over(std::move(claimed), wall()));
    }

    void perform(const scheduler_action_list& todo) {
        std::vector<outbox_item> next;
        for (const auto& action : todo) {
            std::visit([&](const auto& what) { act(what, next); }, action);
        }
        const auto gauges = sched_.gauges();
        ASSERT_LE(gauges.waiting + gauges.in_flight, static_cast<std::size_t>(limits_.handed_max));
        ASSERT_LE(gauges.in_flight, static_cast<std::size_t>(limits_.in_flight_max));
        ASSERT_EQ(gauges.in_flight, requests_.size());
        ASSERT_LE(gauges.pair_buckets, limits_.pair_buckets_max);
        if (!next.empty()) perform(sched_.hand_over(std::move(next), wall()));
    }

    void released(contact_id who, std::vector<outbox_item>& next) {
        if (auto item = claim(who)) next.push_back(std::move(*item));
    }

    /// Each item that was handed over ends in exactly one record.
    row& record(outbox_id id) {
        EXPECT_EQ(held_.erase(id), 1U) << "recorded twice, or never handed over: " << id;
        return rows_.at(id);
    }

    void act(const actions::send& what, std::vector<outbox_item>& /*next*/) {
        check_send(what);
        request made{what.item.id, true_ms_ + 20 + chance(1500), {}};
        auto& which = rows_.at(what.item.id);
        const int dice = chance(1000);
        if (in_outage() || dice < 30) {
            made.outcome = send_not_sent{"refused"};
        } else if (dice < 60) {
            made.outcome = send_in_doubt{"timeout"};
            if (chance(2) == 0) {
                ++which.reached;
                if (chance(5) == 0) {
                    ++which.unproved;
                } else {
                    statuses_.push_back({what.item.id, true_ms_ + chance(60'000)});
                }
            }
        } else if (dice < 150) {
            constexpr std::array codes{131000, 130429, 131056, 131057, 131026, 131009, 131047};
            int code = codes.at(static_cast<std::size_t>(chance(static_cast<int>(codes.size()))));
            if (chance(60) == 0) code = 190;
            if (chance(60) == 0) code = 131048;
            made.outcome = send_refused{code, 400, action_for(code, 400), ""};
        } else {
            made.outcome = send_accepted{"wamid", ""};
            ++which.reached;
            // Often the status is faster than the answer.
            statuses_.push_back({what.item.id, true_ms_ + chance(3000)});
        }
        requests_.push_back(std::move(made));
    }
    void act(const actions::record_accepted& what, std::vector<outbox_item>& next) {
        auto& which = record(what.id);
        resolve(which, outbox_state::sent);
        released(which.item.contact, next);
    }
    void act(const actions::record_failed& what, std::vector<outbox_item>& next) {
        auto& which = record(what.id);
        resolve(which, outbox_state::failed);
        released(which.item.contact, next);
    }
    void act(const actions::record_retry& what, std::vector<outbox_item>& /*next*/) {
        auto& which = record(what.id);
        if (resolved(which.state)) return;
        EXPECT_GT(what.at_ms, wall());
        EXPECT_LT(which.item.attempts, limits_.attempts_max);
        ++which.item.attempts;
        which.state = outbox_state::queued;
        which.due_ms = what.at_ms;
    }
    void act(const actions::record_in_doubt& what, std::vector<outbox_item>& /*next*/) {
        auto& which = record(what.id);
        if (resolved(which.state)) return;
        ++which.item.attempts;
        which.state = outbox_state::in_doubt;
        which.doubt_until_ms = what.until_ms;
    }
    void act(const actions::release& what, std::vector<outbox_item>& /*next*/) {
        auto& which = record(what.id);
        if (resolved(which.state)) return;
        EXPECT_EQ(which.state, outbox_state::sending);
        which.state = outbox_state::queued;
        which.due_ms = what.at_ms;
    }
    template <typename Other>
    void act(const Other& /*what*/, std::vector<outbox_item>& /*next*/) {}

    void check_send(const actions::send& what) {
        const contact_id who = what.item.contact;
        for (const auto& other : requests_) {
            ASSERT_NE(rows_.at(other.id).item.contact, who) << "two in flight for one contact";
        }
        for (const auto& [id, which] : rows_) {
            if (id >= what.item.id) break;
            ASSERT_TRUE(which.item.contact != who || resolved(which.state))
                << "row " << what.item.id << " overtook row " << id;
        }
        ASSERT_EQ(what.item.office, "office" + std::to_string(what.channel));
        ASSERT_TRUE(!what.item.needs_window || wall() <= what.item.window_until_ms);

        auto& number = number_sends_.at(what.channel);
        number.push_back(true_ms_);
        while (number.front() <= true_ms_ - 1000)
            number.pop_front();
        // A clock that is set forward may give one more burst, which is one message here.
        const std::size_t extra = true_ms_ - jumped_ms_ < 1000 ? 1 : 0;
        if (what.channel != 2) {
            ASSERT_LE(number.size(), static_cast<std::size_t>(rate_per_s) + extra);
        }
        auto& pair = pair_sends_[who];
        pair.push_back(true_ms_);
        while (pair.front() <= true_ms_ - minute_ms)
            pair.pop_front();
        ASSERT_LE(pair.size(), static_cast<std::size_t>(limits_.pair_burst) +
                                   minute_ms / static_cast<std::size_t>(limits_.pair_interval_ms) +
                                   jumps_in_last_minute());
    }

    std::size_t jumps_in_last_minute() {
        while (!jumps_.empty() && jumps_.front() <= true_ms_ - minute_ms)
            jumps_.pop_front();
        return jumps_.size();
    }

    bool in_outage() const { return true_ms_ % (2 * hour_ms) > 110 * minute_ms; }

    void end_requests() {
        for (std::size_t at = 0; at < requests_.size();) {
            if (requests_[at].ends > true_ms_) {
                ++at;
                continue;
            }
            const request done = std::move(requests_[at]);
            requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(at));
            perform(sched_.completed(done.id, done.outcome, wall()));
        }
    }

    void bring_statuses() {
        std::vector<outbox_item> next;
        std::erase_if(statuses_, [&](const status& news) {
            if (news.at > true_ms_) return false;
            auto& which = rows_.at(news.id);
            resolve(which, outbox_state::sent);
            released(which.item.contact, next);
            return true;
        });
        perform(sched_.hand_over(std::move(next), wall()));
    }

    /// The wall clock is set forward or back by up to an hour.
    void maybe_jump() {
        if (chance(2000) != 0) return;
        const std::int64_t by = chance(2 * static_cast<int>(hour_ms)) - hour_ms;
        offset_ms_ += by;
        if (by > 0) {
            jumped_ms_ = true_ms_;
            jumps_.push_back(true_ms_);
            // The wait of a doubt ends by the wall clock, which the store keeps across restarts;
            // set forward, it ends before the status had its time.
            for (auto& [id, which] : rows_) {
                if (which.state == outbox_state::in_doubt) ++which.unproved;
            }
        }
    }

    void check_end() {
        ASSERT_EQ(sched_.gauges().in_flight, 0U);
        for (const auto& back : sched_.stop(wall())) {
            ASSERT_TRUE(std::holds_alternative<actions::release>(back));
            record(std::get<actions::release>(back).id);
        }
        EXPECT_TRUE(held_.empty());
        for (const auto& [id, which] : rows_) {
            ASSERT_TRUE(resolved(which.state));
            if (which.state == outbox_state::sent) ASSERT_GE(which.reached, 1) << id;
            // Only where no status ever came may a message have been sent again.
            ASSERT_LE(which.reached, 1 + which.unproved) << id;
        }
    }

    std::mt19937_64 random_;
    scheduler_limits limits_;
    scheduler sched_;
    std::int64_t true_ms_ = 0;
    std::int64_t offset_ms_ = 0;
    std::int64_t jumped_ms_ = -hour_ms;
    std::deque<std::int64_t> jumps_;
    std::map<outbox_id, row> rows_;
    std::map<contact_id, std::deque<outbox_id>> by_contact_;
    std::size_t unresolved_ = 0;
    std::set<outbox_id> held_;  ///< handed over, not yet recorded
    std::vector<request> requests_;
    std::vector<status> statuses_;
    std::array<std::deque<std::int64_t>, offices> number_sends_;
    std::map<contact_id, std::deque<std::int64_t>> pair_sends_;
};

class scheduler_property : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(scheduler_property, keeps_order_and_rates_and_loses_nothing) {
    world simulated(GetParam());
    simulated.run(1200);
}

INSTANTIATE_TEST_SUITE_P(seeds, scheduler_property, ::testing::Range<std::uint64_t>(1, 25));

}  // namespace
}  // namespace siwareng::bot
