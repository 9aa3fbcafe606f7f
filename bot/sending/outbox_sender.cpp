#include "bot/sending/outbox_sender.hpp"

#include "bot/await_store.hpp"
#include "bot/sending/message.hpp"
#include "bot/sending/outbox_sender_recorder.hpp"
#include "bot/sending/scheduler.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <expected>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;
namespace actions = scheduler_actions;
using storage::outbox_item;
using storage::transaction;

/// Reading marks are a courtesy: few at once, so that they never delay a reply.
constexpr int marks_max = 8;
constexpr std::chrono::milliseconds recover_pause{200};
/// A claim that was full is followed by the next one when this part of the memory is free.
constexpr int claim_again_part = 8;

scheduler_limits limits_of(const sender_options& options) {
    scheduler_limits limits;
    limits.pair_interval_ms = options.pair_interval_ms;
    limits.pair_burst = options.pair_burst;
    limits.in_flight_max = options.in_flight_max;
    limits.handed_max = options.handed_max;
    limits.attempts_max = options.attempts_max;
    limits.doubt_wait_ms = options.doubt_wait_ms;
    limits.channel_pause_ms = options.channel_pause_ms;
    limits.step_ms_max = std::max(limits.step_ms_max, 2 * options.poll_ms);
    return limits;
}

std::vector<scheduler_channel> channels_of(const sender_options& options) {
    std::vector<scheduler_channel> channels;
    channels.reserve(options.channels.size());
    for (const auto& from : options.channels) {
        channels.push_back({from.office, from.messages_per_s});
    }
    return channels;
}

/// Written on the strand, read by any thread.
struct shared_counters {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> retried{0};
    std::atomic<std::uint64_t> in_doubt{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> window_closed{0};
    std::atomic<std::uint64_t> channels_stopped{0};
    std::atomic<std::uint64_t> in_flight{0};
    std::atomic<std::uint64_t> handed{0};
};

/// The sender itself. Coroutines and callbacks hold it by shared_ptr, so that none of them outlives
/// it; all of them run on the strand. Only the functions of the first block are for any thread.
class sender_core final : public std::enable_shared_from_this<sender_core> {
  public:
    sender_core(const asio::any_io_executor& executor, storage::store& store, cloud_api& api,
                const sender_options& options, std::function<std::int64_t()> clock_ms)
        : executor_(executor),
          store_(store),
          api_(api),
          options_(options),
          clock_ms_(std::move(clock_ms)),
          scheduler_(limits_of(options), channels_of(options)),
          recorder_(
              executor, store, clock_ms_,
              [this](std::vector<outbox_item> next) { take(std::move(next)); },
              [this] { publish(); }),
          poll_timer_(executor),
          wake_timer_(executor) {
        for (std::size_t i = 0; i < options_.channels.size(); ++i) {
            channel_of_office_.try_emplace(options_.channels[i].office, i);
        }
    }

    void start();
    [[nodiscard]] bool has_room() const { return room_.load() > posted_.load(); }
    void hand_over(std::vector<outbox_item> items);
    void mark_read(std::string office, std::string wamid);
    [[nodiscard]] sender_counters counters() const;
    void stop(std::function<void()> done);
    void abandon();

  private:
    asio::awaitable<void> poll_loop(std::shared_ptr<sender_core> self);
    asio::awaitable<bool> recover();
    asio::awaitable<void> poll();
    asio::awaitable<void> send_one(std::shared_ptr<sender_core> self, outbox_item item,
                                   std::size_t channel_index);
    asio::awaitable<send_outcome> attempt(const outbox_item& item, const channel& from);
    asio::awaitable<void> mark_one(std::shared_ptr<sender_core> self, std::size_t channel_index,
                                   std::string wamid);
    void begin_mark(const std::string& office, std::string wamid);
    void take(std::vector<outbox_item> items);
    void perform(scheduler_action_list todo);
    void perform_one(scheduler_action& action);
    void count(const scheduler_action& action);
    void tell(const scheduler_action& action) const;
    void tell(storage::outbox_id id, const send_outcome& outcome) const;
    void publish();
    void arm_wake();
    void poke_poll();
    void finish_if_idle();

    asio::any_io_executor executor_;
    storage::store& store_;
    cloud_api& api_;
    const sender_options options_;
    std::function<std::int64_t()> clock_ms_;
    std::unordered_map<std::string, std::size_t> channel_of_office_;
    scheduler scheduler_;
    result_recorder recorder_;
    asio::steady_timer poll_timer_;
    asio::steady_timer wake_timer_;
    std::optional<std::int64_t> wake_at_;

