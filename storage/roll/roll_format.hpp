#pragma once

#include "storage/errc.hpp"
#include "storage/roll/roll.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// What writer and reader of a roll file share: its layout, names and thin SQLite handles.
namespace siwareng::storage::roll_format {

/// Raised when the layout below changes; other versions are refused, as an import makes a new file.
constexpr int format_version = 1;
/// "SWRL" in the header of every roll file.
constexpr int application_id = 0x5357524c;

constexpr std::string_view schema = R"sql(
CREATE TABLE meta (
    office TEXT NOT NULL,           -- whose roll this is
    version INTEGER NOT NULL,       -- counts up by one an import
    created_ms INTEGER NOT NULL,    -- of the import
    voters INTEGER NOT NULL,        -- rows of voters
    stations INTEGER NOT NULL,      -- rows of stations
    rejected INTEGER NOT NULL,      -- rows that the import refused
    content_hash TEXT NOT NULL,     -- over the keys of voters, in their order
    fingerprint TEXT NOT NULL,      -- of the key that sealed the rows
    proof BLOB NOT NULL             -- all of the above, sealed: shows a change by anyone else
) STRICT;
CREATE TABLE stations (
    region TEXT NOT NULL,           -- dotted code of the desa or kelurahan
    number INTEGER NOT NULL,        -- TPS number within it
    place TEXT NOT NULL,            -- the building
    address TEXT NOT NULL,
    PRIMARY KEY (region, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE voters (
    nik_index BLOB NOT NULL,        -- blind index of the NIK, 16 bytes
    seq INTEGER NOT NULL,           -- 0, or counting up for rows with the same NIK
    answer BLOB NOT NULL,           -- sealed: name, region, tps, status
    record BLOB NOT NULL,           -- sealed: the whole row
    PRIMARY KEY (nik_index, seq)
) STRICT, WITHOUT ROWID;
)sql";

/// Where the proof belongs.
constexpr std::string_view proof_place = "roll.meta";

/// What the proof seals.
std::string proof_text(const roll_info& info, std::string_view content_hash,
                       std::string_view fingerprint);

/// Lower case letters, digits, '-' and '_': an office's id is part of file names.
bool is_office_name(std::string_view office);
/// "tangerang.7.roll"
std::string file_name(std::string_view office, std::int64_t version);
/// The version in such a name; nothing for any other name.
std::optional<std::int64_t> version_of(std::string_view office, std::string_view name);
/// "tangerang.current"
std::string link_name(std::string_view office);

/// What an SQLite result code means to this module.
errc from_sqlite(int code);
/// Throws store_error with SQLite's own message, which never holds a value.
[[noreturn]] void throw_sqlite(sqlite3* database, int code, const std::filesystem::path& file);

/// Closes when the last statement is gone.
struct close_database {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
/// Ends a prepared statement.
struct finalize_statement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using database_handle = std::unique_ptr<sqlite3, close_database>;
using statement_handle = std::unique_ptr<sqlite3_stmt, finalize_statement>;

/// Prepares a statement that is kept. Throws store_error.
statement_handle prepare(sqlite3* database, std::string_view sql,
                         const std::filesystem::path& file);

}  // namespace siwareng::storage::roll_format
