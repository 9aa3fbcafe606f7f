#include "bot/sending/message.hpp"
#include "bot/sending/outbox_sender.hpp"
#include "storage/seal.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;
using storage::contact_id;
using storage::errc;
using storage::outbox_id;
using storage::outbox_item;
using storage::outbox_state;
using storage::transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::int64_t base_ms = 1'790'000'000'000;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

/// Real time on top of a fixed date, which tests may move.
class test_clock {
  public:
    std::int64_t now() const {
        const auto passed = std::chrono::steady_clock::now() - began_;
        return base_ms + offset_ms_ +
               std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
    }
    void skip(std::int64_t ms) { offset_ms_ += ms; }

  private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::atomic<std::int64_t> offset_ms_{0};
};

/// The store in between: refuses and fails as told.
class flaky_store final : public storage::store {
  public:
    explicit flaky_store(storage::store& inner) : inner_(inner) {}

    std::expected<void, errc> submit(storage::job work) override {
        ++submits;
        if (refuse > 0) {
            --refuse;
            return std::unexpected(errc::queue_full);
        }
        if (fail > 0) {
            --fail;
            work.done(std::unexpected(failure));
            return {};
        }
        if (!lose_effect) return inner_.submit(std::move(work));
        // The job runs, and its commit fails.
        return inner_.submit({[body = std::move(work.work)](transaction& tx) mutable {
                                  body(tx);
                                  throw std::runtime_error("no commit");
                              },
                              [done = std::move(work.done)](std::expected<void, errc>) mutable {
                                  done(std::unexpected(errc::disk_full));
                              }});
    }
    std::unique_ptr<storage::reader> open_reader() override { return inner_.open_reader(); }
    std::size_t queue_depth() const override { return inner_.queue_depth(); }
    void close() override { inner_.close(); }
    std::expected<void, errc> backup(const std::filesystem::path& to) override {
        return inner_.backup(to);
    }

    std::atomic<int> submits{0};
    std::atomic<int> refuse{0};
    std::atomic<int> fail{0};
    std::atomic<bool> lose_effect{false};
    errc failure = errc::io;

  private:
    storage::store& inner_;
};

/// Answers as scripted; with `hold`, only when let go.
class fake_api final : public cloud_api {
  public:
    explicit fake_api(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    asio::awaitable<send_outcome> send_message(const channel& from, std::string body) override {
        const outbox_id id = id_of(body);
        sent.push_back(id);
        offices[id] = from.office;
        ++times[id];
        ++open;
        most_open = std::max(most_open, open);
        if (throws) {
            --open;
            throw std::runtime_error("broken client");
        }
        while (hold)
            co_await pause(1ms);
        if (delay.count() > 0) co_await pause(delay);
        --open;
        if (!script.empty()) {
            auto outcome = std::move(script.front());
            script.pop_front();
            co_return outcome;
        }
        co_return send_accepted{"wamid." + std::to_string(id), ""};
    }

    asio::awaitable<bool> mark_read(const channel& /*from*/, std::string /*wamid*/) override {
        ++marks_open;
        most_marks = std::max(most_marks, marks_open);
        ++marks;
        while (hold_marks)
            co_await pause(1ms);
        --marks_open;
        co_return true;
    }

    std::vector<outbox_id> sent;
    std::map<outbox_id, std::string> offices;
    std::map<outbox_id, int> times;
    std::deque<send_outcome> script;
    std::chrono::milliseconds delay{0};
    bool hold = false;
    bool hold_marks = false;
    bool throws = false;
    int open = 0;
    int most_open = 0;
    int marks = 0;
    int marks_open = 0;
    int most_marks = 0;

  private:
    static outbox_id id_of(const std::string& body) {
        const auto json = nlohmann::json::parse(body);
        return std::stoll(json.at("biz_opaque_callback_data").get<std::string>());
    }
    asio::awaitable<void> pause(std::chrono::milliseconds time) {
        asio::steady_timer timer(executor_, time);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    asio::any_io_executor executor_;
};

class sender_test : public ::testing::Test {
  protected:
    sender_test()
        : inner_(storage::create_memory_store()),
          store_(*inner_),
          strand_(asio::make_strand(io_)),
          api_(strand_) {
        options_.channels = {{"tangerang", "111", "token", 0}};
        options_.poll_ms = 5;
        options_.pair_interval_ms = 0;
    }

    void make() {
        sender_ =
            create_outbox_sender(strand_, store_, api_, options_, [this] { return clock_.now(); });
    }
    void start() {
        make();
        sender_->start();
        ASSERT_TRUE(until([&] { return sender_->has_room(); }));
    }

    /// Runs the loop until the condition holds; false after ten seconds.
    bool until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            io_.restart();
            io_.run_one_for(2ms);
        }
        return true;
    }
    void pass(std::chrono::milliseconds time) {
        const auto deadline = std::chrono::steady_clock::now() + time;
        until([&] { return std::chrono::steady_clock::now() >= deadline; });
    }

