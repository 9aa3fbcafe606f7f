// What becomes of an item after its send, and of its number; see scheduler.hpp.
#include "bot/sending/scheduler.hpp"

#include <algorithm>
#include <array>
#include <variant>

namespace siwareng::bot {
namespace {

namespace actions = scheduler_actions;
using storage::outbox_id;

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t minute_ms = 60 * second_ms;
constexpr std::int64_t hour_ms = 60 * minute_ms;

/// Failures in a row, without one answer between them, that make an outage.
constexpr int outage_failures = 3;
constexpr std::int64_t outage_pause_ms_max = minute_ms;
/// Before that: how soon an item that was never sent is tried again.
constexpr std::int64_t not_sent_delay_ms = 500;
/// A probe that neither proved nor disproved the channel is followed by another.
constexpr std::int64_t probe_again_ms = 5 * second_ms;

/// splitmix64: spreads neighbouring ids evenly.
std::uint64_t mix(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15U;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31U);
}

/// `delay` and up to half of it more, always the same for the same id and attempt.
std::int64_t with_jitter(std::int64_t delay, outbox_id id, int attempt) {
    const auto seed =
        mix(static_cast<std::uint64_t>(id) ^ mix(static_cast<std::uint64_t>(attempt)));
    const auto part = static_cast<std::int64_t>(seed % 1024);
    return delay + delay / 2 * part / 1024;
}

/// base * factor^n, at most an hour.
std::int64_t exponential(std::int64_t base, std::int64_t factor, int n) {
    for (int i = 0; i < n && base < hour_ms; ++i)
        base *= factor;
    return std::min(base, hour_ms);
}

/// Meta looked at the message itself and refused only that: the number works.
bool proves_channel(error_action action) {
    using enum error_action;
    constexpr std::array proofs{slow_number,     retry_pair,     hold_number,
                                block_recipient, needs_template, permanent};
    return std::ranges::find(proofs, action) != proofs.end();
}

}  // namespace

std::int64_t retry_delay_ms(error_action action, outbox_id id, int attempts) {
    using enum error_action;
    switch (action) {
        // Threefold: eight attempts reach over an hour, longer than most disturbances at Meta.
        case retry:
        case slow_number:
            return with_jitter(exponential(second_ms, 3, attempts), id, attempts);
        case retry_pair:
            return with_jitter(exponential(second_ms, 4, attempts), id, attempts);
        case retry_later:
        case hold_number:
            return with_jitter(exponential(minute_ms, 2, attempts), id, attempts);
        case block_recipient:
        case needs_template:
        case stop_channel:
        case permanent:
            return 0;
    }
    return 0;
}

scheduler_action_list scheduler::completed(outbox_id id, const send_outcome& outcome,
                                           std::int64_t now_ms) {
    advance(now_ms);
    const ended sent = end(id);
    const std::size_t before = out_.size();
    std::visit([&](const auto& how) { on_outcome(sent, how); }, outcome);
    const bool resolved =
        std::any_of(out_.begin() + static_cast<std::ptrdiff_t>(before), out_.end(), [&](auto& act) {
            const auto* failed = std::get_if<actions::record_failed>(&act);
            const auto* accepted = std::get_if<actions::record_accepted>(&act);
            return (failed && failed->id == id) || (accepted && accepted->id == id);
        });
    settle_contact(sent.item.contact, resolved);
    pump();
    return take_actions();
}

void scheduler::on_outcome(const ended& sent, const send_accepted& outcome) {
    out_.emplace_back(actions::record_accepted{sent.item.id, outcome.wamid});
    got_through();
    if (sent.channel_probe) resume_channel(sent.channel);
}

void scheduler::on_outcome(const ended& sent, const send_refused& outcome) {
    got_through();
    auto& channel = channels_[sent.channel];
    const int code = outcome.error_code;
    const auto delay = retry_delay_ms(outcome.action, sent.item.id, sent.item.attempts);
    switch (outcome.action) {
        case error_action::retry:
            retry_after(sent, code, delay);
            break;
        case error_action::slow_number:
            channel.bucket.slow_down();
            retry_after(sent, code, delay);
            break;
        case error_action::retry_pair:
            pairs_.drain(sent.item.contact, inner_);
            retry_after(sent, code, delay);
            break;
        case error_action::retry_later:
            // A quota or a maintenance meets every message of the number alike.
            channel.bucket.slow_down();
            retry_after(sent, code, delay);
            break;
        case error_action::hold_number:
            hold_bulk(sent, code);
            break;
        case error_action::block_recipient:
            // First the block: the contact's next row must not be claimed by the failure.
            out_.emplace_back(actions::block_contact{sent.item.contact});
            out_.emplace_back(actions::record_failed{sent.item.id, code});
            break;
        case error_action::needs_template:
        case error_action::permanent:
            out_.emplace_back(actions::record_failed{sent.item.id, code});
            break;
        case error_action::stop_channel:
            stop_channel(sent, code);
            return;
    }
    if (!sent.channel_probe) return;
    if (proves_channel(outcome.action)) {
        resume_channel(sent.channel);
    } else {
        probe_again(sent);
    }
}

