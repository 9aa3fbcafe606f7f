#include "bot/serve.hpp"

#include "bot/await_store.hpp"
#include "bot/clock.hpp"
#include "bot/endpoints.hpp"
#include "bot/loaded_content.hpp"
#include "bot/metrics.hpp"
#include "bot/net/http.hpp"
#include "bot/sending/cloud_api.hpp"
#include "bot/sending/outbox_sender.hpp"
#include "bot/turn_runner.hpp"
#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto stop_grace = 10s;
constexpr int timers_per_tick = 100;
constexpr int purge_rows = 500;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

std::vector<channel> channels_of(const config& settings) {
    std::vector<channel> out;
    out.reserve(settings.offices.size());
    for (const auto& office : settings.offices) {
        out.push_back(
            {office.id, office.phone_number_id, office.access_token, office.messages_per_s});
    }
    return out;
}

std::vector<std::string> office_ids(const config& settings) {
    std::vector<std::string> out;
    out.reserve(settings.offices.size());
    for (const auto& office : settings.offices) {
        out.push_back(office.id);
    }
    return out;
}

/// A message for the person who starts the server.
std::string explain(storage::errc code, const config& settings) {
    const auto file = settings.database_file().string();
    switch (code) {
        case storage::errc::not_found:
            return fmt::format(
                "'{}' or '{}' does not exist; make them with: siwareng init --config FILE", file,
                settings.storage.key_file);
        case storage::errc::in_use:
            return fmt::format("'{}' is in use by another siwareng", file);
        case storage::errc::wrong_key:
            return fmt::format("the key in '{}' does not belong to the database '{}'",
                               settings.storage.key_file, file);
        case storage::errc::bad_key_file:
            return fmt::format("the key file '{}' is damaged, or others may read it (chmod 600)",
                               settings.storage.key_file);
        case storage::errc::newer_schema:
            return fmt::format("'{}' was written by a newer version of siwareng", file);
        case storage::errc::read_only:
            return fmt::format("'{}' or its folder cannot be written", file);
        default:
            return fmt::format("'{}' cannot be opened: {}", file, to_string(code));
    }
}

/// Everything that lives as long as the server.
class application {
  public:
    explicit application(const config& settings)
        : settings_(settings), offices_(office_ids(settings)), counters_(create_metrics()) {}

    int run() {
        for (const auto& line : disabled_limits(settings_)) {
            spdlog::warn("{}", line);
        }
        if (!open_everything()) {
            return 1;
        }
        asio::signal_set signals(io_, SIGINT, SIGTERM);
        signals.async_wait([this](const boost::system::error_code& error, int number) {
            if (!error) {
                spdlog::info("signal {}: stopping", number);
                stop();
            }
        });
        sender_->start();
        asio::co_spawn(strand_, tick(), asio::detached);
        ready_.store(true);
        spdlog::info("serving {} on {}:{}", settings_.offices.front().name,
                     settings_.server.address, server_->port());
        run_threads();
        store_->close();
        spdlog::info("stopped");
        return 0;
    }

  private:
    bool open_everything() {
        auto content = load_all_content(settings_.content_dir);
        if (!content) {
            for (const auto& problem : content.error()) {
                spdlog::error("{}", problem);
            }
            return false;
        }
        auto keys = storage::load_keyring(settings_.storage.key_file);
        if (!keys) {
            spdlog::error("{}", explain(keys.error(), settings_));
            return false;
        }
        keys_ = std::shared_ptr<const storage::keyring>(std::move(*keys));
        storage::sqlite_options options;
        options.file = settings_.database_file();
        options.queue_jobs_max = static_cast<std::size_t>(settings_.storage.queue_jobs_max);
        options.batch_jobs_max = static_cast<std::size_t>(settings_.storage.batch_jobs_max);
        options.observer.on_commit = [this](std::size_t jobs, std::int64_t us) {
            counters_->observe_commit(jobs, us);
        };
        options.observer.clock_us = [] {
            const auto now = std::chrono::steady_clock::now().time_since_epoch();
            return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
        };
        options.observer.on_error = [](storage::errc code, std::string_view detail) {
            spdlog::error("store: {}: {}", to_string(code), detail);
        };
        auto store = storage::open_sqlite_store(options, keys_);
        if (!store) {
            spdlog::error("{}", explain(store.error(), settings_));
            return false;
        }
        store_ = std::move(*store);
        reader_ = store_->open_reader();
        rolls_ = storage::open_roll_library(settings_.roll_folder(), keys_);
        refresh_rolls();
        for (const auto& office : offices_) {
            if (rolls_->current(office) == nullptr) {
                spdlog::warn("office {} has no voter roll; import one: siwareng roll import",
                             office);
            }
        }
        return open_sending() && open_turns(*std::move(content)) && open_http();
    }

    bool open_sending() {
        net::client_options options;
        options.base_url = settings_.whatsapp.graph_url;
        options.connections_max = static_cast<std::size_t>(settings_.whatsapp.connections_max);
        auto client = net::create_client(strand_, options);
        if (!client) {
            spdlog::error("whatsapp.graph_url: {}", client.error());
            return false;
        }
        client_ = std::move(*client);
        api_ = create_cloud_api(*client_, settings_.whatsapp.graph_version);
        sender_options sending;
        sending.channels = channels_of(settings_);
        sending.pair_interval_ms = settings_.whatsapp.pair_interval_ms;
        sending.pair_burst = static_cast<int>(settings_.whatsapp.pair_burst);
        sending.doubt_wait_ms = settings_.whatsapp.doubt_wait_ms;
        sending.in_flight_max = static_cast<int>(settings_.whatsapp.connections_max);
        sender_ = create_outbox_sender(strand_, *store_, *api_, sending, system_clock_ms);
        return true;
    }