    contact_id contact(const std::string& phone) {
        contact_id who = 0;
        EXPECT_TRUE(inner_->run([&](transaction& tx) {
            const auto found = tx.resolve_contact(
                "tangerang", {{storage::address_kind::phone, phone}}, "", clock_.now());
            who = found.id;
            tx.save_turn(who, "{}", clock_.now() + day_ms);
        }));
        return who;
    }

    std::optional<outbox_item> enqueue(contact_id who, bool dispatch,
                                       storage::lane priority = storage::lane::reply) {
        std::optional<outbox_item> item;
        EXPECT_TRUE(inner_->run([&](transaction& tx) {
            storage::outbound row;
            row.office = "tangerang";
            row.contact = who;
            row.priority = priority;
            row.payload = to_json(dialogs::bubble{.text = "Halo", .options = {}, .list_label = ""});
            row.created_ms = clock_.now();
            item = tx.enqueue(row, dispatch);
        }));
        return item;
    }

    /// A row for each of so many contacts, as turns dispatch them.
    std::vector<outbox_item> dispatch(int count) {
        std::vector<outbox_item> items;
        items.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            items.push_back(*enqueue(contact("6281" + std::to_string(i)), true));
        }
        return items;
    }

    std::optional<outbox_item> status(outbox_id id, outbox_state state) {
        std::optional<outbox_item> next;
        EXPECT_TRUE(inner_->run([&](transaction& tx) {
            storage::status_update update;
            update.office = "tangerang";
            update.wamid = "wamid." + std::to_string(id);
            update.outbox = id;
            update.state = state;
            update.at_ms = clock_.now();
            tx.apply_status(update, clock_.now(), next);
        }));
        return next;
    }

    std::vector<outbox_state> states(contact_id who) {
        std::vector<outbox_state> found;
        for (const auto& entry : inner_->open_reader()->conversation(who, 1000)) {
            found.push_back(entry.outbox);
        }
        return found;
    }
    storage::store_stats stats() { return inner_->open_reader()->stats(); }

    void hand(std::optional<outbox_item> item) {
        ASSERT_TRUE(item);
        sender_->hand_over({std::move(*item)});
    }

    bool stop() {
        bool done = false;
        sender_->stop([&] { done = true; });
        return until([&] { return done; });
    }

    test_clock clock_;
    std::unique_ptr<storage::store> inner_;
    flaky_store store_;
    asio::io_context io_;
    asio::any_io_executor strand_;
    fake_api api_;
    sender_options options_;
    std::unique_ptr<outbox_sender> sender_;
};

TEST_F(sender_test, sends_what_a_turn_hands_over_and_records_it) {
    options_.poll_ms = 60'000;
    start();
    const auto who = contact("628111");
    const auto item = enqueue(who, sender_->has_room());
    hand(item);
    ASSERT_TRUE(until([&] { return states(who) == std::vector{outbox_state::sent}; }));
    EXPECT_THAT(api_.sent, ElementsAre(item->id));
    EXPECT_EQ(sender_->counters().accepted, 1U);
    EXPECT_EQ(inner_->open_reader()->conversation(who, 1)[0].wamid,
              "wamid." + std::to_string(item->id));
    EXPECT_TRUE(stop());
}

TEST_F(sender_test, has_no_room_before_it_has_recovered) {
    make();
    EXPECT_FALSE(sender_->has_room());
    store_.refuse = 2;
    sender_->start();
    pass(100ms);
    EXPECT_FALSE(sender_->has_room());
    EXPECT_TRUE(until([&] { return sender_->has_room(); }));
}

