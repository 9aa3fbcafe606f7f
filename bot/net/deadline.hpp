#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace siwareng::net {

/// The time limit of whatever a connection does at the moment: `on_expiry` runs on the executor (a
/// strand) once the limit is over, and again every 50 ms until it is lifted, because between two
/// steps of a composed operation there may be nothing to cancel.
///
/// `tcp_stream::expires_after` is not used: it closes the socket when time is up, so that a slow
/// client could not be told 408, and it costs a timer operation for each read. Here a new limit
/// that ends later than the pending timer is one store.
class deadline {
  public:
    using clock = std::chrono::steady_clock;

    deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry);
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;
    ~deadline();

    /// Starts anew: the limit is over after `limit` from now.
    void set(std::chrono::milliseconds limit);
    /// The same for a point in time.
    void set_until(clock::time_point due);
    /// No limit any more; the timer may still be pending.
    void lift();
    /// No limit, and nothing pending that would keep the executor's `run()` from returning.
    void rest();
    /// Did the limit that was set last run out?
    [[nodiscard]] bool expired() const;

    /// The one place where the network reads a clock: monotonic, for limits only.
    static clock::time_point now();

  private:
    struct state;
    static void wait(const std::shared_ptr<state>& self, clock::time_point until);
    static void on_timer(const std::shared_ptr<state>& self);

    std::shared_ptr<state> state_;
};

}  // namespace siwareng::net
