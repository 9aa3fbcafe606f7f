#include "storage/roll/roll_writer.hpp"

#include "storage/ports.hpp"
#include "storage/roll/file_io.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace siwareng::storage {
namespace {

// Rows of about 300 bytes stand in inner nodes as well (WITHOUT ROWID): larger pages make the tree
// flatter. Measured in docs/decisions/0003-roll-file.md.
constexpr int page_bytes = 8192;
constexpr int cache_kib = 16 * 1024;
constexpr mode_t read_only_mode = 0440;

}  // namespace

void hash_roll_key(crypto_generichash_state& state, const blind_index& key, std::int64_t seq) {
    std::array<unsigned char, sizeof(blind_index) + 8> bytes{};
    std::ranges::copy(key, bytes.begin());
    for (std::size_t at = 0; at < 8; ++at) {
        bytes[key.size() + at] =
            static_cast<unsigned char>(static_cast<std::uint64_t>(seq) >> (8 * at));
    }
    crypto_generichash_update(&state, bytes.data(), bytes.size());
}

std::string finish_roll_hash(crypto_generichash_state& state) {
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash_final(&state, hash.data(), hash.size());
    std::string hex(hash.size() * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
    hex.pop_back();
    return hex;
}

roll_writer::roll_writer(const std::filesystem::path& file) : file_(file) {
    // Made here and not by SQLite, which would take the umask's word for who may read it.
    if (const auto made = make_private_file(file); !made) {
        throw store_error{made.error(), fmt::format("{}: cannot make the file ({})", file.string(),
                                                    to_string(made.error()))};
    }
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(database);
    if (code != SQLITE_OK) roll_format::throw_sqlite(database, code, file);
    // No journal and no syncs: a half-written file is thrown away, and `finish` syncs the whole.
    execute(fmt::format(
        "PRAGMA page_size={}; PRAGMA application_id={}; PRAGMA user_version={};"
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-{};",
        page_bytes, roll_format::application_id, roll_format::format_version, cache_kib));
    execute("BEGIN EXCLUSIVE");
    execute(roll_format::schema);
    constexpr std::string_view insert_voter =
        "INSERT INTO voters (nik_index, seq, answer, record) VALUES (?1, ?2, ?3, ?4)";
    insert_voter_ = roll_format::prepare(database_.get(), insert_voter, file_);
    constexpr std::string_view insert_station =
        "INSERT INTO stations (region, number, place, address) VALUES (?1, ?2, ?3, ?4)";
    insert_station_ = roll_format::prepare(database_.get(), insert_station, file_);
    crypto_generichash_init(&content_hash_, nullptr, 0, crypto_generichash_BYTES);
}

void roll_writer::execute(std::string_view sql) {
    const int code =
        sqlite3_exec(database_.get(), std::string{sql}.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) roll_format::throw_sqlite(database_.get(), code, file_);
}

void roll_writer::step(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE) roll_format::throw_sqlite(database_.get(), code, file_);
    sqlite3_reset(statement);
}

void roll_writer::add_voter(const blind_index& key, std::int64_t seq, std::string_view answer,
                            std::string_view record) {
    sqlite3_stmt* const statement = insert_voter_.get();
    sqlite3_bind_blob(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, seq);
    sqlite3_bind_blob(statement, 3, answer.data(), static_cast<int>(answer.size()), SQLITE_STATIC);
    sqlite3_bind_blob(statement, 4, record.data(), static_cast<int>(record.size()), SQLITE_STATIC);
    step(statement);
    hash_roll_key(content_hash_, key, seq);
}

void roll_writer::add_station(const polling_station& station) {
    sqlite3_stmt* const statement = insert_station_.get();
    const auto bind = [statement](int index, const std::string& text) {
        sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()),
                          SQLITE_STATIC);
    };
    bind(1, station.region);
    sqlite3_bind_int(statement, 2, station.number);
    bind(3, station.place);
    bind(4, station.address);
    step(statement);
}

void roll_writer::insert_meta(const roll_info& info, const keyring& keys) {
    const std::string hash = finish_roll_hash(content_hash_);
    const std::string fingerprint = keys.fingerprint();
    const std::string proof =
        keys.seal(roll_format::proof_place, roll_format::proof_text(info, hash, fingerprint));
    constexpr std::string_view insert =
        "INSERT INTO meta (office, version, created_ms, voters, stations, rejected, content_hash,"
        " fingerprint, proof) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    const auto statement = roll_format::prepare(database_.get(), insert, file_);
    const auto bind_text = [&statement](int index, const std::string& text) {
        sqlite3_bind_text(statement.get(), index, text.data(), static_cast<int>(text.size()),
                          SQLITE_STATIC);
    };
    bind_text(1, info.office);
    sqlite3_bind_int64(statement.get(), 2, info.version);
    sqlite3_bind_int64(statement.get(), 3, info.created_ms);
    sqlite3_bind_int64(statement.get(), 4, info.voters);
    sqlite3_bind_int64(statement.get(), 5, info.stations);
    sqlite3_bind_int64(statement.get(), 6, info.rejected);
    bind_text(7, hash);
    bind_text(8, fingerprint);
    sqlite3_bind_blob(statement.get(), 9, proof.data(), static_cast<int>(proof.size()),
                      SQLITE_STATIC);
    step(statement.get());
}

void roll_writer::finish(const roll_info& info, const keyring& keys) {
    insert_meta(info, keys);
    execute("COMMIT");
    insert_voter_.reset();
    insert_station_.reset();
    database_.reset();
    if (::chmod(file_.c_str(), read_only_mode) != 0) file_io::throw_errno("protect", file_);
    file_io::sync(file_);
}

}  // namespace siwareng::storage
