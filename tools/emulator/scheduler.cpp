#include "tools/emulator/scheduler.hpp"

#include "bot/net/deadline.hpp"

#include <utility>

namespace siwareng::tools {

void scheduler::after(std::chrono::milliseconds delay, std::function<void()> work) {
    if (stopped_) return;
    const auto added = waiting_.emplace(net::deadline::now() + delay, std::move(work));
    if (added == waiting_.begin()) arm();
}

void scheduler::stop() {
    stopped_ = true;
    waiting_.clear();
    timer_.cancel();
}

void scheduler::arm() {
    timer_.expires_at(waiting_.begin()->first);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        if (error) return;
        if (const auto self = weak.lock()) self->run_due();
    });
}

void scheduler::run_due() {
    while (!waiting_.empty() && waiting_.begin()->first <= net::deadline::now()) {
        // Taken out first: the work may schedule more.
        const auto due = waiting_.extract(waiting_.begin());
        due.mapped()();
    }
    if (!waiting_.empty()) arm();
}

}  // namespace siwareng::tools