    shared_counters counters_;
    std::atomic<std::int64_t> room_{0};    ///< how many items turns may hand over
    std::atomic<std::int64_t> posted_{0};  ///< handed over, not yet seen on the strand
    std::atomic<int> marks_{0};

    bool polling_ = false;
    bool recovered_ = false;
    bool poll_soon_ = false;
    bool backlog_ = false;  ///< the last claim was full
    bool paused_ = false;
    bool stopping_ = false;
    std::function<void()> done_;
};

void sender_core::start() {
    asio::post(executor_, [self = shared_from_this()] {
        if (self->stopping_ || self->polling_) return;
        self->polling_ = true;
        asio::co_spawn(self->executor_, self->poll_loop(self), asio::detached);
    });
}

void sender_core::hand_over(std::vector<outbox_item> items) {
    if (items.empty()) return;
    const auto count = static_cast<std::int64_t>(items.size());
    posted_ += count;
    asio::post(executor_, [self = shared_from_this(), items = std::move(items), count]() mutable {
        self->posted_ -= count;
        self->take(std::move(items));
    });
}

void sender_core::mark_read(std::string office, std::string wamid) {
    if (marks_.fetch_add(1) >= marks_max) {
        --marks_;
        return;
    }
    asio::post(executor_, [self = shared_from_this(), office = std::move(office),
                           wamid = std::move(wamid)]() mutable {
        self->begin_mark(office, std::move(wamid));
    });
}

sender_counters sender_core::counters() const {
    return {.accepted = counters_.accepted,
            .refused = counters_.refused,
            .retried = counters_.retried,
            .in_doubt = counters_.in_doubt,
            .failed = counters_.failed,
            .window_closed = counters_.window_closed,
            .channels_stopped = counters_.channels_stopped,
            .in_flight = counters_.in_flight,
            .handed = counters_.handed};
}

void sender_core::stop(std::function<void()> done) {
    asio::post(executor_, [self = shared_from_this(), done = std::move(done)]() mutable {
        self->done_ = std::move(done);
        self->stopping_ = true;
        self->recorder_.give_up_soon();
        self->poke_poll();
        self->perform(self->scheduler_.stop(self->clock_ms_()));
    });
}

/// The owner is gone: ends the loops. Touches neither the store nor the API, which may be gone too.
void sender_core::abandon() {
    asio::post(executor_, [self = shared_from_this()] {
        self->stopping_ = true;
        self->poke_poll();
        self->wake_timer_.cancel();
    });
}

asio::awaitable<void> sender_core::poll_loop(std::shared_ptr<sender_core> self) {
    // Rows of the last process must be in doubt before anything is claimed or handed over.
    while (!stopping_ && !recovered_) {
        recovered_ = co_await recover();
        if (recovered_ || stopping_) break;
        poll_timer_.expires_after(recover_pause);
        co_await poll_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    while (!stopping_) {
        poll_soon_ = false;
        co_await poll();
        if (poll_soon_ || stopping_) continue;
        poll_timer_.expires_after(
            std::chrono::milliseconds(std::max<std::int64_t>(1, options_.poll_ms)));
        co_await poll_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    polling_ = false;
    finish_if_idle();
    self.reset();
}

asio::awaitable<bool> sender_core::recover() {
    int count = 0;
    const std::int64_t until_ms = clock_ms_() + options_.doubt_wait_ms;
    const auto outcome =
        co_await await_job(store_, [&](transaction& tx) { count = tx.recover_sending(until_ms); });
    if (!outcome) {
        spdlog::warn("outbox: recovery failed ({}); tried again",
                     storage::to_string(outcome.error()));
        co_return false;
    }
    if (count > 0) {
        spdlog::warn("outbox: {} messages of the last run wait for their status", count);
    }
    co_return true;
}

asio::awaitable<void> sender_core::poll() {
    const int room = recorder_.pending() < static_cast<std::size_t>(options_.handed_max)
                         ? scheduler_.claim_room()
                         : 0;
    // A poll without room asks for nothing, so it says nothing about the backlog either.
    if (room > 0) backlog_ = false;
    std::vector<outbox_item> items;
    const std::int64_t now_ms = clock_ms_();
    const auto outcome = co_await await_job(store_, [&](transaction& tx) {
        tx.expire_doubts(now_ms);
        if (room > 0) items = tx.claim_due(now_ms, room);
    });
    if (!outcome) {
        spdlog::warn("outbox: the store gave no due rows ({})",
                     storage::to_string(outcome.error()));
        co_return;
    }
    const bool full = room > 0 && items.size() >= static_cast<std::size_t>(room);
    auto todo = scheduler_.hand_over(std::move(items), clock_ms_());
    // Where rows came back at once, more of them would too.
    backlog_ = backlog_ || (full && std::ranges::none_of(todo, [](const auto& action) {
                                return std::holds_alternative<actions::release>(action);
                            }));
    perform(std::move(todo));
}

asio::awaitable<void> sender_core::send_one(std::shared_ptr<sender_core> self, outbox_item item,
                                            std::size_t channel_index) {
    const send_outcome outcome = co_await attempt(item, options_.channels[channel_index]);
    tell(item.id, outcome);
    if (std::holds_alternative<send_refused>(outcome)) ++counters_.refused;
    perform(scheduler_.completed(item.id, outcome, clock_ms_()));
    self.reset();
}

asio::awaitable<send_outcome> sender_core::attempt(const outbox_item& item, const channel& from) {
    const auto bubble = bubble_from_json(item.payload);
    if (!bubble || item.to.value.empty()) {
        const auto* why = bubble ? "the contact has no address" : "the payload is not a message";
        co_return send_refused{0, 0, error_action::permanent, why};
    }
    try {
        co_return co_await api_.send_message(from, cloud_api_message(*bubble, item.to, item.id));
    } catch (const std::exception&) {
        // Its text may hold parts of the message. It may have been thrown at any point.
        co_return send_in_doubt{"the client threw"};
    }
}

void sender_core::begin_mark(const std::string& office, std::string wamid) {
    const auto found = channel_of_office_.find(office);
    const auto busy = static_cast<std::size_t>(std::max(1, options_.in_flight_max / 2));
    if (stopping_ || found == channel_of_office_.end() || scheduler_.gauges().in_flight >= busy) {
        --marks_;
        finish_if_idle();
        return;
    }
    asio::co_spawn(executor_, mark_one(shared_from_this(), found->second, std::move(wamid)),
                   asio::detached);
}

asio::awaitable<void> sender_core::mark_one(std::shared_ptr<sender_core> self,
                                            std::size_t channel_index, std::string wamid) {
    try {
        const bool marked =
            co_await api_.mark_read(options_.channels[channel_index], std::move(wamid));
        if (!marked) spdlog::debug("a message could not be marked as read");
    } catch (const std::exception&) {
        spdlog::warn("marking a message as read threw");
    }
    --marks_;
    finish_if_idle();
    self.reset();
}

void sender_core::take(std::vector<outbox_item> items) {
    perform(scheduler_.hand_over(std::move(items), clock_ms_()));
}

void sender_core::perform(scheduler_action_list todo) {
    for (auto& action : todo)
        perform_one(action);
    recorder_.flush(shared_from_this());
    arm_wake();
    publish();
}

void sender_core::perform_one(scheduler_action& action) {
    count(action);
    if (auto* send = std::get_if<actions::send>(&action)) {
        asio::co_spawn(executor_,
                       send_one(shared_from_this(), std::move(send->item), send->channel),
                       asio::detached);
    } else if (is_record(action)) {
        recorder_.add(std::move(action));
    } else {
        tell(action);
    }
}

void sender_core::count(const scheduler_action& action) {
    if (std::holds_alternative<actions::record_accepted>(action)) ++counters_.accepted;
    if (std::holds_alternative<actions::record_retry>(action)) ++counters_.retried;
    if (std::holds_alternative<actions::record_in_doubt>(action)) ++counters_.in_doubt;
    if (const auto* failed = std::get_if<actions::record_failed>(&action)) {
        ++counters_.failed;
        if (failed->error_code == error_window_closed) ++counters_.window_closed;
    }
}

/// What someone should know. Offices are named, people never are.
void sender_core::tell(const scheduler_action& action) const {
    if (const auto* stopped = std::get_if<actions::channel_stopped>(&action)) {
        const auto* row = find_error(stopped->error_code);
        spdlog::error("ALERT the number of office {} is stopped{}: error {} ({})",
                      options_.channels[stopped->channel].office,
                      stopped->probe_failed ? " still" : "", stopped->error_code,
                      row ? row->meaning : "unknown");
    } else if (const auto* resumed = std::get_if<actions::channel_resumed>(&action)) {
        spdlog::info("the number of office {} sends again",
                     options_.channels[resumed->channel].office);
    } else if (const auto* held = std::get_if<actions::bulk_held>(&action)) {
        spdlog::error("ALERT notices and broadcasts of office {} wait: error {}",
                      options_.channels[held->channel].office, held->error_code);
    } else if (std::holds_alternative<actions::outage_began>(action)) {
        spdlog::error("ALERT the Cloud API does not answer; sending waits and tries one message");
    } else if (std::holds_alternative<actions::outage_ended>(action)) {
        spdlog::info("the Cloud API answers again");
    } else if (const auto* unknown = std::get_if<actions::office_unknown>(&action)) {
        spdlog::error("ALERT a message waits for office {}, which has no number", unknown->office);
    }
}

void sender_core::tell(storage::outbox_id id, const send_outcome& outcome) const {
    if (const auto* refused = std::get_if<send_refused>(&outcome)) {
        spdlog::warn("outbox {} refused: error {}, HTTP {}, {}: {}", id, refused->error_code,
                     refused->http_status, to_string(refused->action), refused->detail);
    } else if (const auto* lost = std::get_if<send_not_sent>(&outcome)) {
        spdlog::warn("outbox {} not sent: {}", id, mask_personal(lost->reason));
    } else if (const auto* doubt = std::get_if<send_in_doubt>(&outcome)) {
        spdlog::warn("outbox {} in doubt: {}", id, mask_personal(doubt->reason));
    }
}

/// Shows the new state to other threads, and polls at once where room came up for rows that wait.
void sender_core::publish() {
    const auto now = scheduler_.gauges();
    counters_.in_flight = now.in_flight;
    counters_.handed = now.waiting;
    counters_.channels_stopped = now.channels_stopped;
    const bool recording = recorder_.pending() < static_cast<std::size_t>(options_.handed_max);
    const std::int64_t room = recovered_ && recording ? scheduler_.room() : 0;
    room_ = room;
    const bool opened = std::exchange(paused_, scheduler_.paused()) && !paused_;
    const bool again =
        backlog_ && recording &&
        scheduler_.claim_room() >= std::max(1, options_.handed_max / claim_again_part);
    if (opened || again) poke_poll();
    finish_if_idle();
}

void sender_core::arm_wake() {
    const auto next = scheduler_.wake_at();
    if (next == wake_at_) return;
    wake_at_ = next;
    wake_timer_.cancel();
    if (!next) return;
    const auto delay = std::clamp<std::int64_t>(*next - clock_ms_(), 1, options_.poll_ms);
    wake_timer_.expires_after(std::chrono::milliseconds(delay));
    wake_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
        if (failed) return;
        self->wake_at_.reset();
        self->perform(self->scheduler_.tick(self->clock_ms_()));
    });
}

void sender_core::poke_poll() {
    poll_soon_ = true;
    poll_timer_.cancel();
}

void sender_core::finish_if_idle() {
    if (!stopping_ || !done_ || polling_ || !recorder_.idle()) return;
    if (posted_ > 0 || marks_ > 0 || scheduler_.gauges().in_flight > 0) return;
    asio::post(executor_, std::exchange(done_, nullptr));
}

class sender final : public outbox_sender {
  public:
    explicit sender(std::shared_ptr<sender_core> core) : core_(std::move(core)) {}
    ~sender() override { core_->abandon(); }

    void start() override { core_->start(); }
    [[nodiscard]] bool has_room() const override { return core_->has_room(); }
    void hand_over(std::vector<outbox_item> items) override { core_->hand_over(std::move(items)); }
    void mark_read(std::string office, std::string wamid) override {
        core_->mark_read(std::move(office), std::move(wamid));
    }
    [[nodiscard]] sender_counters counters() const override { return core_->counters(); }
    void stop(std::function<void()> done) override { core_->stop(std::move(done)); }

  private:
    std::shared_ptr<sender_core> core_;
};

}  // namespace

std::unique_ptr<outbox_sender> create_outbox_sender(const asio::any_io_executor& executor,
                                                    storage::store& store, cloud_api& api,
                                                    const sender_options& options,
                                                    std::function<std::int64_t()> clock_ms) {
    return std::make_unique<sender>(
        std::make_shared<sender_core>(executor, store, api, options, std::move(clock_ms)));
}

}  // namespace siwareng::bot
