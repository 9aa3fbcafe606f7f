#include "storage/ports.hpp"
#include "storage/roll/file_io.hpp"
#include "storage/roll/roll.hpp"
#include "storage/roll/roll_format.hpp"
#include "storage/roll/roll_writer.hpp"
#include "storage/roll/sealed_row.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace siwareng::storage {
namespace {

using roll_format::database_handle;
using roll_format::statement_handle;

// Look-ups take microseconds, so a few connections serve any number of threads. All are opened at
// once: an old version's file may be gone when a later one would be needed.
constexpr std::size_t connections = 4;
constexpr int cache_kib = 512;
constexpr std::size_t header_bytes = 100;
constexpr std::string_view header_magic{"SQLite format 3\0", 16};
constexpr int bytes_per_key = static_cast<int>(sizeof(blind_index));

constexpr std::string_view select_answer =
    "SELECT answer FROM voters WHERE nik_index = ?1 ORDER BY seq LIMIT 16";
constexpr std::string_view select_record =
    "SELECT record FROM voters WHERE nik_index = ?1 ORDER BY seq LIMIT 16";
constexpr std::string_view select_station =
    "SELECT place, address FROM stations WHERE region = ?1 AND number = ?2";
constexpr std::string_view select_meta =
    "SELECT office, version, created_ms, voters, stations, rejected, content_hash, fingerprint,"
    " proof FROM meta";
constexpr std::string_view select_all =
    "SELECT nik_index, seq, answer, record FROM voters ORDER BY nik_index, seq";

/// A path as a file: URI; immutable, so that SQLite neither locks nor looks for a journal.
std::string immutable_uri(const std::filesystem::path& file) {
    std::string uri = "file:";
    for (const char letter : std::filesystem::absolute(file).native()) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= '0' && letter <= '9') || letter == '/' || letter == '-' ||
                           letter == '_' || letter == '.';
        if (plain) {
            uri += letter;
        } else {
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
        }
    }
    return uri + "?mode=ro&immutable=1";
}

std::string_view blob_at(sqlite3_stmt* statement, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
    const int size = sqlite3_column_bytes(statement, column);
    return bytes == nullptr ? std::string_view{}
                            : std::string_view{bytes, static_cast<std::size_t>(size)};
}

[[noreturn]] void refuse(errc code, const std::filesystem::path& file, std::string_view why) {
    throw store_error{code, fmt::format("{}: {}", file.string(), why)};
}

/// A big-endian number in the header of an SQLite file.
std::uint32_t number_at(std::string_view header, std::size_t offset, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < bytes; ++at) {
        value = (value << 8U) | static_cast<unsigned char>(header[offset + at]);
    }
    return value;
}

/// What can be told without SQLite: gives clearer answers than its "file is not a database".
void check_header(const std::filesystem::path& file) {
    constexpr std::size_t page_size_at = 16;
    constexpr std::size_t page_count_at = 28;
    constexpr std::size_t user_version_at = 60;
    constexpr std::size_t application_id_at = 68;
    const descriptor opened = file_io::open_to_read(file);
    struct stat facts{};
    if (::fstat(opened.get(), &facts) != 0) file_io::throw_errno("read", file);
    std::array<char, header_bytes> bytes{};
    if (!S_ISREG(facts.st_mode) || facts.st_size < static_cast<off_t>(header_bytes)) {
        refuse(errc::not_a_store, file, "not a voter roll");
    }
    file_io::read_all_at(opened, bytes.data(), bytes.size(), 0, file.native());
    const std::string_view header{bytes.data(), bytes.size()};
    if (!header.starts_with(header_magic) ||
        number_at(header, application_id_at, 4) != roll_format::application_id) {
        refuse(errc::not_a_store, file, "not a voter roll, or its start is damaged");
    }
    if (const auto format = number_at(header, user_version_at, 4);
        format != roll_format::format_version) {
        refuse(errc::newer_schema, file,
               fmt::format("format {} instead of {}; import the voter list again", format,
                           roll_format::format_version));
    }
    // SQLite writes a page size of 65536 as 1.
    const std::uint64_t page_size = std::max(2U, number_at(header, page_size_at, 2));
    if (page_size * number_at(header, page_count_at, 4) !=
        static_cast<std::uint64_t>(facts.st_size)) {
        refuse(errc::corrupt, file, "damaged: not as long as it says; import the voter list again");
    }
}

