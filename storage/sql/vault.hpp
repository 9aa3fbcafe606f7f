#pragma once

#include "storage/seal.hpp"
#include "storage/sql/driver.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace siwareng::storage::sql {

/// Sealed text as a parameter: NULL for empty text, which needs no secrecy and no bytes.
struct sealed {
    std::optional<std::string> bytes;
};

/// Sealed bytes, or NULL.
void bind_value(statement& to, int parameter, const sealed& value);

/// Seals and opens columns. A place is "table.column" and never changes.
class vault {
  public:
    explicit vault(std::shared_ptr<const keyring> keys);

    [[nodiscard]] sealed seal(std::string_view place, std::string_view plain) const;
    /// Empty for NULL. Throws store_error(bad_seal) for what was changed or sealed elsewhere.
    [[nodiscard]] std::string open(std::string_view place, const rows& from, int column) const;
    /// The blind index of several values together; no value may hold a NUL byte but the last.
    [[nodiscard]] blind_index blind(std::string_view domain,
                                    std::initializer_list<std::string_view> values) const;

  private:
    std::shared_ptr<const keyring> keys_;
};

}  // namespace siwareng::storage::sql