    bool open_turns(loaded_content content) {
        turns_ = create_turn_runner({settings_, std::move(content.flows),
                                     std::move(content.understanding), std::move(content.regions),
                                     *rolls_, *counters_, [this] { return sender_->has_room(); }});
        return true;
    }

    bool open_http() {
        net::server_options options;
        options.address = settings_.server.address;
        options.port = static_cast<std::uint16_t>(settings_.server.port);
        options.body_bytes_max = static_cast<std::uint64_t>(settings_.server.body_bytes_max);
        options.connections_max = static_cast<std::size_t>(settings_.server.connections_max);
        options.tls_certificate_file = settings_.server.tls_certificate_file;
        options.tls_key_file = settings_.server.tls_key_file;
        auto server = net::create_server(
            io_.get_executor(), options,
            create_endpoints({settings_, *store_, *turns_, *sender_, *counters_, system_clock_ms,
                              [this] { refresh_gauges(); }, ready_}));
        if (!server) {
            spdlog::error("cannot listen on {}:{}: {}", settings_.server.address,
                          settings_.server.port, server.error());
            return false;
        }
        server_ = std::move(*server);
        return true;
    }

    void refresh_rolls() {
        for (const auto& problem : rolls_->refresh(offices_)) {
            spdlog::error("voter roll: {}", problem);
        }
    }

    /// Once a second: a new roll, due timers, old rows. One job a tick, so that upkeep never holds
    /// a message up.
    asio::awaitable<void> tick() {
        while (!stopping_) {
            timer_.expires_after(1s);
            const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
            if (error || stopping_) {
                break;
            }
            refresh_rolls();
            const auto now_ms = system_clock_ms();
            after_commit after;
            const storage::retention keep{settings_.storage.raw_days * day_ms,
                                          settings_.storage.raw_days * day_ms, 2 * day_ms,
                                          settings_.storage.message_days * day_ms};
            const auto done = co_await await_job(*store_, [&](storage::transaction& tx) {
                after = turns_->fire_timers(tx, now_ms, timers_per_tick);
                tx.purge(keep, now_ms, purge_rows);
            });
            if (!done) {
                spdlog::warn("upkeep: {}", to_string(done.error()));
            } else if (!after.to_send.empty()) {
                sender_->hand_over(std::move(after.to_send));
            }
        }
    }

    void refresh_gauges() {
        const std::lock_guard lock(gauges_mutex_);
        const auto stats = reader_->stats();
        const auto set = [this](gauge which, auto value) {
            counters_->set(which, static_cast<double>(value));
        };
        set(gauge::contacts, stats.contacts);
        set(gauge::inbound_failed, stats.inbound_failed);
        set(gauge::outbox_queued, stats.outbox_queued);
        set(gauge::outbox_sending, stats.outbox_sending);
        set(gauge::outbox_in_doubt, stats.outbox_in_doubt);
        set(gauge::outbox_failed, stats.outbox_failed);
        const auto oldest = stats.oldest_unsent_ms;
        set(gauge::outbox_oldest_unsent_seconds,
            oldest == 0 ? 0 : (system_clock_ms() - oldest) / 1000);
        set(gauge::handoffs_open, stats.handoffs_open);
        set(gauge::parked_statuses, stats.parked_statuses);
        set(gauge::store_queue_jobs, store_->queue_depth());
        const auto sends = sender_->counters();
        set(gauge::sends_accepted, sends.accepted);
        set(gauge::sends_refused, sends.refused);
        set(gauge::sends_retried, sends.retried);
        set(gauge::sends_in_doubt, sends.in_doubt);
        set(gauge::sends_failed, sends.failed);
        set(gauge::sends_window_closed, sends.window_closed);
        set(gauge::channels_stopped, sends.channels_stopped);
        set(gauge::sender_in_flight, sends.in_flight);
        const auto http = server_->counters();
        set(gauge::http_connections, http.connections_open);
        set(gauge::http_requests, http.requests);
        set(gauge::http_bad_requests, http.bad_requests);
        std::int64_t voters = 0;
        for (const auto& office : offices_) {
            if (const auto roll = rolls_->current(office)) {
                voters += roll->info().voters;
            }
        }
        set(gauge::roll_voters, voters);
    }

    /// Runs on the signal's thread of the io_context; each part ends by itself and `run` returns.
    void stop() {
        ready_.store(false);
        server_->stop(stop_grace);
        asio::post(strand_, [this] {
            stopping_ = true;
            timer_.cancel();
            sender_->stop([this] { client_->stop(); });
        });
    }

    void run_threads() {
        std::vector<std::jthread> others;
        for (std::int64_t i = 1; i < settings_.server.threads; ++i) {
            others.emplace_back([this] { io_.run(); });
        }
        io_.run();
    }

    const config& settings_;
    std::vector<std::string> offices_;
    std::unique_ptr<metrics> counters_;
    asio::io_context io_{static_cast<int>(settings_.server.threads)};
    asio::strand<asio::io_context::executor_type> strand_{io_.get_executor()};
    asio::steady_timer timer_{strand_};
    std::atomic<bool> ready_{false};
    bool stopping_ = false;
    std::mutex gauges_mutex_;
    std::shared_ptr<const storage::keyring> keys_;
    std::unique_ptr<storage::store> store_;
    std::unique_ptr<storage::reader> reader_;
    std::unique_ptr<storage::roll_library> rolls_;
    std::unique_ptr<net::client> client_;
    std::unique_ptr<cloud_api> api_;
    std::unique_ptr<outbox_sender> sender_;
    std::unique_ptr<turn_runner> turns_;
    std::unique_ptr<net::server> server_;
};

}  // namespace

int serve(const config& settings) {
    application program(settings);
    return program.run();
}

}  // namespace siwareng::bot