database_handle open_immutable(const std::filesystem::path& file) {
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(immutable_uri(file).c_str(), &raw,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    database_handle database{raw};
    if (code != SQLITE_OK) roll_format::throw_sqlite(raw, code, file);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    const std::string cache = fmt::format("PRAGMA cache_size=-{}", cache_kib);
    if (const int set = sqlite3_exec(raw, cache.c_str(), nullptr, nullptr, nullptr);
        set != SQLITE_OK) {
        roll_format::throw_sqlite(raw, set, file);
    }
    return database;
}

struct meta_row {
    roll_info info;
    std::string content_hash;
};

/// Reads who and what the roll is, and that nobody without the key wrote it.
meta_row read_meta(sqlite3* database, const std::filesystem::path& file, std::string_view office,
                   const keyring& keys) {
    const auto statement = roll_format::prepare(database, select_meta, file);
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) refuse(errc::corrupt, file, "damaged: its import never ended");
    if (code != SQLITE_ROW) roll_format::throw_sqlite(database, code, file);
    const auto number = [&](int column) { return sqlite3_column_int64(statement.get(), column); };
    meta_row meta;
    meta.info = {std::string{blob_at(statement.get(), 0)},
                 number(1),
                 number(2),
                 number(3),
                 number(4),
                 number(5),
                 file};
    meta.content_hash = blob_at(statement.get(), 6);
    const std::string fingerprint{blob_at(statement.get(), 7)};
    if (fingerprint != keys.fingerprint()) {
        refuse(errc::wrong_key, file,
               "sealed with another key; use that key file, or import the voter list again");
    }
    const auto proof = keys.open(roll_format::proof_place, blob_at(statement.get(), 8));
    if (!proof || *proof != roll_format::proof_text(meta.info, meta.content_hash, fingerprint)) {
        refuse(errc::corrupt, file, "damaged: its description does not fit its seal");
    }
    if (meta.info.office != office) {
        refuse(errc::not_a_store, file, "the roll of another office");
    }
    return meta;
}

/// One connection with its kept statements. One thread at a time.
struct connection {
    database_handle database;
    statement_handle answer;
    statement_handle record;
    statement_handle station;
};

class file_roll final : public roll {
  public:
    file_roll(const std::filesystem::path& file, std::string_view office,
              std::shared_ptr<const keyring> keys)
        : keys_(std::move(keys)) {
        check_header(file);
        for (std::size_t count = 0; count < connections; ++count) {
            connection one;
            one.database = open_immutable(file);
            if (count == 0) info_ = read_meta(one.database.get(), file, office, *keys_).info;
            one.answer = roll_format::prepare(one.database.get(), select_answer, file);
            one.record = roll_format::prepare(one.database.get(), select_record, file);
            one.station = roll_format::prepare(one.database.get(), select_station, file);
            free_.push_back(std::move(one));
        }
    }

    [[nodiscard]] std::vector<voter_answer> find_by_nik(std::string_view nik) const override {
        const blind_index key = roll_key(*keys_, nik);
        seal_places places{info_.office};
        std::vector<voter_answer> found;
        for (const std::string& sealed : load(key, &connection::answer)) {
            auto answer = decode_answer(unseal(places.answer(key), sealed));
            if (!answer) refuse(errc::corrupt, info_.file, "damaged: a row has another form");
            found.push_back(std::move(*answer));
        }
        return found;
    }

    [[nodiscard]] std::vector<voter> load_by_nik(std::string_view nik) const override {
        const blind_index key = roll_key(*keys_, nik);
        seal_places places{info_.office};
        std::vector<voter> found;
        for (const std::string& sealed : load(key, &connection::record)) {
            auto record = decode_record(unseal(places.record(key), sealed));
            if (!record) refuse(errc::corrupt, info_.file, "damaged: a row has another form");
            found.push_back(std::move(*record));
        }
        return found;
    }

