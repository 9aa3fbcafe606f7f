#include "tools/emulator/delivery.hpp"

#include "bot/webhook/signature.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace siwareng::tools {
namespace asio = boost::asio;

net::header_list webhook_headers(const std::string& body, const std::string& app_secret) {
    return {{"Content-Type", "application/json"},
            {"Accept", "*/*"},
            {"X-Hub-Signature-256", bot::sign_body(body, app_secret)}};
}

delivery_queue::delivery_queue(const asio::any_io_executor& executor,
                               std::shared_ptr<net::client> client,
                               std::shared_ptr<scheduler> timers, delivery_options options,
                               std::function<void(const delivery_attempt&)> on_attempt)
    : executor_(executor),
      client_(std::move(client)),
      timers_(std::move(timers)),
      options_(std::move(options)),
      on_attempt_(std::move(on_attempt)) {}

void delivery_queue::enqueue(delivery what) {
    if (stopped_) return;
    what.id = ++count_;
    ++counters_.pending;
    ++pending_[what.citizen];
    const std::string lane =
        options_.ordered_per_citizen ? what.citizen : fmt::format("{}", what.id);
    auto& queue = lanes_[lane];
    queue.push_back(std::move(what));
    if (queue.size() == 1) ready_.push_back(lane);
    pump();
}

void delivery_queue::stop() {
    stopped_ = true;
    ready_.clear();
}

std::uint64_t delivery_queue::pending(const std::string& citizen) const {
    const auto found = pending_.find(citizen);
    return found == pending_.end() ? 0 : found->second;
}

void delivery_queue::pump() {
    while (!stopped_ && in_flight_ < options_.in_flight_max && !ready_.empty()) {
        std::string lane = std::move(ready_.front());
        ready_.pop_front();
        ++in_flight_;
        // Nothing in an attempt throws but a lack of memory, which may end the program.
        asio::co_spawn(executor_, attempt(shared_from_this(), std::move(lane)),
                       [](const std::exception_ptr& problem) {
                           if (problem) std::rethrow_exception(problem);
                       });
    }
}

asio::awaitable<void> delivery_queue::attempt(std::shared_ptr<delivery_queue> self,
                                              std::string lane) {
    delivery& what = self->lanes_.at(lane).front();
    if (what.attempts++ > 0) ++self->counters_.retried;
    // The delivery stays at the front of its lane, and a deque's front does not move.
    auto answer = co_await self->client_->send(
        "POST", self->options_.target, webhook_headers(what.body, self->options_.app_secret),
        what.body);
    if (answer) {
        self->finish(lane, answer->status, {});
    } else {
        self->finish(lane, 0, std::move(answer.error().message));
    }
}

void delivery_queue::finish(const std::string& lane, int status, std::string problem) {
    --in_flight_;
    auto& queue = lanes_.at(lane);
    on_attempt_({queue.front(), status, std::move(problem)});
    // Only 200 is success: other 2xx make Meta deliver again.
    if (status == 200) {
        ++counters_.delivered;
        --counters_.pending;
        if (const auto count = pending_.find(queue.front().citizen); --count->second == 0) {
            pending_.erase(count);
        }
        queue.pop_front();
        if (queue.empty()) {
            lanes_.erase(lane);
        } else {
            ready_.push_back(lane);
        }
    } else {
        const int doublings = std::min(queue.front().attempts - 1, 20);
        const auto wait = std::min(options_.retry_first_ms << doublings, options_.retry_max_ms);
        timers_->after(std::chrono::milliseconds(wait), [weak = weak_from_this(), lane] {
            if (const auto self = weak.lock()) {
                self->ready_.push_back(lane);
                self->pump();
            }
        });
    }
    pump();
}

}  // namespace siwareng::tools
