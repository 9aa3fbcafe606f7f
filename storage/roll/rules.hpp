#pragma once

#include "storage/roll/csv.hpp"
#include "storage/roll/roll.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace siwareng::storage {

/// The columns of the voter file in the official order.
constexpr std::array voter_columns = std::to_array<std::string_view>(
    {"nkk", "nik", "nama", "tempat_lahir", "tanggal_lahir", "status_kawin", "jenis_kelamin",
     "alamat", "rt", "rw", "disabilitas", "ktp_el", "kode_wilayah", "tps", "keterangan"});

/// The columns of the polling station file.
constexpr std::array station_columns =
    std::to_array<std::string_view>({"kode_wilayah", "tps", "tempat", "alamat"});

/// Why a row is not imported. Holds nothing of the row itself.
struct rejection {
    std::string_view column;  ///< empty: the row as a whole
    std::string_view reason;
};

/// Turns records into voters and stations, or says what is wrong with them. Immutable; safe from
/// any thread if `nik_ok` is.
class row_rules {
  public:
    struct settings {
        std::string region;                            ///< rows must lie below it
        std::vector<std::string> known_regions;        ///< empty: any below `region`
        std::function<bool(std::string_view)> nik_ok;  ///< empty: any 16 digits
        std::int64_t now_ms = 0;                       ///< 0: birth dates are not held against it
    };

    explicit row_rules(settings options);

    /// Fills `out` from a record; nothing means that the row is good. `scratch` is memory to reuse.
    struct workspace {
        std::vector<std::string_view> fields;
        std::string unescaped;
    };
    std::optional<rejection> read_voter(std::string_view record, const csv::layout& columns,
                                        workspace& scratch, voter& out) const;
    std::optional<rejection> read_station(std::string_view record, const csv::layout& columns,
                                          workspace& scratch, polling_station& out) const;

  private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    [[nodiscard]] std::string_view check_number(std::string_view field, std::string& out) const;
    [[nodiscard]] std::string_view check_region(std::string_view field, std::string& out) const;
    [[nodiscard]] std::string_view check_birth(std::string_view field, std::string& out) const;

    settings options_;
    std::unordered_set<std::string, text_hash, std::equal_to<>> known_;
    std::int64_t last_birth_day_ = 0;
};

/// True for a record that holds nothing: an empty line, or only delimiters and blanks, which
/// spreadsheets write below the data.
bool is_blank(std::string_view record, char delimiter);

}  // namespace siwareng::storage