    [[nodiscard]] std::optional<polling_station> station(std::string_view region,
                                                         int number) const override {
        const lease held{*this};
        sqlite3_stmt* const statement = held.connection_.station.get();
        const reset_after use{statement};
        sqlite3_bind_text(statement, 1, region.data(), static_cast<int>(region.size()),
                          SQLITE_STATIC);
        sqlite3_bind_int(statement, 2, number);
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) return std::nullopt;
        if (code != SQLITE_ROW) fail(held.connection_, code);
        return polling_station{std::string{region}, number, std::string{blob_at(statement, 0)},
                               std::string{blob_at(statement, 1)}};
    }

    [[nodiscard]] const roll_info& info() const override { return info_; }

  private:
    /// Has a connection for as long as it lives.
    class lease {
      public:
        explicit lease(const file_roll& owner) : owner_(owner) {
            std::unique_lock lock{owner.mutex_};
            owner.returned_.wait(lock, [&] { return !owner.free_.empty(); });
            connection_ = std::move(owner.free_.back());
            owner.free_.pop_back();
        }
        lease(const lease&) = delete;
        lease& operator=(const lease&) = delete;
        ~lease() {
            {
                const std::scoped_lock lock{owner_.mutex_};
                owner_.free_.push_back(std::move(connection_));
            }
            owner_.returned_.notify_one();
        }
        connection connection_;

      private:
        const file_roll& owner_;
    };

    /// Readies a kept statement for its next use, whatever happens in this one.
    struct reset_after {
        explicit reset_after(sqlite3_stmt* used) : statement(used) {}
        reset_after(const reset_after&) = delete;
        reset_after& operator=(const reset_after&) = delete;
        ~reset_after() { sqlite3_reset(statement); }
        sqlite3_stmt* statement;
    };

    /// The sealed groups of a key; opened by the caller, without keeping the connection for it.
    std::vector<std::string> load(const blind_index& key,
                                  statement_handle connection::* which) const {
        const lease held{*this};
        sqlite3_stmt* const statement = (held.connection_.*which).get();
        const reset_after use{statement};
        sqlite3_bind_blob(statement, 1, key.data(), bytes_per_key, SQLITE_STATIC);
        std::vector<std::string> sealed;
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            sealed.emplace_back(blob_at(statement, 0));
        }
        if (code != SQLITE_DONE) fail(held.connection_, code);
        return sealed;
    }

    [[nodiscard]] std::string unseal(std::string_view place, std::string_view sealed) const {
        auto plain = keys_->open(place, sealed);
        if (!plain) {
            refuse(errc::corrupt, info_.file, "damaged: a row cannot be opened; import again");
        }
        return std::move(*plain);
    }

    [[noreturn]] void fail(const connection& on, int code) const {
        roll_format::throw_sqlite(on.database.get(), code, info_.file);
    }

    std::shared_ptr<const keyring> keys_;
    roll_info info_;
    mutable std::mutex mutex_;
    mutable std::condition_variable returned_;
    mutable std::vector<connection> free_;
};

/// Compares every row with the seals and with the hash in the meta row.
void verify(const std::filesystem::path& file, std::string_view office, const keyring& keys) {
    check_header(file);
    const database_handle database = open_immutable(file);
    const meta_row meta = read_meta(database.get(), file, office, keys);
    const auto statement = roll_format::prepare(database.get(), select_all, file);
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
    seal_places places{office};
    std::int64_t rows = 0;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
        blind_index key{};
        const std::string_view stored = blob_at(statement.get(), 0);
        if (stored.size() != key.size()) refuse(errc::corrupt, file, "damaged: a key's length");
        std::memcpy(key.data(), stored.data(), key.size());
        hash_roll_key(state, key, sqlite3_column_int64(statement.get(), 1));
        const auto answer = keys.open(places.answer(key), blob_at(statement.get(), 2));
        const auto record = keys.open(places.record(key), blob_at(statement.get(), 3));
        if (!answer || !record || !decode_answer(*answer) || !decode_record(*record)) {
            refuse(errc::corrupt, file, "damaged: a row cannot be opened; import again");
        }
        ++rows;
    }
    if (code != SQLITE_DONE) roll_format::throw_sqlite(database.get(), code, file);
    if (rows != meta.info.voters || finish_roll_hash(state) != meta.content_hash) {
        refuse(errc::corrupt, file, "damaged: rows are missing or changed; import again");
    }
}

}  // namespace

std::expected<std::shared_ptr<const roll>, roll_import_error> open_roll(
    const std::filesystem::path& file, std::string_view office,
    std::shared_ptr<const keyring> keys) {
    try {
        return std::make_shared<const file_roll>(file, office, std::move(keys));
    } catch (const store_error& failed) {
        return std::unexpected(roll_import_error{failed.code(), failed.what()});
    }
}

std::expected<void, roll_import_error> verify_roll(const std::filesystem::path& file,
                                                   std::string_view office, const keyring& keys) {
    try {
        verify(file, office, keys);
        return {};
    } catch (const store_error& failed) {
        return std::unexpected(roll_import_error{failed.code(), failed.what()});
    }
}

}  // namespace siwareng::storage
