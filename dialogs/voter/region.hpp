#pragma once

#include "dialogs/content.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// What a region code stands for; told from the code's form.
enum class region_level : std::uint8_t {
    regency,    ///< "36.03"
    kecamatan,  ///< "36.03.01"
    kelurahan,  ///< "36.03.01.1001": the fourth part begins with 1
    desa,       ///< "36.03.01.2003": the fourth part begins with 2
};

/// One row of the Kemendagri region table.
struct region {
    std::string code;
    std::string name;
    region_level level = region_level::regency;

    bool operator==(const region&) const = default;
};

/// The regions of one or more regencies. Immutable, shared between threads.
class region_table {
  public:
    virtual ~region_table() = default;
    region_table() = default;
    region_table(const region_table&) = delete;
    region_table& operator=(const region_table&) = delete;

    /// The region with exactly that code; null if unknown. Lives as long as the table.
    [[nodiscard]] virtual const region* find(std::string_view code) const = 0;
    /// The kecamatan that a code lies in, or is; null for a regency or an unknown code.
    [[nodiscard]] virtual const region* kecamatan_of(std::string_view code) const = 0;
    /// All regions that a citizen may mean, in code order; several where the name is ambiguous.
    /// Knows "desa", "kel.", "kec." before a name, a kecamatan behind it ("Caringin kec. Legok",
    /// "Caringin, Legok"), common abbreviations ("Gn", "Sep."), spaces in or out ("Teluk Naga"),
    /// and, only where nothing fits exactly, one typing mistake in names of six letters or more.
    [[nodiscard]] virtual std::vector<const region*> find_by_name(std::string_view text) const = 0;
    /// Every desa and kelurahan code at or below `code`, in order.
    [[nodiscard]] virtual std::vector<std::string> villages_below(std::string_view code) const = 0;
};

/// Reads every `regions/wilayah_*.csv` (header `code,name`, codes as Kemendagri writes them).
/// Reports all rows that it cannot use at once.
std::expected<std::shared_ptr<const region_table>, std::vector<content_problem>>
create_region_table(const content_files& files);

}  // namespace siwareng::dialogs
