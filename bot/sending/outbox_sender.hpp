#pragma once

#include "bot/sending/cloud_api.hpp"
#include "storage/ports.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace siwareng::bot {

/// Numbers, limits and waits of the sender.
struct sender_options {
    std::vector<channel> channels;
    std::int64_t pair_interval_ms = 6000;  ///< one message to one user per this; 0: off
    int pair_burst = 45;
    int in_flight_max = 64;                ///< requests at once
    int handed_max = 1024;                 ///< claimed rows held in memory
    int attempts_max = 8;                  ///< refusals and doubts before a row fails
    std::int64_t doubt_wait_ms = 120'000;  ///< how long a row in doubt waits for its status
    std::int64_t poll_ms = 1000;           ///< how often due rows and expired doubts are looked for
    std::int64_t channel_pause_ms = 300'000;  ///< a stopped channel tries one message after this
};

/// What the sender did, for metrics and alerts. Counters only grow.
struct sender_counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t retried = 0;
    std::uint64_t in_doubt = 0;
    std::uint64_t failed = 0;
    std::uint64_t window_closed = 0;
    std::uint64_t channels_stopped = 0;  ///< a gauge: channels stopped now
    std::uint64_t in_flight = 0;         ///< a gauge
    std::uint64_t handed = 0;            ///< a gauge: claimed rows waiting for their turn
};

/// Sends what the outbox holds: order per contact, lanes, token buckets per number and per pair,
/// the error table, the 24-hour window, doubt. Its decisions are a state machine without I/O
/// (sending/scheduler.hpp); this class only performs them.
class outbox_sender {
  public:
    virtual ~outbox_sender() = default;
    outbox_sender() = default;
    outbox_sender(const outbox_sender&) = delete;
    outbox_sender& operator=(const outbox_sender&) = delete;

    /// Puts rows of the last process in doubt, then starts polling. Once.
    virtual void start() = 0;
    /// May a turn hand its reply over directly? Any thread.
    [[nodiscard]] virtual bool has_room() const = 0;
    /// Committed rows in state `sending`. Any thread; one call a batch.
    virtual void hand_over(std::vector<storage::outbox_item> items) = 0;
    /// Marks an inbound message as read: best effort, dropped when busy. Any thread.
    virtual void mark_read(std::string office, std::string wamid) = 0;
    [[nodiscard]] virtual sender_counters counters() const = 0;
    /// Sends nothing new, waits for requests in flight, gives the rest back. `done` runs on the
    /// executor. Once.
    virtual void stop(std::function<void()> done) = 0;
};

/// `clock_ms` is wall-clock milliseconds. The sender runs on `executor` (a strand); the store's
/// callbacks are posted to it.
std::unique_ptr<outbox_sender> create_outbox_sender(const boost::asio::any_io_executor& executor,
                                                    storage::store& store, cloud_api& api,
                                                    const sender_options& options,
                                                    std::function<std::int64_t()> clock_ms);

}  // namespace siwareng::bot
