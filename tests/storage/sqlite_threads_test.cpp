// The SQLite store with many threads at once: submitters, readers, a backup, and close.

#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace siwareng::tests {
namespace {

using storage::errc;
using storage::transaction;

class sqlite_threads : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(storage::create_sqlite_database(file_, *test_keys()));
        storage::sqlite_options options;
        options.file = file_;
        options.checkpoint_pages = 100;  // Often, so that checkpoints meet readers.
        options.observer.on_commit = [this](std::size_t, std::int64_t) { ++commits_; };
        options.observer.on_error = [this](errc, std::string_view detail) {
            ADD_FAILURE() << detail;
            ++errors_;
        };
        auto opened = storage::open_sqlite_store(options, test_keys());
        ASSERT_TRUE(opened);
        store_ = std::move(*opened);
    }

    static void turn(transaction& in, int thread, int n) {
        const std::string name = std::to_string(thread) + "." + std::to_string(n);
        const auto who =
            in.resolve_contact(office, {phone("62" + std::to_string(thread))}, "Budi", start_ms);
        const auto id = in.insert_inbound(who.id, message(name), storage::inbound_state::handled);
        in.save_turn(who.id, "s" + name, start_ms + n);
        storage::outbound reply;
        reply.contact = who.id;
        reply.reply_to = id;
        reply.payload = "answer to " + name;
        reply.created_ms = start_ms + n;
        in.enqueue(reply, true);
    }

    temp_folder folder_;
    std::filesystem::path file_ = folder_.path() / "a.db";
    std::atomic<int> commits_ = 0;
    std::atomic<int> errors_ = 0;
    std::unique_ptr<storage::store> store_;
};

constexpr int threads_count = 8;
constexpr int turns_each = 60;

TEST_F(sqlite_threads, share_commits) {
    std::vector<std::jthread> threads;
    threads.reserve(threads_count);
    for (int thread = 0; thread < threads_count; ++thread) {
        threads.emplace_back([this, thread] {
            for (int n = 0; n < turns_each; ++n) {
                EXPECT_TRUE(store_->run([&](transaction& in) { turn(in, thread, n); }));
            }
        });
    }
    threads.clear();
    const auto stats = store_->open_reader()->stats();
    EXPECT_EQ(stats.contacts, threads_count);
    EXPECT_EQ(stats.outbox_sending, threads_count);
    EXPECT_EQ(stats.outbox_queued, threads_count * (turns_each - 1));
    EXPECT_LT(commits_, threads_count * turns_each) << "jobs of several threads share a commit";
    EXPECT_EQ(errors_, 0);
}

TEST_F(sqlite_threads, read_whole_turns_only) {
    std::atomic<bool> stop = false;
    std::vector<std::jthread> readers;
    readers.reserve(3);
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&, i] {
            const auto reader = store_->open_reader();
            while (!stop) {
                const auto who = reader->find_contact(office, phone("62" + std::to_string(i)));
                if (!who) continue;
                const auto entries = reader->conversation(who->id, 2);
                EXPECT_EQ(entries.size() % 2, 0U) << "a message without its answer";
                static_cast<void>(reader->stats());
            }
        });
    }
    {
        std::vector<std::jthread> writers;
        writers.reserve(3);
        for (int thread = 0; thread < 3; ++thread) {
            writers.emplace_back([this, thread] {
                for (int n = 0; n < turns_each; ++n) {
                    EXPECT_TRUE(store_->run([&](transaction& in) { turn(in, thread, n); }));
                }
            });
        }
    }
    stop = true;
}

TEST_F(sqlite_threads, back_up_under_load) {
    std::atomic<bool> stop = false;
    std::atomic<int> turns = 0;
    const std::jthread writer([&] {
        for (int n = 0; !stop; ++n) {
            EXPECT_TRUE(store_->run([&](transaction& in) { turn(in, n % 7, n); }));
            ++turns;
        }
    });
    while (turns < 20)
        std::this_thread::yield();
    for (int i = 0; i < 5; ++i) {
        const int before = turns;
        const auto copy = folder_.path() / (std::to_string(i) + ".db");
        ASSERT_TRUE(store_->backup(copy));
        storage::sqlite_options options;
        options.file = copy;
        auto opened = storage::open_sqlite_store(options, test_keys());
        ASSERT_TRUE(opened);
        const auto stats = (*opened)->open_reader()->stats();
        EXPECT_GE(stats.outbox_queued + stats.outbox_sending, before);
        EXPECT_EQ(stats.contacts, 7);
    }
    stop = true;
}

TEST_F(sqlite_threads, close_while_others_submit) {
    std::atomic<int> accepted = 0;
    std::atomic<int> done = 0;
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (int n = 0;; ++n) {
                const auto queued =
                    store_->submit({.work = [thread, n](transaction& in) { turn(in, thread, n); },
                                    .done =
                                        [&](auto outcome) {
                                            EXPECT_TRUE(outcome);
                                            ++done;
                                        }});
                if (queued) {
                    ++accepted;
                } else if (queued.error() == errc::closed) {
                    return;
                }
            }
        });
    }
    while (done < 50)
        std::this_thread::yield();
    std::jthread second([this] { store_->close(); });
    store_->close();
    second.join();
    threads.clear();
    EXPECT_EQ(accepted, done) << "what was accepted is finished";
}

}  // namespace
}  // namespace siwareng::tests