void scheduler::on_outcome(const ended& sent, const send_not_sent& /*outcome*/) {
    got_nowhere(sent);
    probe_again(sent);
    const auto delay = with_jitter(not_sent_delay_ms, sent.item.id, failures_);
    const auto at = outage_closed() ? outage_end_ : inner_ + delay;
    // Released, not retried: it costs no attempt, as networks fail for hours.
    out_.emplace_back(actions::release{sent.item.id, wall(at)});
}

void scheduler::on_outcome(const ended& sent, const send_in_doubt& /*outcome*/) {
    // Silence is a failure for the breaker too: each message in doubt may reach a citizen twice.
    got_nowhere(sent);
    probe_again(sent);
    out_.emplace_back(actions::record_in_doubt{sent.item.id, wall(inner_) + limits_.doubt_wait_ms});
}

/// The contact's next item was handed over while this one was in flight: its status came first.
void scheduler::settle_contact(storage::contact_id who, bool resolved) {
    const auto slot = contacts_.find(who);
    if (slot == contacts_.end()) return;
    const outbox_id next = slot->second.waiting;
    if (next == 0) {
        forget_if_idle(who);
    } else if (resolved) {
        auto& held = entries_.at(next);
        unplace(next, held);
        place_waiting(next, held);
    } else {
        // The order of the two is for the store to decide.
        give_back(next, wall(inner_));
    }
}

void scheduler::retry_after(const ended& sent, int error_code, std::int64_t delay_ms) {
    if (sent.item.attempts >= limits_.attempts_max) {
        out_.emplace_back(actions::record_failed{sent.item.id, error_code});
    } else {
        out_.emplace_back(actions::record_retry{sent.item.id, error_code, wall(inner_) + delay_ms});
    }
}

void scheduler::stop_channel(const ended& sent, int error_code) {
    auto& channel = channels_[sent.channel];
    // The message that stopped a number may be the only one that is refused. Coming back after the
    // others, it lets one of them be the next probe.
    const std::int64_t behind = limits_.channel_pause_ms / 4;
    if (channel.stopped && !sent.channel_probe) {
        // It was in flight when another one stopped the number.
        const auto at = std::max(channel.pause_end, inner_ + probe_again_ms);
        out_.emplace_back(actions::release{sent.item.id, wall(at)});
        return;
    }
    channel.pause_end = inner_ + limits_.channel_pause_ms;
    channel.stopped = true;
    out_.emplace_back(actions::channel_stopped{sent.channel, error_code, sent.channel_probe});
    give_back_channel(sent.channel, false, wall(channel.pause_end));
    if (sent.channel_probe) {
        // Not its fault, so no attempt: a token may be out of date for a whole weekend.
        out_.emplace_back(actions::release{sent.item.id, wall(channel.pause_end + behind)});
    } else {
        retry_after(sent, error_code, limits_.channel_pause_ms + behind);
    }
}

void scheduler::resume_channel(std::size_t channel_index) {
    auto& channel = channels_[channel_index];
    channel.stopped = false;
    channel.pause_end = 0;
    out_.emplace_back(actions::channel_resumed{channel_index});
}

void scheduler::probe_again(const ended& sent) {
    if (sent.channel_probe) channels_[sent.channel].pause_end = inner_ + probe_again_ms;
}

void scheduler::hold_bulk(const ended& sent, int error_code) {
    auto& channel = channels_[sent.channel];
    const bool held = inner_ < channel.hold_end;
    channel.hold_end = inner_ + limits_.hold_ms;
    if (!held) {
        out_.emplace_back(actions::bulk_held{sent.channel, error_code, wall(channel.hold_end)});
    }
    give_back_channel(sent.channel, true, wall(channel.hold_end));
    const bool bulk = sent.item.priority >= storage::lane::notice;
    const auto delay = retry_delay_ms(error_action::hold_number, sent.item.id, sent.item.attempts);
    retry_after(sent, error_code, bulk ? std::max(delay, limits_.hold_ms) : delay);
}

/// An answer came, whatever it says: the network and the API are there.
void scheduler::got_through() {
    failures_ = 0;
    outages_in_row_ = 0;
    if (!outage()) return;
    outage_end_ = 0;
    outage_probe_ = 0;
    out_.emplace_back(actions::outage_ended{});
}

void scheduler::got_nowhere(const ended& sent) {
    // Requests of before the outage say nothing new; only its probe does.
    if (outage() && !sent.outage_probe) return;
    if (!outage() && ++failures_ < outage_failures) return;
    const bool began = !outage();
    const auto pause = std::min(exponential(second_ms, 2, outages_in_row_), outage_pause_ms_max);
    ++outages_in_row_;
    outage_end_ = inner_ + with_jitter(pause, sent.item.id, outages_in_row_);
    give_back_all(wall(outage_end_));
    if (began) out_.emplace_back(actions::outage_began{wall(outage_end_)});
}

}  // namespace siwareng::bot
