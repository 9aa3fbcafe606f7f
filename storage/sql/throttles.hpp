#pragma once

#include "storage/sql/driver.hpp"
#include "storage/sql/vault.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <string_view>

namespace siwareng::storage::sql {

/// Writes and reads throttles.
class throttles_table {
  public:
    throttles_table(connection& db, const vault& seals);
    std::int64_t count_up(std::string_view office, const throttle_key& key, std::int64_t now_ms);
    std::int64_t count(std::string_view office, const throttle_key& key, std::int64_t now_ms);
    int purge(std::int64_t before_ms, int limit);

  private:
    [[nodiscard]] blind_index index_of(std::string_view office, const throttle_key& key) const;

    connection& db_;
    const vault& seals_;
    kept add_;
    kept open_window_;
    kept count_;
    kept purge_;
};

}  // namespace siwareng::storage::sql
