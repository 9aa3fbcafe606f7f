#pragma once

#include "bot/sending/error_table.hpp"
#include "bot/sending/scheduler_pacing.hpp"
#include "storage/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace siwareng::bot {

/// The limits that the scheduler keeps. Times are milliseconds.
struct scheduler_limits {
    std::int64_t pair_interval_ms = 6000;  ///< one message to one contact per this; 0: off
    int pair_burst = 45;
    int in_flight_max = 64;                   ///< requests at once
    int handed_max = 1024;                    ///< items held, those in flight included
    int attempts_max = 8;                     ///< refusals and doubts before an item fails
    std::int64_t doubt_wait_ms = 120'000;     ///< an item in doubt waits so long for its status
    std::int64_t channel_pause_ms = 300'000;  ///< a stopped channel tries one message after this
    std::int64_t hold_ms = 900'000;           ///< the spam limit keeps the bulk lanes so long
    /// A step of the clock longer than this counts as this: a wall clock that is set forward is no
    /// time in which the buckets could have been filled. Call tick() more often than this.
    std::int64_t step_ms_max = 5000;
    std::size_t pair_buckets_max = 262'144;
};

/// One number: its office, and how many messages it may send in any second (0: no limit).
struct scheduler_channel {
    std::string office;
    double messages_per_s = 80;
};

/// What the performer of the scheduler's decisions has to do, in the order given.
namespace scheduler_actions {

/// Send this on that channel, then call completed() exactly once.
struct send {
    storage::outbox_item item;
    std::size_t channel = 0;
};
/// storage::transaction::record_accepted.
struct record_accepted {
    storage::outbox_id id = 0;
    std::string wamid;
};
/// storage::transaction::record_retry.
struct record_retry {
    storage::outbox_id id = 0;
    int error_code = 0;
    std::int64_t at_ms = 0;
};
/// storage::transaction::record_failed.
struct record_failed {
    storage::outbox_id id = 0;
    int error_code = 0;
};
/// storage::transaction::record_in_doubt.
struct record_in_doubt {
    storage::outbox_id id = 0;
    std::int64_t until_ms = 0;
};
/// storage::transaction::release of one item.
struct release {
    storage::outbox_id id = 0;
    std::int64_t at_ms = 0;
};
/// storage::transaction::block_contact.
struct block_contact {
    storage::contact_id contact = 0;
};
/// Alert: the number sends nothing but one probe after each pause. `probe_failed`: it was stopped
/// before, and its probe was refused too.
struct channel_stopped {
    std::size_t channel = 0;
    int error_code = 0;
    bool probe_failed = false;
};
/// The alert is over: a probe went through.
struct channel_resumed {
    std::size_t channel = 0;
};
/// Alert: the bulk lanes of the number wait until then.
struct bulk_held {
    std::size_t channel = 0;
    int error_code = 0;
    std::int64_t until_ms = 0;
};
/// Alert: nothing is sent until then, as nothing gets through.
struct outage_began {
    std::int64_t until_ms = 0;
};
/// The alert is over.
struct outage_ended {};
/// Alert: no channel belongs to this office; its items go back to the store.
struct office_unknown {
    std::string office;
};

}  // namespace scheduler_actions

using scheduler_action =
    std::variant<scheduler_actions::send, scheduler_actions::record_accepted,
                 scheduler_actions::record_retry, scheduler_actions::record_failed,
                 scheduler_actions::record_in_doubt, scheduler_actions::release,
                 scheduler_actions::block_contact, scheduler_actions::channel_stopped,
                 scheduler_actions::channel_resumed, scheduler_actions::bulk_held,
                 scheduler_actions::outage_began, scheduler_actions::outage_ended,
                 scheduler_actions::office_unknown>;
using scheduler_action_list = std::vector<scheduler_action>;

/// What the scheduler holds now.
struct scheduler_gauges {
    std::size_t waiting = 0;
    std::size_t in_flight = 0;
    std::size_t channels_stopped = 0;
    std::size_t pair_buckets = 0;
};

/// The sender's decisions: which claimed item goes when, on which channel, and what becomes of it.
/// No I/O, no time of its own, no threads: every call takes the wall clock and returns what to do.
///
/// Every item handed over ends in exactly one of: accepted, retry, failed, in doubt, release. Items
/// that cannot go soon are not kept but released with a time, so that a crash puts only those in
/// doubt that were about to be sent, and no slow number fills the memory.
///
/// Time inside only moves forward, by the wall clock's steps (see step_ms_max). A wall clock set
/// back stops it for that step; one set forward costs at most one burst.
class scheduler {
  public:
    scheduler(const scheduler_limits& limits, const std::vector<scheduler_channel>& channels);

    /// Rows in state `sending`.
    [[nodiscard]] scheduler_action_list hand_over(std::vector<storage::outbox_item> items,
                                                  std::int64_t now_ms);
    /// How the send of `id` ended. An id that is not in flight is a bug and throws.
    [[nodiscard]] scheduler_action_list completed(storage::outbox_id id,
                                                  const send_outcome& outcome, std::int64_t now_ms);
    /// Moves on with time. Call it at wake_at(), and more often than step_ms_max.
    [[nodiscard]] scheduler_action_list tick(std::int64_t now_ms);
    /// Gives back what waits, and from now on what is handed over. What is in flight goes on.
    [[nodiscard]] scheduler_action_list stop(std::int64_t now_ms);

