// The SQLite store when things go wrong below it: full disk, damaged file, too much work.

#include "storage/sqlite/connection.hpp"
#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <latch>
#include <mutex>
#include <string>
#include <sys/resource.h>

namespace siwareng::tests {
namespace {

using storage::errc;
using storage::sqlite_options;
using storage::transaction;

using outcome = std::expected<void, errc>;

class sqlite_faults : public testing::Test {
  protected:
    void open(sqlite_options options = {}) {
        store_.reset();
        options.file = file_;
        if (!std::filesystem::exists(file_)) {
            ASSERT_TRUE(storage::create_sqlite_database(file_, *test_keys()));
        }
        options.observer.on_error = [this](errc code, std::string_view) {
            const std::lock_guard lock(mutex_);
            reported_.push_back(code);
        };
        auto opened = storage::open_sqlite_store(options, test_keys());
        ASSERT_TRUE(opened) << to_string(opened.error());
        store_ = std::move(*opened);
    }

    /// Runs the jobs as one batch and returns their outcomes.
    std::vector<outcome> run_together(
        std::vector<std::move_only_function<void(transaction&)>> works) {
        std::latch started(1);
        std::latch go(1);
        std::latch all(static_cast<std::ptrdiff_t>(works.size()));
        EXPECT_TRUE(store_->submit({.work =
                                        [&](transaction&) {
                                            started.count_down();
                                            go.wait();
                                        },
                                    .done = [](auto) {}}));
        started.wait();
        std::vector<outcome> outcomes(works.size());
        for (std::size_t i = 0; i < works.size(); ++i) {
            EXPECT_TRUE(store_->submit({.work = std::move(works[i]), .done = [&, i](auto result) {
                                            outcomes[i] = result;
                                            all.count_down();
                                        }}));
        }
        go.count_down();
        all.wait();
        return outcomes;
    }

    static void keep(transaction& in, const std::string& body) { in.keep_raw(body, start_ms); }

    std::vector<errc> reported() {
        const std::lock_guard lock(mutex_);
        return reported_;
    }

