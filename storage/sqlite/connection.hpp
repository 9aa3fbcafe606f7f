#pragma once

#include "storage/errc.hpp"
#include "storage/sql/driver.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;

namespace siwareng::storage::sqlite {

/// What an SQLite result code means to the storage module. `db` may be null.
errc to_errc(int code, sqlite3* db);

/// One SQLite connection. Used by one thread at a time; every failure throws `store_error`.
class connection final : public sql::connection {
  public:
    enum class access : std::uint8_t {
        write,   ///< the one connection that writes and checkpoints
        read,    ///< refuses every write
        backup,  ///< reads; VACUUM INTO may make another file
    };

    /// Opens an existing file and sets the pragmas of that use.
    connection(const std::filesystem::path& file, access use);
    ~connection() override;

    sql::kept prepare(std::string_view sql) override;
    [[nodiscard]] std::int64_t changes() const override;
    void savepoint() override;
    void release_savepoint() override;
    void rollback_savepoint() override;

    /// Runs statements without parameters and drops their rows: pragmas, migrations.
    void execute(const std::string& sql);
    /// The single integer that a pragma answers.
    std::int64_t pragma(const std::string& name);

    void begin();
    void begin_read();
    void commit();
    /// Ends the transaction, whatever state it is in; never throws.
    void rollback() noexcept;
    /// SQLite gives up a whole transaction by itself when the disk is full or fails in the middle
    /// of a statement. Then nothing of it is kept, and until `rollback` every statement throws this
    /// error instead of writing outside of a transaction.
    [[nodiscard]] std::optional<errc> lost() const { return lost_; }

    /// Pages in the write-ahead log after the last commit.
    [[nodiscard]] int wal_pages() const { return wal_pages_; }
    /// Copies the log into the database as far as readers allow, without waiting.
    void checkpoint();

    [[nodiscard]] sqlite3* handle() const { return db_; }

    /// For statements: throws if the transaction that should be open is gone.
    void require_transaction() const;
    /// For statements: notes whether the failure ended the transaction, and throws.
    [[noreturn]] void fail(int code);

  private:
    void configure(access use);
    void run_kept(sql::kept& with, std::string_view sql);

    sqlite3* db_ = nullptr;
    bool in_transaction_ = false;
    std::optional<errc> lost_;
    int wal_pages_ = 0;
    sql::kept begin_;
    sql::kept commit_;
    sql::kept savepoint_;
    sql::kept release_;
    sql::kept rollback_to_;
};

}  // namespace siwareng::storage::sqlite
