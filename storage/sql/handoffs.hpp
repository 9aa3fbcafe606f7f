#pragma once

#include "storage/sql/driver.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <string_view>

namespace siwareng::storage::sql {

/// Writes handoffs.
class handoffs_table {
  public:
    explicit handoffs_table(connection& db);
    /// True if it is new, false if the open one got the topic.
    bool open(contact_id who, std::string_view topic, std::int64_t now_ms);
    void close(contact_id who, std::int64_t now_ms);
    int purge(std::int64_t before_ms, int limit);

  private:
    connection& db_;
    kept refresh_;
    kept open_;
    kept close_;
    kept purge_;
};

/// Counts handoffs for metrics.
class handoff_counts {
  public:
    explicit handoff_counts(connection& db);
    std::int64_t open();

  private:
    kept open_;
};

}  // namespace siwareng::storage::sql
