#pragma once

#include "storage/sql/driver.hpp"
#include "storage/sql/vault.hpp"

#include <cstdint>
#include <string_view>

namespace siwareng::storage::sql {

/// Writes raw_updates.
class raw_updates_table {
  public:
    raw_updates_table(connection& db, const vault& seals);
    /// False if the same bytes are kept.
    bool keep(std::string_view body, std::int64_t received_ms);
    int purge(std::int64_t before_ms, int limit);

  private:
    connection& db_;
    const vault& seals_;
    kept keep_;
    kept purge_;
};

}  // namespace siwareng::storage::sql
