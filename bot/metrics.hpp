#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace siwareng::bot {

/// What the program counts. One name, one line of help and one unit each: metrics.cpp.
enum class counter : std::uint8_t {
    webhooks_accepted,  ///< answered with 200 after the commit
    webhooks_bad_signature,
    webhooks_unreadable,  ///< signed, but not JSON
    webhooks_busy,        ///< answered with 503: queue full, disk full or shutting down
    messages_handled,     ///< turns
    messages_repeated,    ///< redeliveries that did nothing
    messages_kept,        ///< no turn was due
    messages_failed,      ///< turns that failed; staff must look
    statuses_applied,
    statuses_stale,
    statuses_parked,
    notices,  ///< account events, errors and unknown fields
    roll_found,
    roll_not_found,
    roll_throttled,
    roll_enumeration,  ///< a contact or a NIK went over its limit of failed checks
    handoffs_opened,
    timers_fired,
    how_many  ///< not a counter: their number
};

/// Values that go up and down, read when `/metrics` is asked for.
enum class gauge : std::uint8_t {
    contacts,
    inbound_failed,
    outbox_queued,
    outbox_sending,
    outbox_in_doubt,
    outbox_failed,
    outbox_oldest_unsent_seconds,
    handoffs_open,
    parked_statuses,
    store_queue_jobs,
    sends_accepted,
    sends_refused,
    sends_retried,
    sends_in_doubt,
    sends_failed,
    sends_window_closed,
    channels_stopped,
    sender_in_flight,
    http_connections,
    http_requests,
    http_bad_requests,
    roll_voters,
    how_many  ///< not a gauge: their number
};

/// The program's metrics in Prometheus' text format. Safe from any thread; never personal data.
class metrics {
  public:
    virtual ~metrics() = default;
    metrics() = default;
    metrics(const metrics&) = delete;
    metrics& operator=(const metrics&) = delete;

    virtual void add(counter which, std::uint64_t amount = 1) = 0;
    virtual void set(gauge which, double value) = 0;
    /// One commit of the store: how many jobs, how long.
    virtual void observe_commit(std::size_t jobs, std::int64_t microseconds) = 0;
    /// The current value, for tests and alarms.
    [[nodiscard]] virtual double value(counter which) const = 0;
    /// The body of `GET /metrics`.
    [[nodiscard]] virtual std::string text() const = 0;
};

/// A registry of its own, all values 0.
std::unique_ptr<metrics> create_metrics();

}  // namespace siwareng::bot
