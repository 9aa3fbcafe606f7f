#include "bot/sending/scheduler_pacing.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace siwareng::bot {
namespace {

/// Part of a second's messages that may go in one burst. The rest flows in evenly.
constexpr double burst_part = 1.0 / 20;
constexpr double slow_factor_min = 1.0 / 16;
/// What comes back of the full rate in each second: a halved rate is whole again after 25 s.
constexpr double recovery_per_s = 0.02;
/// Refusals within this time belong to requests of the same moment.
constexpr std::int64_t slow_once_per_ms = 2000;
/// A number without a limit of its own that is told to slow down starts from Meta's default.
constexpr double default_rate = 80;
constexpr std::size_t sweep_min = 1024;

}  // namespace

number_bucket::number_bucket(double messages_per_s) : full_rate_(messages_per_s), tokens_(0) {
    tokens_ = size();
}

double number_bucket::rate() const {
    if (unlimited()) return 0;
    return (full_rate_ > 0 ? full_rate_ : default_rate) * factor_;
}

double number_bucket::size() const {
    return std::max(1.0, std::floor(rate() * burst_part));
}

double number_bucket::inflow_per_ms() const {
    return (rate() - (size() - 1)) / 1000;
}

void number_bucket::refill(std::int64_t at_ms) {
    const auto passed = static_cast<double>(at_ms - now_);
    now_ = at_ms;
    if (unlimited() || passed <= 0) return;
    tokens_ = std::min(size(), tokens_ + passed * inflow_per_ms());
    factor_ = std::min(1.0, factor_ + recovery_per_s * passed / 1000);
}

bool number_bucket::can_take() const {
    return unlimited() || tokens_ >= 1;
}

void number_bucket::take() {
    if (!unlimited()) tokens_ -= 1;
}

std::int64_t number_bucket::ready_at() const {
    if (can_take()) return now_;
    return now_ + std::max<std::int64_t>(
                      1, static_cast<std::int64_t>(std::ceil((1 - tokens_) / inflow_per_ms())));
}

void number_bucket::slow_down() {
    if (slowed_at_ != 0 && now_ - slowed_at_ < slow_once_per_ms) return;
    slowed_at_ = now_;
    factor_ = std::max(slow_factor_min, factor_ / 2);
    tokens_ = std::min(tokens_, 0.0);
}

pair_buckets::pair_buckets(std::int64_t interval_ms, int burst, std::size_t buckets_max)
    : interval_ms_(std::max<std::int64_t>(0, interval_ms)),
      debt_max_ms_(interval_ms_ * (std::max(1, burst) - 1)),
      buckets_max_(std::max<std::size_t>(1, buckets_max)),
      sweep_at_(std::min(sweep_min, buckets_max_)) {}

std::int64_t pair_buckets::ready_at(storage::contact_id who, std::int64_t now_ms) const {
    const auto bucket = full_at_.find(who);
    return bucket == full_at_.end() ? now_ms : bucket->second - debt_max_ms_;
}

void pair_buckets::take(storage::contact_id who, std::int64_t now_ms) {
    if (interval_ms_ == 0) return;
    if (full_at_.size() >= sweep_at_ && !full_at_.contains(who)) forget_full(now_ms);
    auto& full_at = full_at_[who];
    full_at = std::max(full_at, now_ms) + interval_ms_;
}

void pair_buckets::drain(storage::contact_id who, std::int64_t now_ms) {
    if (interval_ms_ == 0) return;
    if (full_at_.size() >= sweep_at_ && !full_at_.contains(who)) forget_full(now_ms);
    auto& full_at = full_at_[who];
    full_at = std::max(full_at, now_ms + debt_max_ms_ + interval_ms_);
}

void pair_buckets::forget_full(std::int64_t now_ms) {
    std::erase_if(full_at_, [&](const auto& bucket) { return bucket.second <= now_ms; });
    if (full_at_.size() >= buckets_max_) {
        std::vector<std::int64_t> times;
        times.reserve(full_at_.size());
        for (const auto& [who, full_at] : full_at_)
            times.push_back(full_at);
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::ranges::nth_element(times, middle);
        const std::int64_t limit = *middle;
        std::erase_if(full_at_, [&](const auto& bucket) { return bucket.second <= limit; });
    }
    sweep_at_ = std::clamp(full_at_.size() * 2, std::min(sweep_min, buckets_max_), buckets_max_);
}

}  // namespace siwareng::bot
