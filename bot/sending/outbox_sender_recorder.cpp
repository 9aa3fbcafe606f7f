#include "bot/sending/outbox_sender_recorder.hpp"

#include "bot/await_store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <expected>
#include <iterator>
#include <utility>
#include <variant>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;
namespace actions = scheduler_actions;
using storage::errc;
using storage::outbox_id;
using storage::outbox_item;
using storage::transaction;

constexpr std::size_t batch_results_max = 256;
constexpr std::chrono::milliseconds pause_min{20};
constexpr std::chrono::milliseconds pause_max{1000};
/// About six seconds of pauses.
constexpr int tries_when_stopping = 10;

/// Performs one result in a job.
class writer {
  public:
    writer(transaction& tx, std::vector<outbox_item>& next, std::int64_t now_ms)
        : tx_(tx), next_(next), now_ms_(now_ms) {}

    void operator()(const actions::record_accepted& result) const {
        keep(tx_.record_accepted(result.id, result.wamid, now_ms_));
    }
    void operator()(const actions::record_retry& result) const {
        tx_.record_retry(result.id, result.error_code, result.at_ms);
    }
    void operator()(const actions::record_failed& result) const {
        keep(tx_.record_failed(result.id, result.error_code, now_ms_));
    }
    void operator()(const actions::record_in_doubt& result) const {
        tx_.record_in_doubt(result.id, result.until_ms);
    }
    void operator()(const actions::release& result) const {
        tx_.release({result.id}, result.at_ms);
    }
    void operator()(const actions::block_contact& result) const {
        tx_.block_contact(result.contact);
    }
    /// The others are not for the store; is_record keeps them out.
    template <typename Other>
    void operator()(const Other& /*other*/) const {}

  private:
    void keep(std::optional<outbox_item> released) const {
        if (released) next_.push_back(std::move(*released));
    }

    transaction& tx_;
    std::vector<outbox_item>& next_;
    std::int64_t now_ms_;
};

/// Writes results in their order; releases for the same time in a row are one call.
void write_all(transaction& tx, const std::vector<scheduler_action>& results,
               std::vector<outbox_item>& next, std::int64_t now_ms) {
    const writer write(tx, next, now_ms);
    for (std::size_t at = 0; at < results.size(); ++at) {
        const auto* first = std::get_if<actions::release>(&results[at]);
        if (!first) {
            std::visit(write, results[at]);
            continue;
        }
        std::vector<outbox_id> ids{first->id};
        while (at + 1 < results.size()) {
            const auto* more = std::get_if<actions::release>(&results[at + 1]);
            if (!more || more->at_ms != first->at_ms) break;
            ids.push_back(more->id);
            ++at;
        }
        tx.release(ids, first->at_ms);
    }
}

/// One result of the batch may be what the store refuses, rather than the store being in trouble.
bool may_be_one_result(errc why) {
    return why == errc::rolled_back || why == errc::constraint;
}

}  // namespace

bool is_record(const scheduler_action& action) {
    return std::holds_alternative<actions::record_accepted>(action) ||
           std::holds_alternative<actions::record_retry>(action) ||
           std::holds_alternative<actions::record_failed>(action) ||
           std::holds_alternative<actions::record_in_doubt>(action) ||
           std::holds_alternative<actions::release>(action) ||
           std::holds_alternative<actions::block_contact>(action);
}

result_recorder::result_recorder(asio::any_io_executor executor, storage::store& store,
                                 std::function<std::int64_t()> clock_ms, next_function on_next,
                                 std::function<void()> on_idle)
    : executor_(std::move(executor)),
      store_(store),
      clock_ms_(std::move(clock_ms)),
      on_next_(std::move(on_next)),
      on_idle_(std::move(on_idle)),
      timer_(executor_) {}

void result_recorder::add(scheduler_action action) {
    pending_.push_back(std::move(action));
}

void result_recorder::flush(const std::shared_ptr<void>& keep) {
    if (running_ || pending_.empty()) return;
    running_ = true;
    asio::co_spawn(executor_, run(keep), asio::detached);
}

asio::awaitable<void> result_recorder::run(std::shared_ptr<void> keep) {
    // Behind the answers that have already arrived: they belong to the same job.
    co_await asio::post(executor_, asio::use_awaitable);
    while (!pending_.empty()) {
        const bool written = co_await write(take_batch());
        if (written) {
            failures_ = 0;
            continue;
        }
        if (giving_up_ && failures_ >= tries_when_stopping) {
            spdlog::error("outbox: {} results could not be recorded; in doubt at the next start",
                          pending_.size());
            pending_.clear();
            break;
        }
        timer_.expires_after(pause());
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    running_ = false;
    on_idle_();
    keep.reset();
}

asio::awaitable<bool> result_recorder::write(batch work) {
    std::vector<outbox_item> next;
    in_job_ = work.size();
    const std::int64_t now_ms = clock_ms_();
    const auto outcome =
        co_await await_job(store_, [&](transaction& tx) { write_all(tx, work, next, now_ms); });
    in_job_ = 0;
    if (!outcome) {
        put_back(std::move(work), outcome.error());
        co_return false;
    }
    if (failures_ > 0) spdlog::info("outbox: the store takes results again");
    if (!next.empty()) on_next_(std::move(next));
    co_return true;
}

result_recorder::batch result_recorder::take_batch() {
    std::size_t count = std::min(pending_.size(), batch_results_max);
    if (single_ > 0) {
        --single_;
        count = 1;
    }
    const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
    batch work(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
    pending_.erase(pending_.begin(), end);
    return work;
}

void result_recorder::put_back(batch work, errc why) {
    note_failure(why);
    if (may_be_one_result(why)) {
        if (work.size() == 1) {
            // It waits behind the others, so that it keeps none of them from being recorded.
            pending_.push_back(std::move(work.front()));
            return;
        }
        single_ = work.size();
    }
    pending_.insert(pending_.begin(), std::make_move_iterator(work.begin()),
                    std::make_move_iterator(work.end()));
}

void result_recorder::note_failure(errc why) {
    if (failures_++ == 0) {
        spdlog::warn("outbox: the store took no results ({}); they are kept and tried again",
                     storage::to_string(why));
    }
    // A store that is closed stays closed.
    if (why == errc::closed) {
        giving_up_ = true;
        failures_ = std::max(failures_, tries_when_stopping);
    }
}

std::chrono::milliseconds result_recorder::pause() const {
    const auto grown = pause_min * (1 << std::clamp(failures_ - 1, 0, 10));
    return std::min<std::chrono::milliseconds>(grown, pause_max);
}

}  // namespace siwareng::bot
