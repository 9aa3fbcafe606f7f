#pragma once

#include "bot/net/http.hpp"
#include "tools/emulator/scheduler.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace siwareng::tools {

/// A webhook to be delivered.
struct delivery {
    std::uint64_t id = 0;
    std::string citizen;  ///< whose it is; deliveries of one citizen stay in order
    std::string kind;     ///< "message", "status", "again", "raw"
    std::string wamid;
    std::string body;
    int attempts = 0;
};

/// How an attempt ended. `status` is 0 where no response came; `problem` then says why.
struct delivery_attempt {
    const delivery& what;
    int status = 0;
    std::string problem;
};

/// Where webhooks go, and how they are repeated.
struct delivery_options {
    std::string target;  ///< the path of the webhook
    std::string app_secret;
    int in_flight_max = 8;
    bool ordered_per_citizen = true;
    std::int64_t retry_first_ms = 200;
    std::int64_t retry_max_ms = 5000;
};

/// What was delivered so far.
struct delivery_counters {
    std::uint64_t pending = 0;    ///< a gauge: not yet answered with 200
    std::uint64_t delivered = 0;  ///< answered with 200
    std::uint64_t retried = 0;    ///< attempts after the first of a webhook
};

/// Delivers signed webhooks until each is answered with 200. First attempts go out in the order of
/// enqueue(), several at once, but for one citizen one after the other. On its executor, a strand.
class delivery_queue : public std::enable_shared_from_this<delivery_queue> {
  public:
    delivery_queue(const boost::asio::any_io_executor& executor,
                   std::shared_ptr<net::client> client, std::shared_ptr<scheduler> timers,
                   delivery_options options,
                   std::function<void(const delivery_attempt&)> on_attempt);

    void enqueue(delivery what);
    /// Delivers nothing more; attempts in flight go on.
    void stop();
    [[nodiscard]] const delivery_counters& counters() const { return counters_; }
    /// Webhooks of a citizen that were not yet answered with 200.
    [[nodiscard]] std::uint64_t pending(const std::string& citizen) const;

  private:
    static boost::asio::awaitable<void> attempt(std::shared_ptr<delivery_queue> self,
                                                std::string lane);
    void pump();
    void finish(const std::string& lane, int status, std::string problem);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<net::client> client_;
    std::shared_ptr<scheduler> timers_;
    delivery_options options_;
    std::function<void(const delivery_attempt&)> on_attempt_;
    delivery_counters counters_;
    /// Deliveries that wait for each other, the first of them in flight or due again later.
    std::unordered_map<std::string, std::deque<delivery>> lanes_;
    std::unordered_map<std::string, std::uint64_t> pending_;
    std::deque<std::string> ready_;
    std::uint64_t count_ = 0;
    int in_flight_ = 0;
    bool stopped_ = false;
};

/// Headers of a webhook with this body.
net::header_list webhook_headers(const std::string& body, const std::string& app_secret);

}  // namespace siwareng::tools