TEST_F(sender_test, the_next_rows_of_a_contact_follow_without_a_poll) {
    options_.poll_ms = 60'000;
    start();
    const auto who = contact("628111");
    const auto first = enqueue(who, true);
    std::vector<outbox_id> expected{first->id};
    for (int i = 0; i < 9; ++i) {
        EXPECT_FALSE(enqueue(who, true));
        expected.push_back(expected.back() + 1);
    }
    hand(first);
    ASSERT_TRUE(until([&] { return stats().outbox_queued + stats().outbox_sending == 0; }));
    EXPECT_EQ(api_.sent, expected);
    EXPECT_EQ(api_.most_open, 1);
}

TEST_F(sender_test, polls_for_rows_that_nobody_handed_over) {
    start();
    const auto who = contact("628111");
    EXPECT_FALSE(enqueue(who, false));
    EXPECT_TRUE(until([&] { return states(who) == std::vector{outbox_state::sent}; }));
}

TEST_F(sender_test, a_backlog_does_not_wait_for_the_next_poll) {
    options_.poll_ms = 60'000;
    options_.handed_max = 64;
    for (int i = 0; i < 1000; ++i)
        enqueue(contact("6281" + std::to_string(i)), false);
    start();
    EXPECT_TRUE(until([&] { return stats().outbox_queued + stats().outbox_sending == 0; }));
    EXPECT_EQ(api_.sent.size(), 1000U);
}

