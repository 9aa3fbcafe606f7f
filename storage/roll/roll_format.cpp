#include "storage/roll/roll_format.hpp"

#include "storage/ports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace siwareng::storage::roll_format {
namespace {

constexpr std::size_t office_letters_max = 64;
constexpr std::string_view roll_suffix = ".roll";

}  // namespace

std::string proof_text(const roll_info& info, std::string_view content_hash,
                       std::string_view fingerprint) {
    return fmt::format("{}/{}/{}/{}/{}/{}/{}/{}/{}", format_version, info.office, info.version,
                       info.created_ms, info.voters, info.stations, info.rejected, content_hash,
                       fingerprint);
}

bool is_office_name(std::string_view office) {
    return !office.empty() && office.size() <= office_letters_max &&
           std::ranges::all_of(office, [](char letter) {
               return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
           });
}

std::string file_name(std::string_view office, std::int64_t version) {
    return fmt::format("{}.{}{}", office, version, roll_suffix);
}

std::optional<std::int64_t> version_of(std::string_view office, std::string_view name) {
    if (!name.starts_with(office) || !name.ends_with(roll_suffix)) return std::nullopt;
    if (name.size() < office.size() + 1 + roll_suffix.size()) return std::nullopt;
    const std::string_view digits =
        name.substr(office.size() + 1, name.size() - office.size() - 1 - roll_suffix.size());
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (code != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    // One spelling a version: no other dot, no leading zero, nothing below 1.
    if (number < 1 || name != file_name(office, number)) return std::nullopt;
    return number;
}

std::string link_name(std::string_view office) {
    return fmt::format("{}.current", office);
}

errc from_sqlite(int code) {
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return errc::disk_full;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return errc::read_only;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return errc::corrupt;
        case SQLITE_CONSTRAINT:
            return errc::constraint;
        default:
            return errc::io;
    }
}

void throw_sqlite(sqlite3* database, int code, const std::filesystem::path& file) {
    throw store_error{from_sqlite(code), fmt::format("{}: {}", file.string(),
                                                     database != nullptr ? sqlite3_errmsg(database)
                                                                         : sqlite3_errstr(code))};
}

statement_handle prepare(sqlite3* database, std::string_view sql,
                         const std::filesystem::path& file) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_handle result{statement};
    if (code != SQLITE_OK) throw_sqlite(database, code, file);
    return result;
}

}  // namespace siwareng::storage::roll_format
