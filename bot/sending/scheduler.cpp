// Admission, order and pace; what becomes of an item after its send is in scheduler_outcomes.cpp.
#include "bot/sending/scheduler.hpp"

#include <algorithm>
#include <stdexcept>

namespace siwareng::bot {
namespace {

namespace actions = scheduler_actions;
using storage::lane;
using storage::outbox_id;
using storage::outbox_item;

/// During an outage, so many items are taken in to find one that can be the probe.
constexpr int probe_items_max = 4;
/// The bulk lanes keep what a number sends in this time; the rest waits in the store.
constexpr double bulk_ahead_s = 2;
constexpr std::size_t bulk_waiting_min = 16;
/// A bulk item that was sent away comes back within this time.
constexpr std::int64_t bulk_away_ms_max = 60'000;

std::size_t lane_index_of(lane value) {
    const auto raw = static_cast<std::size_t>(value);
    return std::clamp<std::size_t>(raw, 1, 4) - 1;
}

bool is_bulk(std::size_t lane_index) {
    return lane_index >= lane_index_of(lane::notice);
}
bool is_bulk(const outbox_item& item) {
    return is_bulk(lane_index_of(item.priority));
}

}  // namespace

scheduler::scheduler(const scheduler_limits& limits, const std::vector<scheduler_channel>& channels)
    : limits_(limits), pairs_(limits.pair_interval_ms, limits.pair_burst, limits.pair_buckets_max) {
    channels_.reserve(channels.size());
    for (const auto& [office, messages_per_s] : channels) {
        channel_of_office_.try_emplace(office, channels_.size());
        channels_.push_back(
            channel_state{.office = office, .bucket = number_bucket(messages_per_s), .ready = {}});
    }
}

scheduler_action_list scheduler::hand_over(std::vector<outbox_item> items, std::int64_t now_ms) {
    advance(now_ms);
    for (auto& item : items)
        admit(std::move(item));
    pump();
    return take_actions();
}

scheduler_action_list scheduler::tick(std::int64_t now_ms) {
    advance(now_ms);
    pump();
    return take_actions();
}

scheduler_action_list scheduler::stop(std::int64_t now_ms) {
    advance(now_ms);
    stopping_ = true;
    give_back_all(now_ms);
    return take_actions();
}

int scheduler::room() const {
    if (stopping_ || outage_closed()) return 0;
    const auto held = static_cast<int>(entries_.size());
    if (!outage()) return std::max(0, limits_.handed_max - held);
    if (outage_probe_ != 0) return 0;
    const int waiting = held - static_cast<int>(in_flight_);
    return std::max(0, std::min(probe_items_max - waiting, limits_.handed_max - held));
}

int scheduler::claim_room() const {
    const auto waiting = static_cast<int>(entries_.size() - in_flight_);
    return std::max(0, std::min(room(), (limits_.handed_max + 1) / 2 - waiting));
}

std::optional<std::int64_t> scheduler::wake_at() const {
    if (stopping_) return std::nullopt;
    std::optional<std::int64_t> next;
    const auto consider = [&](std::int64_t at) { next = std::min(next.value_or(at), at); };
    if (outage_closed()) consider(outage_end_);
    if (!pair_waits_.empty()) consider(pair_waits_.begin()->first);
    for (const auto& channel : channels_) {
        if (std::ranges::all_of(channel.ready, [](const auto& queue) { return queue.empty(); })) {
            continue;
        }
        const auto ready = std::max(channel.bucket.ready_at(), channel.pause_end);
        // What is ready and still here waits for an answer, not for a time.
        if (ready > inner_) consider(ready);
    }
    if (!next) return std::nullopt;
    const auto step = std::max<std::int64_t>(1, limits_.step_ms_max / 2);
    return wall(std::min(std::max(*next, inner_ + 1), inner_ + step));
}

scheduler_gauges scheduler::gauges() const {
    const auto stopped = std::ranges::count_if(channels_, &channel_state::stopped);
    return {entries_.size() - in_flight_, in_flight_, static_cast<std::size_t>(stopped),
            pairs_.size()};
}

void scheduler::advance(std::int64_t now_ms) {
    const std::int64_t before = wall_.value_or(now_ms);
    wall_ = now_ms;
    // Compared before the subtraction, as the wall clock is not ours to trust.
    if (now_ms <= before) return;
    inner_ += now_ms - before < limits_.step_ms_max ? now_ms - before : limits_.step_ms_max;
    for (auto& channel : channels_)
        channel.bucket.refill(inner_);
}

std::int64_t scheduler::wall(std::int64_t inner_ms) const {
    return wall_.value_or(0) + std::max<std::int64_t>(0, inner_ms - inner_);
}

scheduler_action_list scheduler::take_actions() {
    return std::exchange(out_, {});
}

void scheduler::admit(outbox_item item) {
    const outbox_id id = item.id;
    // The same row twice: the first one stands.
    if (entries_.contains(id)) return;
    if (stopping_) {
        out_.emplace_back(actions::release{id, wall(inner_)});
        return;
    }
    const auto found = channel_of_office_.find(item.office);
    if (found == channel_of_office_.end()) {
        out_.emplace_back(actions::release{id, wall(inner_ + limits_.channel_pause_ms)});
        out_.emplace_back(actions::office_unknown{item.office});
        return;
    }
    if (refuse(item, channels_[found->second])) return;

    // The store hands out a contact's next row once the one before is resolved. So the one that
    // still waits here was resolved by its status, and sending it would repeat it. The store knows:
    // give both back.
    const auto slot = contacts_.find(item.contact);
    if (slot != contacts_.end() && slot->second.waiting != 0) {
        give_back(slot->second.waiting, wall(inner_));
        out_.emplace_back(actions::release{id, wall(inner_)});
        return;
    }
    if (!make_room(item.priority)) {
        out_.emplace_back(actions::release{id, wall(inner_)});
        return;
    }
    const auto [place, added] =
        entries_.try_emplace(id, entry{std::move(item), found->second, place::ready, 0});
    if (added) place_waiting(id, place->second);
}

/// Sends away what cannot go soon; true if it did.
bool scheduler::refuse(const outbox_item& item, channel_state& channel) {
    const auto away = [&](std::int64_t until) {
        out_.emplace_back(actions::release{item.id, wall(until)});
        return true;
    };
    if (item.needs_window && wall(inner_) > item.window_until_ms) {
        out_.emplace_back(actions::record_failed{item.id, error_window_closed});
        return true;
    }
    // Attempts count doubts too: a message that may have reached its citizen so often is no more
    // sent again.
    if (item.attempts > limits_.attempts_max) {
        out_.emplace_back(actions::record_failed{item.id, 0});
        return true;
    }
    if (outage_closed()) return away(outage_end_);
    if (channel.stopped && inner_ < channel.pause_end) return away(channel.pause_end);
    if (!is_bulk(item)) return false;
    if (inner_ < channel.hold_end) return away(channel.hold_end);
    if (channel.bulk_waiting >= bulk_waiting_max(channel)) return away(bulk_turn_ms(channel));
    return false;
}

std::size_t scheduler::bulk_waiting_max(const channel_state& channel) const {
    const auto most = static_cast<std::size_t>(std::max(1, limits_.handed_max / 2));
    const double rate = channel.bucket.rate();
    if (rate <= 0) return most;
    const double ahead = std::min(rate * bulk_ahead_s, static_cast<double>(most));
    return std::min(most, std::max(bulk_waiting_min, static_cast<std::size_t>(ahead)));
}

/// The inner time at which the number will have come to one more bulk item: each that is sent away
/// gets a turn of its own, so that they do not all come back at once to be sent away again.
std::int64_t scheduler::bulk_turn_ms(channel_state& channel) const {
    const double each_ms = 1000 / std::max(1e-3, channel.bucket.rate());
    const auto ahead = static_cast<std::int64_t>(
        std::min(each_ms * static_cast<double>(channel.bulk_waiting), 1e6));
    channel.bulk_horizon = std::max(channel.bulk_horizon, inner_ + ahead) +
                           std::max<std::int64_t>(1, static_cast<std::int64_t>(each_ms));
    channel.bulk_horizon = std::min(channel.bulk_horizon, inner_ + bulk_away_ms_max);
    return channel.bulk_horizon;
}

/// When the memory is full, the newest item of the least urgent lane makes room for a more urgent
/// one.
bool scheduler::make_room(lane priority) {
    if (entries_.size() < static_cast<std::size_t>(std::max(1, limits_.handed_max))) return true;
    for (std::size_t index = lanes - 1; index > lane_index_of(priority); --index) {
        for (auto& channel : channels_) {
            if (channel.ready[index].empty()) continue;
            give_back(*channel.ready[index].rbegin(), wall(inner_));
            return true;
        }
    }
    return false;
}

void scheduler::place_waiting(outbox_id id, entry& held) {
    auto& slot = contacts_[held.item.contact];
    auto& channel = channels_[held.channel];
    slot.waiting = id;
    if (is_bulk(held.item)) ++channel.bulk_waiting;
    held.pair_ready = pairs_.ready_at(held.item.contact, inner_);
    if (slot.in_flight != 0) {
        held.where = place::contact_wait;
    } else if (held.pair_ready > inner_) {
        held.where = place::pair_wait;
        pair_waits_.emplace(held.pair_ready, id);
    } else {
        held.where = place::ready;
        channel.ready[lane_index_of(held.item.priority)].insert(id);
    }
}

/// Takes a waiting item out of its queue; the entry itself stays.
void scheduler::unplace(outbox_id id, const entry& held) {
    auto& channel = channels_[held.channel];
    if (held.where == place::pair_wait) pair_waits_.erase({held.pair_ready, id});
    if (held.where == place::ready) channel.ready[lane_index_of(held.item.priority)].erase(id);
    if (is_bulk(held.item)) --channel.bulk_waiting;
    contacts_[held.item.contact].waiting = 0;
}

void scheduler::forget_if_idle(storage::contact_id who) {
    const auto slot = contacts_.find(who);
    if (slot == contacts_.end()) return;
    if (slot->second.waiting == 0 && slot->second.in_flight == 0) contacts_.erase(slot);
}

void scheduler::give_back(outbox_id id, std::int64_t at_ms) {
    const auto held = entries_.find(id);
    const storage::contact_id who = held->second.item.contact;
    unplace(id, held->second);
    out_.emplace_back(actions::release{id, at_ms});
    entries_.erase(held);
    forget_if_idle(who);
}

void scheduler::give_back_channel(std::size_t channel, bool only_bulk, std::int64_t at_ms) {
    std::vector<outbox_id> ids;
    for (const auto& [id, held] : entries_) {
        if (held.where == place::in_flight || held.channel != channel) continue;
        if (!only_bulk || is_bulk(held.item)) ids.push_back(id);
    }
    std::ranges::sort(ids);
    for (const auto id : ids)
        give_back(id, at_ms);
}

void scheduler::give_back_all(std::int64_t at_ms) {
    for (std::size_t i = 0; i < channels_.size(); ++i)
        give_back_channel(i, false, at_ms);
}

/// Starts all that may start now: by lane, and within a lane the channels take turns.
void scheduler::pump() {
    promote_pairs();
    for (std::size_t index = 0; index < lanes; ++index) {
        while (has_slot(index) && launch_one(index)) {
        }
    }
}

void scheduler::promote_pairs() {
    while (!pair_waits_.empty() && pair_waits_.begin()->first <= inner_) {
        const outbox_id id = pair_waits_.begin()->second;
        auto& held = entries_.at(id);
        unplace(id, held);
        place_waiting(id, held);
    }
}

/// A quarter of the requests is kept for officers and replies, so that no broadcast delays them.
bool scheduler::has_slot(std::size_t lane_index) const {
    const auto most = static_cast<std::size_t>(std::max(1, limits_.in_flight_max));
    if (in_flight_ >= most) return false;
    return !is_bulk(lane_index) || bulk_in_flight_ < std::max<std::size_t>(1, most - most / 4);
}

bool scheduler::may_send(const channel_state& channel, std::size_t lane_index) const {
    if (channel.ready[lane_index].empty() || !channel.bucket.can_take()) return false;
    if (outage() && (outage_closed() || outage_probe_ != 0)) return false;
    return !channel.stopped || (inner_ >= channel.pause_end && channel.probe == 0);
}

bool scheduler::launch_one(std::size_t lane_index) {
    for (std::size_t step = 0; step < channels_.size(); ++step) {
        const std::size_t index = (turn_ + step) % channels_.size();
        if (!may_send(channels_[index], lane_index)) continue;
        turn_ = index + 1;
        launch(index, *channels_[index].ready[lane_index].begin());
        return true;
    }
    return false;
}

void scheduler::launch(std::size_t channel_index, outbox_id id) {
    auto& held = entries_.at(id);
    auto& channel = channels_[channel_index];
    // The window closed while the item waited here. The citizen may have written since: the store
    // knows, and says so with the next claim.
    if (held.item.needs_window && wall(inner_) > held.item.window_until_ms) {
        give_back(id, wall(inner_));
        return;
    }
    unplace(id, held);
    held.where = place::in_flight;
    contacts_[held.item.contact].in_flight = id;
    channel.bucket.take();
    pairs_.take(held.item.contact, inner_);
    ++in_flight_;
    if (is_bulk(held.item)) ++bulk_in_flight_;
    if (channel.stopped) channel.probe = id;
    if (outage()) outage_probe_ = id;
    out_.emplace_back(actions::send{held.item, channel_index});
}

scheduler::ended scheduler::end(outbox_id id) {
    const auto held = entries_.find(id);
    if (held == entries_.end() || held->second.where != place::in_flight) {
        throw std::logic_error("an outbox item was completed that is not in flight");
    }
    ended sent{std::move(held->second.item), held->second.channel, false, false};
    entries_.erase(held);
    --in_flight_;
    if (is_bulk(sent.item)) --bulk_in_flight_;
    contacts_[sent.item.contact].in_flight = 0;
    auto& channel = channels_[sent.channel];
    if (channel.probe == id) {
        channel.probe = 0;
        sent.channel_probe = true;
    }
    if (outage_probe_ == id) {
        outage_probe_ = 0;
        sent.outage_probe = true;
    }
    return sent;
}

}  // namespace siwareng::bot