    /// How many more items may be handed over now; 0 while nothing gets through.
    [[nodiscard]] int room() const;
    /// How many of them a claim may take: half of the room is kept for the replies of turns.
    [[nodiscard]] int claim_room() const;
    /// Does everything wait for an outage to end? When this turns false, claiming is worth a try.
    [[nodiscard]] bool paused() const { return outage_closed(); }
    /// Wall-clock time of the next tick() that has something to do; nothing while only events can
    /// change anything.
    [[nodiscard]] std::optional<std::int64_t> wake_at() const;
    [[nodiscard]] scheduler_gauges gauges() const;

  private:
    static constexpr std::size_t lanes = 4;

    /// Where an item is inside the scheduler.
    enum class place : std::uint8_t {
        ready,         ///< in its channel's lane
        pair_wait,     ///< until its contact's pair bucket has room
        contact_wait,  ///< until the contact's message in flight is answered
        in_flight,
    };
    struct entry {
        storage::outbox_item item;
        std::size_t channel = 0;
        place where = place::ready;
        std::int64_t pair_ready = 0;  ///< where pair_wait
    };
    /// At most one item in flight and one waiting for a contact.
    struct contact_slot {
        storage::outbox_id in_flight = 0;
        storage::outbox_id waiting = 0;
    };
    struct channel_state {
        std::string office;
        number_bucket bucket;
        /// Ordered by outbox id: the oldest goes first.
        std::array<std::set<storage::outbox_id>, lanes> ready;
        std::size_t bulk_waiting = 0;
        bool stopped = false;
        std::int64_t pause_end = 0;     ///< where stopped: then a probe may go
        storage::outbox_id probe = 0;   ///< the probe in flight
        std::int64_t hold_end = 0;      ///< the bulk lanes wait until then
        std::int64_t bulk_horizon = 0;  ///< when the last bulk item that was sent away may come
    };

    /// An item whose send has ended, and whether it was a probe.
    struct ended {
        storage::outbox_item item;
        std::size_t channel = 0;
        bool channel_probe = false;
        bool outage_probe = false;
    };

    void advance(std::int64_t now_ms);
    [[nodiscard]] std::int64_t wall(std::int64_t inner_ms) const;
    [[nodiscard]] scheduler_action_list take_actions();

    void admit(storage::outbox_item item);
    [[nodiscard]] bool refuse(const storage::outbox_item& item, channel_state& channel);
    [[nodiscard]] bool make_room(storage::lane priority);
    [[nodiscard]] std::size_t bulk_waiting_max(const channel_state& channel) const;
    [[nodiscard]] std::int64_t bulk_turn_ms(channel_state& channel) const;
    void place_waiting(storage::outbox_id id, entry& held);
    void unplace(storage::outbox_id id, const entry& held);
    void forget_if_idle(storage::contact_id who);
    void give_back(storage::outbox_id id, std::int64_t at_ms);
    void give_back_channel(std::size_t channel, bool only_bulk, std::int64_t at_ms);
    void give_back_all(std::int64_t at_ms);

    void pump();
    void promote_pairs();
    [[nodiscard]] bool has_slot(std::size_t lane_index) const;
    [[nodiscard]] bool may_send(const channel_state& channel, std::size_t lane_index) const;
    [[nodiscard]] bool launch_one(std::size_t lane_index);
    void launch(std::size_t channel_index, storage::outbox_id id);

    [[nodiscard]] ended end(storage::outbox_id id);
    void on_outcome(const ended& sent, const send_accepted& outcome);
    void on_outcome(const ended& sent, const send_refused& outcome);
    void on_outcome(const ended& sent, const send_not_sent& outcome);
    void on_outcome(const ended& sent, const send_in_doubt& outcome);
    void settle_contact(storage::contact_id who, bool resolved);
    void retry_after(const ended& sent, int error_code, std::int64_t delay_ms);
    void stop_channel(const ended& sent, int error_code);
    void resume_channel(std::size_t channel_index);
    void probe_again(const ended& sent);
    void hold_bulk(const ended& sent, int error_code);

    [[nodiscard]] bool outage() const { return outage_end_ != 0; }
    [[nodiscard]] bool outage_closed() const { return outage() && inner_ < outage_end_; }
    void got_through();
    void got_nowhere(const ended& sent);

    scheduler_limits limits_;
    std::vector<channel_state> channels_;
    std::unordered_map<std::string, std::size_t> channel_of_office_;
    std::unordered_map<storage::outbox_id, entry> entries_;
    std::unordered_map<storage::contact_id, contact_slot> contacts_;
    std::set<std::pair<std::int64_t, storage::outbox_id>> pair_waits_;
    pair_buckets pairs_;
    std::size_t in_flight_ = 0;
    std::size_t bulk_in_flight_ = 0;
    std::size_t turn_ = 0;  ///< the channel that is looked at first
    bool stopping_ = false;

    std::int64_t inner_ = 1;  ///< inner time: milliseconds, only forward
    std::optional<std::int64_t> wall_;

    // The breaker: after some failures in a row nothing is sent but one probe after each pause.
    int failures_ = 0;
    int outages_in_row_ = 0;
    std::int64_t outage_end_ = 0;  ///< 0: none
    storage::outbox_id outage_probe_ = 0;

    scheduler_action_list out_;
};

/// How long the n-th retry waits (n from 0), with a jitter of up to half of it that depends only on
/// the outbox id and n: rows that failed together do not come back together, and tests repeat.
/// For the actions that retry; 0 for the others.
std::int64_t retry_delay_ms(error_action action, storage::outbox_id id, int attempts);

}  // namespace siwareng::bot
