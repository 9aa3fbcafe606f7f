#include "storage/sqlite/writer.hpp"

#include "storage/sql/transaction.hpp"

#include <algorithm>
#include <exception>
#include <pthread.h>
#include <utility>

namespace siwareng::storage::sqlite {

writer::writer(descriptor lock, std::unique_ptr<connection> db, std::shared_ptr<const keyring> keys,
               sqlite_options options)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      db_(std::move(db)),
      transaction_(sql::create_transaction(*db_, std::move(keys))),
      checkpoint_at_pages_(options_.checkpoint_pages),
      thread_([this] { loop(); }) {
    ::pthread_setname_np(thread_.native_handle(), "store-writer");
}

writer::~writer() {
    close();
}

std::expected<void, errc> writer::submit(job work) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_) return std::unexpected(errc::closed);
        if (queue_.size() >= options_.queue_jobs_max) return std::unexpected(errc::queue_full);
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
    return {};
}

std::size_t writer::depth() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void writer::close() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_one();
    const std::lock_guard lock(close_mutex_);
    if (thread_.joinable()) thread_.join();
    transaction_.reset();
    db_.reset();
    lock_ = descriptor();
}

std::vector<job> writer::take_batch() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    const std::size_t count = std::min(queue_.size(), options_.batch_jobs_max);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<job> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    return batch;
}

void writer::loop() {
    while (true) {
        std::vector<job> batch = take_batch();
        if (batch.empty()) return;
        run_batch(batch);
        checkpoint_if_due();
    }
}

void writer::run_batch(std::vector<job>& batch) {
    std::vector<outcome> outcomes(batch.size());
    const auto undone = run_jobs(batch, outcomes);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (undone && outcomes[i]) outcomes[i] = std::unexpected(*undone);
        // A callback that throws is a bug that nothing here could mend: it ends the program.
        [&]() noexcept { batch[i].done(outcomes[i]); }();
    }
}

std::optional<errc> writer::run_jobs(std::vector<job>& batch, std::vector<outcome>& outcomes) {
    try {
        db_->begin();
        for (std::size_t i = 0; i < batch.size() && !db_->lost(); ++i) {
            outcomes[i] = run_job(batch[i]);
        }
        if (const auto lost = db_->lost()) {
            report(*lost, "the whole batch was rolled back");
            db_->rollback();
            return lost;
        }
        const std::int64_t started_us = clock_us();
        db_->commit();
        if (options_.observer.on_commit) {
            options_.observer.on_commit(batch.size(), clock_us() - started_us);
        }
        return std::nullopt;
    } catch (const store_error& error) {
        report(error.code(), error.what());
        db_->rollback();
        return error.code();
    }
}

writer::outcome writer::run_job(job& each) {
    db_->savepoint();
    errc code = errc::rolled_back;
    try {
        each.work(*transaction_);
        db_->release_savepoint();
        return {};
    } catch (const store_error& error) {
        code = error.code();
        report(code, error.what());
    } catch (const std::exception& error) {
        report(code, error.what());
    } catch (...) {
        report(code, "the job threw something that is not an exception");
    }
    db_->rollback_savepoint();
    return std::unexpected(code);
}

// Behind the answers, so that no citizen waits for it. A reader may keep the log from starting
// over; then the next attempt waits until as much again has been written.
void writer::checkpoint_if_due() {
    const int pages = db_->wal_pages();
    if (pages < options_.checkpoint_pages) checkpoint_at_pages_ = options_.checkpoint_pages;
    if (pages < checkpoint_at_pages_) return;
    checkpoint_at_pages_ = pages + options_.checkpoint_pages;
    try {
        db_->checkpoint();
    } catch (const store_error& error) {
        // Nothing is lost: the log keeps everything until a later attempt.
        report(error.code(), error.what());
    }
}

void writer::report(errc code, std::string_view detail) const {
    if (options_.observer.on_error) options_.observer.on_error(code, detail);
}

std::int64_t writer::clock_us() const {
    return options_.observer.clock_us ? options_.observer.clock_us() : 0;
}

}  // namespace siwareng::storage::sqlite