TEST_F(sender_test, a_row_in_flight_at_a_crash_waits_for_its_status) {
    const auto who = contact("628111");
    const auto lost = enqueue(who, true);  // handed to a sender that died
    enqueue(who, false);
    start();
    pass(50ms);
    EXPECT_THAT(api_.sent, IsEmpty());
    EXPECT_EQ(stats().outbox_in_doubt, 1);
    // Its status proves that it was sent, and releases the next.
    hand(status(lost->id, outbox_state::delivered));
    ASSERT_TRUE(until([&] { return states(who)[1] == outbox_state::sent; }));
    clock_.skip(600'000);
    pass(50ms);
    EXPECT_EQ(api_.times[lost->id], 0);
    EXPECT_EQ(api_.sent.size(), 1U);
}

TEST_F(sender_test, a_doubt_that_no_status_resolves_is_sent_once_more) {
    const auto who = contact("628111");
    const auto lost = enqueue(who, true);
    start();
    clock_.skip(options_.doubt_wait_ms - 5000);
    pass(50ms);
    EXPECT_THAT(api_.sent, IsEmpty());
    clock_.skip(5000);
    ASSERT_TRUE(until([&] { return states(who) == std::vector{outbox_state::sent}; }));
    clock_.skip(options_.doubt_wait_ms);
    pass(50ms);
    EXPECT_THAT(api_.sent, ElementsAre(lost->id));
}

TEST_F(sender_test, a_timeout_is_in_doubt_and_its_status_resolves_it) {
    start();
    const auto who = contact("628111");
    api_.script = {send_in_doubt{"timeout"}};
    const auto item = enqueue(who, true);
    hand(item);
    ASSERT_TRUE(until([&] { return stats().outbox_in_doubt == 1; }));
    EXPECT_FALSE(enqueue(who, true));
    hand(status(item->id, outbox_state::sent));
    ASSERT_TRUE(until([&] { return states(who)[1] == outbox_state::sent; }));
    clock_.skip(2 * options_.doubt_wait_ms);
    pass(50ms);
    EXPECT_EQ(api_.times[item->id], 1);
    EXPECT_EQ(sender_->counters().in_doubt, 1U);
}

TEST_F(sender_test, a_status_that_is_faster_than_the_answer_keeps_the_order) {
    options_.poll_ms = 60'000;
    start();
    const auto who = contact("628111");
    api_.hold = true;
    const auto first = enqueue(who, true);
    enqueue(who, false);
    hand(first);
    ASSERT_TRUE(until([&] { return api_.open == 1; }));
    hand(status(first->id, outbox_state::sent));
    pass(30ms);
    EXPECT_EQ(api_.sent.size(), 1U);
    api_.hold = false;
    ASSERT_TRUE(until([&] { return api_.sent.size() == 2; }));
    EXPECT_EQ(api_.most_open, 1);
}

TEST_F(sender_test, a_temporary_refusal_is_tried_again) {
    start();
    const auto who = contact("628111");
    api_.script = {send_refused{131000, 500, error_action::retry, "x"}};
    hand(enqueue(who, true));
    ASSERT_TRUE(until([&] { return sender_->counters().retried == 1; }));
    clock_.skip(2000);
    ASSERT_TRUE(until([&] { return states(who) == std::vector{outbox_state::sent}; }));
    EXPECT_EQ(sender_->counters().refused, 1U);
}

TEST_F(sender_test, an_unreachable_contact_gets_nothing_more) {
    start();
    const auto who = contact("628111");
    api_.script = {send_refused{131026, 400, error_action::block_recipient, "x"}};
    hand(enqueue(who, true));
    enqueue(who, false);
    ASSERT_TRUE(until([&] { return stats().outbox_failed == 1; }));
    pass(50ms);
    EXPECT_EQ(api_.sent.size(), 1U);
}

TEST_F(sender_test, what_is_no_message_fails_alone) {
    start();
    const auto who = contact("628111");
    std::optional<outbox_item> broken;
    ASSERT_TRUE(inner_->run([&](transaction& tx) {
        storage::outbound row;
        row.office = "tangerang";
        row.contact = who;
        row.payload = "{";
        row.created_ms = clock_.now();
        broken = tx.enqueue(row, true);
    }));
    enqueue(who, false);
    hand(broken);
    ASSERT_TRUE(until([&] { return states(who)[1] == outbox_state::sent; }));
    EXPECT_EQ(states(who)[0], outbox_state::failed);
}

TEST_F(sender_test, a_client_that_throws_leaves_the_row_in_doubt) {
    start();
    api_.throws = true;
    hand(enqueue(contact("628111"), true));
    EXPECT_TRUE(until([&] { return stats().outbox_in_doubt == 1; }));
}

TEST_F(sender_test, a_closed_window_is_counted) {
    start();
    const auto who = contact("628111");
    clock_.skip(2 * day_ms);
    hand(enqueue(who, true));
    ASSERT_TRUE(until([&] { return stats().outbox_failed == 1; }));
    EXPECT_EQ(sender_->counters().window_closed, 1U);
    EXPECT_THAT(api_.sent, IsEmpty());
}

TEST_F(sender_test, results_of_one_moment_are_one_job) {
    options_.poll_ms = 60'000;
    start();
    pass(20ms);
    api_.hold = true;
    auto items = dispatch(40);
    sender_->hand_over(std::move(items));
    ASSERT_TRUE(until([&] { return api_.open == 40; }));
    const int before = store_.submits;
    api_.hold = false;
    ASSERT_TRUE(until([&] { return stats().outbox_sending == 0; }));
    // The answers come within a few turns of the loop; each job takes what has arrived.
    EXPECT_LE(store_.submits - before, 20);
}

TEST_F(sender_test, a_full_store_loses_no_result) {
    options_.poll_ms = 60'000;
    start();
    const auto who = contact("628111");
    const auto item = enqueue(who, true);
    enqueue(who, false);
    store_.refuse = 5;
    hand(item);
    ASSERT_TRUE(until([&] { return api_.sent.size() == 2; }));
    ASSERT_TRUE(until([&] { return stats().outbox_sending == 0; }));
    EXPECT_EQ(api_.times[item->id], 1);
    EXPECT_EQ(store_.refuse, 0);
}

TEST_F(sender_test, a_store_that_cannot_commit_loses_no_result) {
    for (const auto why : {errc::io, errc::disk_full, errc::rolled_back, errc::constraint}) {
        options_.poll_ms = 60'000;
        start();
        store_.failure = why;
        auto items = dispatch(5);
        store_.fail = 3;
        api_.sent.clear();
        sender_->hand_over(std::move(items));
        ASSERT_TRUE(until([&] { return stats().outbox_sending == 0; }));
        EXPECT_EQ(api_.sent.size(), 5U);
        EXPECT_TRUE(stop());
    }
}

TEST_F(sender_test, a_result_whose_commit_failed_hands_nothing_on) {
    options_.poll_ms = 60'000;
    start();
    const auto who = contact("628111");
    const auto item = enqueue(who, true);
    enqueue(who, false);
    store_.lose_effect = true;
    hand(item);
    pass(100ms);
    // The job claimed the next row, and its rollback unclaimed it.
    EXPECT_EQ(api_.sent.size(), 1U);
    store_.lose_effect = false;
    ASSERT_TRUE(until([&] { return api_.sent.size() == 2; }));
    ASSERT_TRUE(until([&] { return stats().outbox_sending == 0; }));
}

TEST_F(sender_test, marks_are_few_and_never_hold_up_replies) {
    start();
    api_.hold_marks = true;
    for (int i = 0; i < 100; ++i)
        sender_->mark_read("tangerang", "wamid.x");
    sender_->mark_read("nowhere", "wamid.x");
    ASSERT_TRUE(until([&] { return api_.marks == 8; }));
    const auto who = contact("628111");
    hand(enqueue(who, true));
    ASSERT_TRUE(until([&] { return states(who) == std::vector{outbox_state::sent}; }));
    EXPECT_EQ(api_.most_marks, 8);
    api_.hold_marks = false;
    ASSERT_TRUE(until([&] { return api_.marks_open == 0; }));
    sender_->mark_read("nowhere", "wamid.x");
    sender_->mark_read("tangerang", "wamid.y");
    EXPECT_TRUE(until([&] { return api_.marks == 9; }));
    EXPECT_TRUE(stop());
}

TEST_F(sender_test, marks_are_dropped_while_it_is_busy) {
    options_.in_flight_max = 4;
    start();
    api_.hold = true;
    for (int i = 0; i < 4; ++i)
        hand(enqueue(contact("6281" + std::to_string(i)), true));
    ASSERT_TRUE(until([&] { return api_.open == 4; }));
    for (int i = 0; i < 20; ++i)
        sender_->mark_read("tangerang", "wamid.x");
    pass(20ms);
    EXPECT_EQ(api_.marks, 0);
}

TEST_F(sender_test, stop_waits_for_what_flies_and_gives_back_the_rest) {
    options_.in_flight_max = 10;
    start();
    api_.delay = 2ms;
    auto items = dispatch(300);
    sender_->hand_over(std::move(items));
    ASSERT_TRUE(until([&] { return api_.sent.size() >= 50; }));
    ASSERT_TRUE(stop());
    EXPECT_FALSE(sender_->has_room());
    EXPECT_EQ(api_.open, 0);
    EXPECT_EQ(stats().outbox_sending, 0);
    EXPECT_EQ(stats().outbox_in_doubt, 0);
    EXPECT_EQ(static_cast<std::size_t>(stats().outbox_queued) + api_.sent.size(), 300U);
    // Nothing keeps the loop alive.
    io_.restart();
    EXPECT_LE(io_.run_for(1s), 10U);
    EXPECT_TRUE(io_.stopped());
}

TEST_F(sender_test, stop_gives_back_what_a_late_result_released) {
    options_.poll_ms = 60'000;
    start();
    const auto who = contact("628111");
    api_.hold = true;
    const auto item = enqueue(who, true);
    enqueue(who, false);
    hand(item);
    ASSERT_TRUE(until([&] { return api_.open == 1; }));
    bool done = false;
    sender_->stop([&] { done = true; });
    pass(20ms);
    EXPECT_FALSE(done);
    api_.hold = false;
    ASSERT_TRUE(until([&] { return done; }));
    EXPECT_THAT(states(who), ElementsAre(outbox_state::sent, outbox_state::queued));
}

TEST_F(sender_test, stop_ends_although_the_store_is_closed) {
    start();
    api_.hold = true;
    hand(enqueue(contact("628111"), true));
    ASSERT_TRUE(until([&] { return api_.open == 1; }));
    inner_->close();
    api_.hold = false;
    EXPECT_TRUE(stop());
}

TEST_F(sender_test, stop_before_start_ends_at_once) {
    make();
    EXPECT_TRUE(stop());
}

TEST_F(sender_test, an_outage_ends_by_itself) {
    start();
    for (int i = 0; i < 3; ++i)
        api_.script.emplace_back(send_not_sent{"connection refused"});
    auto items = dispatch(20);
    options_.in_flight_max = 64;
    sender_->hand_over(std::move(items));
    EXPECT_TRUE(until([&] { return stats().outbox_queued + stats().outbox_sending == 0; }));
    EXPECT_EQ(sender_->counters().retried, 0U);
    EXPECT_EQ(sender_->counters().failed, 0U);
}

/// A folder with a database, gone with the test.
class temporary_database {
  public:
    temporary_database() {
        std::filesystem::create_directory(folder_);
        const std::shared_ptr<const storage::keyring> keys = storage::create_keyring({});
        storage::sqlite_options database;
        database.file = folder_ / "store.db";
        if (!storage::create_sqlite_database(database.file, *keys)) throw std::bad_alloc();
        store_ = std::move(storage::open_sqlite_store(database, keys).value());
    }
    temporary_database(const temporary_database&) = delete;
    temporary_database& operator=(const temporary_database&) = delete;
    ~temporary_database() {
        store_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    storage::store& store() { return *store_; }

  private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("siwareng_sender_" + std::to_string(::getpid()));
    std::unique_ptr<storage::store> store_;
};

/// One turn as the webhook makes it.
void make_turn(storage::store& store, outbox_sender& sender, const std::string& phone,
               std::int64_t now_ms) {
    std::optional<outbox_item> item;
    const auto outcome = store.run([&](transaction& tx) {
        const auto who =
            tx.resolve_contact("tangerang", {{storage::address_kind::phone, phone}}, "", now_ms);
        tx.save_turn(who.id, "{}", now_ms + day_ms);
        storage::outbound row;
        row.office = "tangerang";
        row.contact = who.id;
        row.payload = to_json(dialogs::bubble{.text = "Halo", .options = {}, .list_label = ""});
        row.created_ms = now_ms;
        item = tx.enqueue(row, sender.has_room());
    });
    ASSERT_TRUE(outcome);
    if (item) sender.hand_over({std::move(*item)});
    sender.mark_read("tangerang", "wamid.x");
    static_cast<void>(sender.counters());
}

/// The real store on its own thread, turns on several others: what ThreadSanitizer should see.
TEST(sender_threads, hand_over_from_many_threads_and_stop_under_load) {
    temporary_database database;
    const test_clock clock;
    asio::io_context io;
    const asio::any_io_executor strand = asio::make_strand(io);
    fake_api api(strand);
    api.delay = 1ms;
    sender_options options;
    options.channels = {{"tangerang", "111", "token", 0}};
    options.poll_ms = 10;
    options.pair_interval_ms = 0;
    options.handed_max = 64;
    auto sender =
        create_outbox_sender(strand, database.store(), api, options, [&] { return clock.now(); });
    sender->start();
    auto guard = asio::make_work_guard(io);
    std::vector<std::thread> loops;
    loops.reserve(2);
    for (int i = 0; i < 2; ++i)
        loops.emplace_back([&] { io.run(); });

    constexpr int turns = 100;
    constexpr int threads = 3;
    std::vector<std::thread> writers;
    writers.reserve(threads);
    for (int thread = 0; thread < threads; ++thread) {
        writers.emplace_back([&, thread] {
            for (int i = 0; i < turns; ++i) {
                make_turn(database.store(), *sender,
                          "62811" + std::to_string(thread) + std::to_string(i % 20), clock.now());
            }
        });
    }
    for (auto& writer : writers)
        writer.join();
    std::promise<void> stopped;
    sender->stop([&] { stopped.set_value(); });
    stopped.get_future().wait();
    guard.reset();
    for (auto& loop : loops)
        loop.join();

    const auto stats = database.store().open_reader()->stats();
    EXPECT_EQ(stats.outbox_sending, 0);
    EXPECT_EQ(stats.outbox_in_doubt, 0);
    EXPECT_EQ(static_cast<std::size_t>(stats.outbox_queued) + api.sent.size(), threads * turns);
    for (const auto& [id, times] : api.times)
        EXPECT_EQ(times, 1) << id;
}

}  // namespace
}  // namespace siwareng::bot
