#pragma once

#include "storage/sql/driver.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <vector>

namespace siwareng::storage::sql {

/// Writes and reads timers.
class timers_table {
  public:
    explicit timers_table(connection& db);
    void set(contact_id who, std::int64_t due_ms, std::uint64_t wait_seq);
    void clear(contact_id who);
    std::vector<due_timer> take_due(std::int64_t now_ms, int limit);

  private:
    kept set_;
    kept clear_;
    kept due_;
};

}  // namespace siwareng::storage::sql
