#pragma once

#include "bot/sending/scheduler.hpp"
#include "storage/ports.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace siwareng::bot {

/// Is it for the store, and so for the recorder?
bool is_record(const scheduler_action& action);

/// Writes the scheduler's results to the store. Those of one moment go into one job; while a job is
/// under way, the next ones gather. A job that the store refuses or cannot commit is tried again
/// for as long as it takes: a result that is forgotten would be a message sent twice.
///
/// Everything on one strand.
class result_recorder {
  public:
    using next_function = std::function<void(std::vector<storage::outbox_item>)>;

    /// `on_next` receives the rows that recorded results released; `on_idle` is called whenever
    /// nothing is left to write.
    result_recorder(boost::asio::any_io_executor executor, storage::store& store,
                    std::function<std::int64_t()> clock_ms, next_function on_next,
                    std::function<void()> on_idle);

    /// Takes a result; is_record(action) must hold.
    void add(scheduler_action action);
    /// Writes what was added, soon. `keep` is what this recorder lives in.
    void flush(const std::shared_ptr<void>& keep);
    /// From now on a store that keeps refusing is given up after a few seconds: what is not
    /// recorded by then is in doubt after the next start.
    void give_up_soon() { giving_up_ = true; }

    [[nodiscard]] std::size_t pending() const { return pending_.size() + in_job_; }
    [[nodiscard]] bool idle() const { return !running_ && pending_.empty(); }

  private:
    using batch = std::vector<scheduler_action>;

    boost::asio::awaitable<void> run(std::shared_ptr<void> keep);
    boost::asio::awaitable<bool> write(batch work);
    batch take_batch();
    void put_back(batch work, storage::errc why);
    void note_failure(storage::errc why);
    [[nodiscard]] std::chrono::milliseconds pause() const;

    boost::asio::any_io_executor executor_;
    storage::store& store_;
    std::function<std::int64_t()> clock_ms_;
    next_function on_next_;
    std::function<void()> on_idle_;
    boost::asio::steady_timer timer_;

    std::deque<scheduler_action> pending_;
    std::size_t in_job_ = 0;
    std::size_t single_ = 0;  ///< so many of the next results go into jobs of their own
    int failures_ = 0;
    bool running_ = false;
    bool giving_up_ = false;
};

}  // namespace siwareng::bot
