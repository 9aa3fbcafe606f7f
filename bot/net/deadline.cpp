#include "bot/net/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace siwareng::net {
namespace {

constexpr std::chrono::milliseconds repeat_interval{50};
constexpr auto never = deadline::clock::time_point::max();

}  // namespace

struct deadline::state {
    state(const boost::asio::any_io_executor& executor, std::function<void()> callback)
        : timer(executor), on_expiry(std::move(callback)) {}

    boost::asio::steady_timer timer;
    std::function<void()> on_expiry;
    clock::time_point due = never;
    /// When the pending timer fires; `never` if none is pending.
    clock::time_point fires = never;
    bool expired = false;
};

deadline::deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry)
    : state_(std::make_shared<state>(executor, std::move(on_expiry))) {}

deadline::~deadline() = default;

deadline::clock::time_point deadline::now() {
    return clock::now();
}

void deadline::set(std::chrono::milliseconds limit) {
    set_until(now() + limit);
}

void deadline::set_until(clock::time_point due) {
    state_->expired = false;
    state_->due = due;
    if (due < state_->fires) wait(state_, due);
}

void deadline::lift() {
    state_->due = never;
    state_->expired = false;
}

void deadline::rest() {
    lift();
    state_->fires = never;
    state_->timer.cancel();
}

bool deadline::expired() const {
    return state_->expired;
}

void deadline::wait(const std::shared_ptr<state>& self, clock::time_point until) {
    self->fires = until;
    self->timer.expires_at(until);
    // Only a weak pointer: a wait that has already succeeded is not undone by the timer's end.
    self->timer.async_wait(
        [weak = std::weak_ptr<state>(self)](const boost::system::error_code& error) {
            if (error) return;
            if (const auto alive = weak.lock()) on_timer(alive);
        });
}

void deadline::on_timer(const std::shared_ptr<state>& self) {
    const auto at = now();
    // An older wait whose success was already queued when a newer one replaced it.
    if (at < self->fires) return;
    self->fires = never;
    if (self->due == never) return;
    if (at < self->due) {
        wait(self, self->due);
        return;
    }
    self->expired = true;
    wait(self, at + repeat_interval);
    self->on_expiry();
}

}  // namespace siwareng::net
