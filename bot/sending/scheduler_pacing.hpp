#pragma once

#include "storage/types.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace siwareng::bot {

/// The token bucket of one number. Times are the scheduler's inner milliseconds, which never go
/// back. In any second it lets through at most `messages_per_s`: its size and what flows in within
/// a second add up to that.
class number_bucket {
  public:
    /// 0 or less: no limit until slow_down() is called.
    explicit number_bucket(double messages_per_s);

    /// Moves on to `at_ms`; the other calls speak about that time.
    void refill(std::int64_t at_ms);
    [[nodiscard]] bool can_take() const;
    void take();
    /// When can_take() becomes true; now if it is.
    [[nodiscard]] std::int64_t ready_at() const;

    /// The API said that the number sends too fast: half the rate (down to 1/16), which comes back
    /// little by little. Answers to requests of the same moment count once.
    void slow_down();
    /// Messages per second now; 0 for no limit.
    [[nodiscard]] double rate() const;

  private:
    [[nodiscard]] bool unlimited() const { return full_rate_ <= 0 && factor_ >= 1; }
    [[nodiscard]] double size() const;
    [[nodiscard]] double inflow_per_ms() const;

    double full_rate_;
    double factor_ = 1;
    double tokens_;
    std::int64_t now_ = 0;
    std::int64_t slowed_at_ = 0;
};

/// A token bucket per contact, kept as one time each: when the bucket will be full again. Full
/// buckets are forgotten, so memory follows the contacts of the last minutes; above `buckets_max`
/// those nearest to full are forgotten too.
class pair_buckets {
  public:
    /// `interval_ms` 0: no limit, nothing is kept.
    pair_buckets(std::int64_t interval_ms, int burst, std::size_t buckets_max);

    /// When a message to the contact may go; not after `now_ms` if at once.
    [[nodiscard]] std::int64_t ready_at(storage::contact_id who, std::int64_t now_ms) const;
    void take(storage::contact_id who, std::int64_t now_ms);
    /// The API said that the contact gets too many: its bucket is empty.
    void drain(storage::contact_id who, std::int64_t now_ms);
    [[nodiscard]] std::size_t size() const { return full_at_.size(); }

  private:
    void forget_full(std::int64_t now_ms);

    std::int64_t interval_ms_;
    std::int64_t debt_max_ms_;  ///< how far full_at may be ahead when the last token is taken
    std::size_t buckets_max_;
    std::size_t sweep_at_;
    std::unordered_map<storage::contact_id, std::int64_t> full_at_;
};

}  // namespace siwareng::bot
