#include "storage/ports.hpp"
#include "storage/sql/transaction.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/schema.hpp"
#include "storage/sqlite/writer.hpp"
#include "storage/store_files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace siwareng::storage {
namespace {

using sqlite::connection;

std::filesystem::path beside(const std::filesystem::path& file, const char* ending) {
    std::filesystem::path result = file;
    result += ending;
    return result;
}

void remove_database(const std::filesystem::path& file) {
    ::unlink(file.c_str());
    ::unlink(beside(file, "-wal").c_str());
    ::unlink(beside(file, "-shm").c_str());
}

std::expected<void, errc> sync_backup(const std::filesystem::path& to) {
    const descriptor opened(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) {
        const errc code = from_errno(errno);
        remove_database(to);
        return std::unexpected(code);
    }
    sync_folder_of(to);
    return {};
}

/// A read transaction on the connection of a reader.
class sqlite_snapshot final : public sql::snapshot {
  public:
    explicit sqlite_snapshot(connection& db) : db_(db) {}
    void begin() override { db_.begin_read(); }
    void end() noexcept override { db_.rollback(); }

  private:
    connection& db_;
};

class sqlite_store final : public store {
  public:
    sqlite_store(descriptor lock, std::unique_ptr<connection> db, const sqlite_options& options,
                 std::shared_ptr<const keyring> keys)
        : file_(options.file),
          keys_(std::move(keys)),
          writer_(std::move(lock), std::move(db), keys_, options) {}

    [[nodiscard]] std::expected<void, errc> submit(job work) override {
        return writer_.submit(std::move(work));
    }

    [[nodiscard]] std::unique_ptr<reader> open_reader() override {
        auto db = std::make_unique<connection>(file_, connection::access::read);
        auto view = std::make_unique<sqlite_snapshot>(*db);
        return sql::create_reader(std::move(db), std::move(view), keys_);
    }

    [[nodiscard]] std::size_t queue_depth() const override { return writer_.depth(); }

    void close() override { writer_.close(); }

    [[nodiscard]] std::expected<void, errc> backup(const std::filesystem::path& to) override {
        return backup_sqlite_database(file_, to);
    }

  private:
    std::filesystem::path file_;
    std::shared_ptr<const keyring> keys_;
    sqlite::writer writer_;
};

}  // namespace

std::expected<void, errc> create_sqlite_database(const std::filesystem::path& file,
                                                 const keyring& keys) {
    if (auto made = make_private_folders(file.parent_path()); !made) return made;
    const auto lock = lock_file(beside(file, ".lock"));
    if (!lock) return std::unexpected(lock.error());
    if (const auto made = make_private_file(file); !made) return std::unexpected(made.error());
    try {
        connection db(file, connection::access::write);
        sqlite::create_schema(db, keys.fingerprint(), sqlite::newest_schema());
    } catch (const store_error& error) {
        remove_database(file);
        return std::unexpected(error.code());
    }
    sync_folder_of(file);
    return {};
}

std::expected<std::unique_ptr<store>, errc> open_sqlite_store(const sqlite_options& options,
                                                              std::shared_ptr<const keyring> keys) {
    struct stat facts{};
    if (::stat(options.file.c_str(), &facts) != 0) return std::unexpected(from_errno(errno));
    if (!S_ISREG(facts.st_mode)) return std::unexpected(errc::not_a_store);
    auto lock = lock_file(beside(options.file, ".lock"));
    if (!lock) return std::unexpected(lock.error());
    try {
        auto db = std::make_unique<connection>(options.file, connection::access::write);
        sqlite::check_schema(*db, keys->fingerprint());
        if (options.pages_max > 0) {
            db->execute("PRAGMA max_page_count = " + std::to_string(options.pages_max));
        }
        sqlite::migrate_schema(*db);
        return std::make_unique<sqlite_store>(std::move(*lock), std::move(db), options,
                                              std::move(keys));
    } catch (const store_error& error) {
        return std::unexpected(error.code());
    }
}

std::expected<void, errc> backup_sqlite_database(const std::filesystem::path& file,
                                                 const std::filesystem::path& to) {
    struct stat facts{};
    if (::stat(file.c_str(), &facts) != 0) return std::unexpected(from_errno(errno));
    // VACUUM INTO fills an empty file that exists, and so keeps its mode.
    if (const auto made = make_private_file(to); !made) return std::unexpected(made.error());
    try {
        connection db(file, connection::access::backup);
        const sql::kept copy = db.prepare("VACUUM INTO $1");
        sql::run(copy, std::string_view(to.native()));
    } catch (const store_error& error) {
        remove_database(to);
        return std::unexpected(error.code());
    }
    return sync_backup(to);
}

}  // namespace siwareng::storage
