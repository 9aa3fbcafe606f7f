#pragma once

#include "storage/errc.hpp"
#include "storage/seal.hpp"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::storage {

/// One row of the voter list, "Model A-Daftar Pemilih". Personal data throughout.
struct voter {
    std::string nkk;  ///< 16 digits, the family card
    std::string nik;  ///< 16 digits
    std::string name;
    std::string birth_place;
    std::string birth_date;  ///< ISO 8601
    char marital = 'B';      ///< B belum, S sudah, P pernah kawin
    char sex = 'L';          ///< L, P
    std::string address;
    std::string rt;
    std::string rw;
    char disability = '0';  ///< 0 none, 1-6 as in the glossary
    char ktp_el = 'S';      ///< S sudah, B belum, K unconfirmed
    std::string region;     ///< "36.03.01.1001"
    int tps = 0;            ///< polling station number within the desa/kelurahan; 0 not yet set
    /// Keterangan: empty or "0" none, B new, U corrected, 1-8 and 90-97 not (or no longer) eligible
    /// here.
    std::string status;
};

/// What a status check may answer with, and nothing more.
struct voter_answer {
    std::string name;
    std::string region;
    int tps = 0;
    std::string status;
    bool operator==(const voter_answer&) const = default;
};

/// Where the voters of one TPS vote. Not personal.
struct polling_station {
    std::string region;
    int number = 0;
    std::string place;
    std::string address;
    bool operator==(const polling_station&) const = default;
};

/// What a roll says about itself.
struct roll_info {
    std::string office;
    std::int64_t version = 0;
    std::int64_t created_ms = 0;
    std::int64_t voters = 0;
    std::int64_t stations = 0;
    std::int64_t rejected = 0;
    std::filesystem::path file;
};

/// One version of the voter roll: an immutable SQLite file, read-only. Safe from any thread.
class roll {
  public:
    virtual ~roll() = default;
    roll() = default;
    roll(const roll&) = delete;
    roll& operator=(const roll&) = delete;

    /// All rows with that NIK (a duplicate entry gives two; at most 16); empty when not listed.
    /// Microseconds. Throws store_error (corrupt, io) when the file is damaged, rather than say
    /// "not listed"; so do the other two.
    [[nodiscard]] virtual std::vector<voter_answer> find_by_nik(std::string_view nik) const = 0;
    /// The whole record, for officers.
    [[nodiscard]] virtual std::vector<voter> load_by_nik(std::string_view nik) const = 0;
    [[nodiscard]] virtual std::optional<polling_station> station(std::string_view region,
                                                                 int number) const = 0;
    [[nodiscard]] virtual const roll_info& info() const = 0;
};

/// What stops an import or the opening of a roll. Row-level problems do not: they go to the rejects
/// file.
struct roll_import_error {
    errc code = errc::io;
    std::string message;  ///< names file, line, column and what to do; no personal data
};

/// Opens one roll file and checks that it is whole, of this format, of that office, and sealed with
/// this key (not_found, not_a_store, newer_schema, wrong_key, corrupt). Milliseconds: rows are
/// checked as they are read.
std::expected<std::shared_ptr<const roll>, roll_import_error> open_roll(
    const std::filesystem::path& file, std::string_view office,
    std::shared_ptr<const keyring> keys);

/// Reads and opens every row of a roll file: finds any change since its import. Seconds.
std::expected<void, roll_import_error> verify_roll(const std::filesystem::path& file,
                                                   std::string_view office, const keyring& keys);

/// The rolls of all offices, in one folder: `OFFICE.VERSION.roll` files and a symbolic link
/// `OFFICE.current` that an import swaps in with one rename. Safe from any thread.
class roll_library {
  public:
    virtual ~roll_library() = default;
    roll_library() = default;
    roll_library(const roll_library&) = delete;
    roll_library& operator=(const roll_library&) = delete;

    /// The current roll; null when the office has none. Whoever holds it may go on reading it after
    /// a swap. Notices a swap at the latest one call of `refresh` later.
    [[nodiscard]] virtual std::shared_ptr<const roll> current(std::string_view office) const = 0;
    /// Looks at the links (one `readlink` an office) and opens what is new. A roll that cannot be
    /// opened leaves the old one in place and is returned as text for the log.
    virtual std::vector<std::string> refresh(const std::vector<std::string>& offices) = 0;
};

/// The library in that folder, which need not exist yet; `refresh` opens the rolls.
std::unique_ptr<roll_library> open_roll_library(std::filesystem::path folder,
                                                std::shared_ptr<const keyring> keys);

/// A roll in memory, for tests and `siwareng chat`.
std::unique_ptr<roll_library> create_memory_roll_library(std::string office,
                                                         std::vector<voter> voters,
                                                         std::vector<polling_station> stations);

/// What to import, for whom, and how.
struct roll_import_options {
    std::string office;
    std::string region;            ///< rows must lie below this code
    std::filesystem::path folder;  ///< of the library
    std::filesystem::path voters_csv;
    std::optional<std::filesystem::path> tps_csv;
    std::filesystem::path rejects_csv;  ///< written only if a row is rejected
    /// Known region codes; a row of an unknown one is rejected. Empty: any below `region`.
    std::vector<std::string> known_regions;
    /// Is this a possible NIK or NKK? (dialogs' rule, injected: storage knows no dialogs.) Called
    /// from several threads at once.
    std::function<bool(std::string_view)> nik_ok;
    std::int64_t now_ms = 0;
    int keep_versions = 2;
    int threads = 2;
    /// Work done and work in all, in bytes of the voter file: each byte counts once when its row is
    /// read and once when it is written. About 50 calls in all, from one thread at a time.
    std::function<void(std::uint64_t, std::uint64_t)> progress;
};

/// What an import made.
struct roll_import_result {
    roll_info info;
    std::int64_t rows = 0;
    std::int64_t rejected = 0;
    std::int64_t duplicates = 0;  ///< rows whose NIK appears more than once (kept)
    /// (region, TPS number) pairs of voters that the TPS file does not list.
    std::int64_t stations_missing = 0;
    /// What an operator should know about a roll that was imported: sentences, no personal data.
    std::vector<std::string> notes;
};

/// Builds a new version beside the running server and swaps it in when it is whole and synced. The
/// old roll stays until then; any failure leaves no trace but the rejects file.
std::expected<roll_import_result, roll_import_error> import_roll(const roll_import_options& options,
                                                                 const keyring& keys);

}  // namespace siwareng::storage
