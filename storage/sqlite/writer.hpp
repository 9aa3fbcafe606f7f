#pragma once

#include "storage/ports.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/store_files.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace siwareng::storage::sqlite {

/// The one thread that writes: it takes what is queued, runs each job under a savepoint of one
/// transaction, commits, and reports. While it commits the next batch gathers, so that many jobs
/// share one sync of the disk and a lone job waits for nothing.
class writer {
  public:
    /// Takes a connection for writing whose schema is current, and the lock that makes it the only
    /// one. Statements are prepared here, so that a damaged schema is found at start.
    writer(descriptor lock, std::unique_ptr<connection> db, std::shared_ptr<const keyring> keys,
           sqlite_options options);
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;
    ~writer();

    std::expected<void, errc> submit(job work);
    [[nodiscard]] std::size_t depth() const;
    /// Finishes what is queued, closes the connection, then gives the lock back. Idempotent; not
    /// from the writer's thread.
    void close();

  private:
    using outcome = std::expected<void, errc>;

    void loop();
    /// Waits; empty once the writer is closed and nothing is left.
    std::vector<job> take_batch();
    void run_batch(std::vector<job>& batch);
    /// Runs the jobs in one transaction; the error is one that undid them all.
    std::optional<errc> run_jobs(std::vector<job>& batch, std::vector<outcome>& outcomes);
    outcome run_job(job& each);
    void checkpoint_if_due();
    void report(errc code, std::string_view detail) const;
    [[nodiscard]] std::int64_t clock_us() const;

    const sqlite_options options_;
    descriptor lock_;
    std::unique_ptr<connection> db_;
    std::unique_ptr<transaction> transaction_;
    int checkpoint_at_pages_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<job> queue_;
    bool closing_ = false;
    std::mutex close_mutex_;
    std::thread thread_;
};

}  // namespace siwareng::storage::sqlite