    temp_folder folder_;
    std::filesystem::path file_ = folder_.path() / "a.db";
    std::mutex mutex_;
    std::vector<errc> reported_;
    std::unique_ptr<storage::store> store_;
};

TEST_F(sqlite_faults, a_full_database_refuses_and_goes_on) {
    ASSERT_NO_FATAL_FAILURE(open({.pages_max = 200}));
    int kept = 0;
    outcome last;
    while (kept < 1000) {
        last = store_->run(
            [&](transaction& in) { keep(in, std::to_string(kept) + std::string(20'000, 'x')); });
        if (!last) break;
        ++kept;
    }
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error(), errc::disk_full);
    EXPECT_GT(kept, 10);
    EXPECT_THAT(reported(), testing::Contains(errc::disk_full));
    EXPECT_TRUE(store_->run([](transaction& in) { EXPECT_FALSE(in.load_contact(1)); }));
    EXPECT_EQ(store_->run([](transaction& in) { keep(in, std::string(20'000, 'y')); }).error(),
              errc::disk_full)
        << "as long as the cause is there";
    EXPECT_TRUE(store_->run([](transaction& in) { in.purge({}, start_ms + 100 * day_ms, 1000); }));
    EXPECT_TRUE(store_->run([](transaction& in) { keep(in, std::string(20'000, 'y')); }));
}

TEST_F(sqlite_faults, a_full_disk_undoes_a_batch_as_a_whole) {
    ASSERT_NO_FATAL_FAILURE(open({.pages_max = 200}));
    const auto outcomes = run_together([] {
        std::vector<std::move_only_function<void(transaction&)>> works;
        works.emplace_back([](transaction& in) { keep(in, "small 1"); });
        works.emplace_back([](transaction& in) { keep(in, std::string(3'000'000, 'x')); });
        works.emplace_back([](transaction& in) { keep(in, "small 2"); });
        return works;
    }());
    EXPECT_EQ(outcomes[1].error(), errc::disk_full);
    // SQLite gives up the transaction here; whatever it does, outcomes and rows must agree.
    ASSERT_TRUE(store_->run([&](transaction& in) {
        EXPECT_EQ(in.keep_raw("small 1", start_ms), !outcomes[0].has_value());
        EXPECT_EQ(in.keep_raw("small 2", start_ms), !outcomes[2].has_value());
    }));
}

// A turn swallows the failure of its savepoint to write an apology. Once the transaction is gone,
// nothing of the job may reach the file by itself.
TEST_F(sqlite_faults, a_job_that_swallows_the_failure_writes_nothing) {
    ASSERT_NO_FATAL_FAILURE(open({.pages_max = 200}));
    bool refused = false;
    const auto result = store_->run([&](transaction& in) {
        keep(in, "before");
        try {
            in.with_savepoint([&] { keep(in, std::string(3'000'000, 'x')); });
        } catch (const storage::store_error& error) {
            EXPECT_EQ(error.code(), errc::disk_full);
        }
        try {
            keep(in, "after");
        } catch (const storage::store_error&) {
            refused = true;
        }
    });
    EXPECT_EQ(result.has_value(), !refused);
    ASSERT_TRUE(store_->run([&](transaction& in) {
        EXPECT_EQ(in.keep_raw("before", start_ms), refused);
        EXPECT_EQ(in.keep_raw("after", start_ms), refused);
    }));
}

// The log cannot grow: the commit itself fails.
TEST_F(sqlite_faults, a_commit_without_room_undoes_the_batch) {
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_TRUE(store_->run([](transaction& in) { keep(in, "first"); }));
    struct sigaction ignore{};
    struct sigaction before{};
    ignore.sa_handler = SIG_IGN;
    ASSERT_EQ(::sigaction(SIGXFSZ, &ignore, &before), 0);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit old = limit;
    limit.rlim_cur = std::filesystem::file_size(file_.native() + "-wal") + 8192;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const auto outcomes = run_together([] {
        std::vector<std::move_only_function<void(transaction&)>> works;
        works.emplace_back([](transaction& in) { keep(in, "second"); });
        works.emplace_back([](transaction& in) { keep(in, std::string(100'000, 'x')); });
        works.emplace_back([](transaction&) { throw std::runtime_error("mine"); });
        return works;
    }());
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    ASSERT_EQ(::sigaction(SIGXFSZ, &before, nullptr), 0);
    ASSERT_FALSE(outcomes[0]);
    ASSERT_FALSE(outcomes[1]);
    EXPECT_EQ(outcomes[0].error(), errc::disk_full);
    EXPECT_EQ(outcomes[1].error(), errc::disk_full);
    ASSERT_FALSE(outcomes[2]);
    EXPECT_EQ(outcomes[2].error(), errc::rolled_back) << "it failed by itself";
    ASSERT_TRUE(store_->run([](transaction& in) {
        EXPECT_FALSE(in.keep_raw("first", start_ms));
        EXPECT_TRUE(in.keep_raw("second", start_ms));
        EXPECT_TRUE(in.keep_raw(std::string(100'000, 'x'), start_ms));
    }));
    store_->close();
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_TRUE(store_->run([](transaction& in) { EXPECT_FALSE(in.keep_raw("second", start_ms)); }))
        << "and it is durable";
}

TEST_F(sqlite_faults, jobs_that_throw_leave_their_neighbours_alone) {
    ASSERT_NO_FATAL_FAILURE(open());
    const auto outcomes = run_together([] {
        std::vector<std::move_only_function<void(transaction&)>> works;
        works.reserve(5);
        for (int i = 0; i < 5; ++i) {
            works.emplace_back([i](transaction& in) {
                keep(in, std::to_string(i));
                if (i % 2 == 1) throw std::runtime_error("no");
            });
        }
        return works;
    }());
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(outcomes[i].has_value(), i % 2 == 0) << i;
    ASSERT_TRUE(store_->run([](transaction& in) {
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(in.keep_raw(std::to_string(i), 1), i % 2 == 1) << i;
    }));
    EXPECT_THAT(reported(), testing::ElementsAre(errc::rolled_back, errc::rolled_back));
}

TEST_F(sqlite_faults, a_full_queue_refuses) {
    ASSERT_NO_FATAL_FAILURE(open({.queue_jobs_max = 3}));
    std::latch started(1);
    std::latch go(1);
    std::atomic<int> done = 0;
    const auto count = [&](auto) { ++done; };
    ASSERT_TRUE(store_->submit({.work =
                                    [&](transaction&) {
                                        started.count_down();
                                        go.wait();
                                    },
                                .done = count}));
    started.wait();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(store_->submit({.work = [](transaction&) {}, .done = count}));
    }
    EXPECT_EQ(store_->queue_depth(), 3U);
    EXPECT_EQ(store_->submit({.work = [](transaction&) {}, .done = count}).error(),
              errc::queue_full);
    EXPECT_EQ(store_->run([](transaction&) {}).error(), errc::queue_full);
    go.count_down();
    store_->close();
    EXPECT_EQ(done, 4) << "close finishes what is queued, and only that";
}

TEST_F(sqlite_faults, batches_are_bounded) {
    std::vector<std::size_t> batches;
    sqlite_options options{.batch_jobs_max = 4};
    options.observer.on_commit = [&](std::size_t jobs, std::int64_t) { batches.push_back(jobs); };
    ASSERT_NO_FATAL_FAILURE(open(options));
    std::vector<std::move_only_function<void(transaction&)>> works;
    works.reserve(10);
    for (int i = 0; i < 10; ++i)
        works.emplace_back([](transaction&) {});
    run_together(std::move(works));
    store_->close();
    EXPECT_THAT(batches, testing::ElementsAre(1, 4, 4, 2));
}

TEST_F(sqlite_faults, a_damaged_file_is_told) {
    ASSERT_NO_FATAL_FAILURE(open({.checkpoint_pages = 1}));
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(store_->run([i](transaction& in) {
            storage::outbound what;
            what.contact = in.resolve_contact(office, {phone("628" + std::to_string(i))}, "", 1).id;
            what.payload = std::string(1000, 'x');
            in.enqueue(what, false);
        }));
    }
    store_.reset();
    const auto size = std::filesystem::file_size(file_);
    {
        std::fstream damage(file_, std::ios::in | std::ios::out | std::ios::binary);
        // The schema stays whole, so that the store opens; the rows do not.
        damage.seekp(static_cast<std::streamoff>(60) * 4096);
        for (std::uintmax_t i = static_cast<std::uintmax_t>(60) * 4096; i < size; ++i)
            damage.put('\xa5');
    }
    ASSERT_NO_FATAL_FAILURE(open());
    const auto result = store_->run([](transaction& in) {
        for (int i = 0; i < 300; ++i) {
            in.resolve_contact(office, {phone("628" + std::to_string(i))}, "x", 1);
        }
    });
    EXPECT_EQ(result.error(), errc::corrupt);
    const auto reader = store_->open_reader();
    EXPECT_THROW(
        {
            for (int i = 1; i <= 300; ++i)
                static_cast<void>(reader->conversation(i, 10));
        },
        storage::store_error);
}

TEST_F(sqlite_faults, swapped_ciphertext_is_refused) {
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_TRUE(store_->run([](transaction& in) {
        const auto who = in.resolve_contact(office, {phone("62811")}, "Budi", start_ms);
        in.save_turn(who.id, "session", start_ms);
    }));
    store_.reset();
    {
        storage::sqlite::connection db(file_, storage::sqlite::connection::access::write);
        db.execute("UPDATE contacts SET session = profile_name");
    }
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_EQ(store_
                  ->run([](transaction& in) {
                      in.resolve_contact(office, {phone("62811")}, "", start_ms);
                  })
                  .error(),
              errc::bad_seal);
}

TEST_F(sqlite_faults, the_log_is_copied_into_the_database) {
    ASSERT_NO_FATAL_FAILURE(open({.checkpoint_pages = 50}));
    for (int i = 0; i < 400; ++i) {
        ASSERT_TRUE(store_->run(
            [i](transaction& in) { keep(in, std::to_string(i) + std::string(4000, 'x')); }));
    }
    EXPECT_GT(std::filesystem::file_size(file_), 800U * 1024);
    EXPECT_LT(std::filesystem::file_size(file_.native() + "-wal"), 100U * 4200);
    EXPECT_THAT(reported(), testing::IsEmpty());
}

}  // namespace
}  // namespace siwareng::tests
