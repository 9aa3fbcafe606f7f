#include "storage/sqlite/connection.hpp"

#include "storage/ports.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace siwareng::storage::sqlite {
namespace {

// A foreign process (the sqlite3 shell of an administrator) may hold the lock for a moment.
constexpr int busy_timeout_ms = 5000;
constexpr int parameters_max = 16;

class sqlite_statement final : public sql::statement {
  public:
    sqlite_statement(connection& db, std::string_view sql) : db_(db) {
        const int code = sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
        if (code != SQLITE_OK) db.fail(code);
        // SQLite numbers `$n` by appearance, not by n.
        positions_.assign(parameters_max + 1, 0);
        for (int n = 1; n <= parameters_max; ++n) {
            const std::string name = "$" + std::to_string(n);
            positions_[static_cast<std::size_t>(n)] =
                sqlite3_bind_parameter_index(statement_, name.c_str());
        }
    }
    ~sqlite_statement() override { sqlite3_finalize(statement_); }

    void bind_integer(int parameter, std::int64_t value) override {
        check(sqlite3_bind_int64(statement_, position(parameter), value));
    }
    void bind_text(int parameter, std::string_view value) override {
        // Empty text is not NULL, also where the view has no address.
        const char* const text = value.empty() ? "" : value.data();
        check(sqlite3_bind_text64(statement_, position(parameter), text, value.size(),
                                  SQLITE_TRANSIENT, SQLITE_UTF8));
    }
    void bind_blob(int parameter, std::string_view value) override {
        const char* const bytes = value.empty() ? "" : value.data();
        check(sqlite3_bind_blob64(statement_, position(parameter), bytes, value.size(),
                                  SQLITE_TRANSIENT));
    }
    void bind_null(int parameter) override {
        check(sqlite3_bind_null(statement_, position(parameter)));
    }

    bool step() override {
        if (!running_) db_.require_transaction();
        running_ = true;
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code != SQLITE_DONE) db_.fail(code);
        return false;
    }

    void reset() noexcept override {
        // Repeats the error that step has already reported.
        sqlite3_reset(statement_);
        running_ = false;
    }

    [[nodiscard]] std::int64_t integer(int column) const override {
        return sqlite3_column_int64(statement_, column);
    }
    [[nodiscard]] std::string_view bytes(int column) const override {
        const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        if (data == nullptr) return {};
        return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }
    [[nodiscard]] bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

  private:
    [[nodiscard]] int position(int parameter) const {
        return positions_.at(static_cast<std::size_t>(parameter));
    }
    void check(int code) {
        if (code != SQLITE_OK) db_.fail(code);
    }

    connection& db_;
    sqlite3_stmt* statement_ = nullptr;
    std::vector<int> positions_;
    bool running_ = false;
};

/// Was the last failure of the file system for want of room? SQLite itself tells a full disk, but
/// neither a quota nor a limit on the size of files, and of the log it keeps the reason to itself.
bool out_of_room(sqlite3* db) {
    if (db == nullptr) return false;
    int of_database = 0;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &of_database);
    int of_log = 0;
    sqlite3_file* log = nullptr;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    if (log != nullptr && log->pMethods != nullptr) {
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
    }
    for (const int reason : {sqlite3_system_errno(db), of_database, of_log}) {
        if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) return true;
    }
    return false;
}

/// SQLite's own count of its memory takes a lock for every allocation, a sixth of the writer's
/// time. Only the first use of SQLite in the process can switch it off; later it is refused, and
/// slower.
void switch_off_memory_count() {
    static const int result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(result);
}

}  // namespace

errc to_errc(int code, sqlite3* db) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return errc::disk_full;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return errc::read_only;
        case SQLITE_NOTADB:
            return errc::not_a_store;
        case SQLITE_CORRUPT:
        case SQLITE_ERROR:
            // Our statements are right for the schema, so it is the schema that was damaged.
            return errc::corrupt;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return errc::in_use;
        case SQLITE_CONSTRAINT:
            return errc::constraint;
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
            return out_of_room(db) ? errc::disk_full : errc::io;
        default:
            return errc::io;
    }
}

connection::connection(const std::filesystem::path& file, access use) {
    switch_off_memory_count();
    const int flags = (use == access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(file.c_str(), &db_, flags, nullptr);
    try {
        if (code != SQLITE_OK) fail(code);
        configure(use);
    } catch (...) {
        sqlite3_close_v2(db_);
        throw;
    }
}

connection::~connection() {
    begin_.reset();
    commit_.reset();
    savepoint_.reset();
    release_.reset();
    rollback_to_.reset();
    sqlite3_close_v2(db_);
}

void connection::configure(access use) {
    sqlite3_busy_timeout(db_, busy_timeout_ms);
    execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
    if (use == access::read) execute("PRAGMA query_only = ON");
    if (use != access::write) return;
    if (sqlite3_db_readonly(db_, "main") != 0) {
        throw store_error(errc::read_only, "the database file cannot be written");
    }
    // The writer checkpoints by itself, behind the answers of a batch and never within a commit.
    execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; "
        "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384");
    sqlite3_wal_hook(
        db_,
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<connection*>(self)->wal_pages_ = pages;
            return SQLITE_OK;
        },
        this);
}

sql::kept connection::prepare(std::string_view sql) {
    return std::make_unique<sqlite_statement>(*this, sql);
}

std::int64_t connection::changes() const {
    return sqlite3_changes64(db_);
}

void connection::run_kept(sql::kept& with, std::string_view sql) {
    if (!with) with = prepare(sql);
    sql::run(with);
}

void connection::savepoint() {
    run_kept(savepoint_, "SAVEPOINT job");
}

void connection::release_savepoint() {
    run_kept(release_, "RELEASE job");
}

void connection::rollback_savepoint() {
    if (lost_) return;
    run_kept(rollback_to_, "ROLLBACK TO job");
    run_kept(release_, "RELEASE job");
}

void connection::execute(const std::string& sql) {
    const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

std::int64_t connection::pragma(const std::string& name) {
    const sql::kept asked = prepare("PRAGMA " + name);
    return sql::first_integer(asked).value_or(0);
}

void connection::begin() {
    run_kept(begin_, "BEGIN IMMEDIATE");
    in_transaction_ = true;
}

void connection::begin_read() {
    run_kept(begin_, "BEGIN");
    in_transaction_ = true;
}

void connection::commit() {
    run_kept(commit_, "COMMIT");
    in_transaction_ = false;
}

void connection::rollback() noexcept {
    in_transaction_ = false;
    lost_.reset();
    // Fails only where SQLite has rolled back by itself, or will when the connection closes.
    if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void connection::checkpoint() {
    const int code =
        sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    // Busy: a reader or a backup still needs the log; the next checkpoint goes on from there.
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) fail(code);
}

void connection::require_transaction() const {
    if (lost_) throw store_error(*lost_, "the transaction was given up after an earlier error");
}

void connection::fail(int code) {
    const errc meaning = to_errc(code, db_);
    const std::string detail = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
    const bool given_up = in_transaction_ && sqlite3_get_autocommit(db_) != 0;
    if (given_up && !lost_) lost_ = meaning;
    throw store_error(meaning, detail);
}

}  // namespace siwareng::storage::sqlite
