#pragma once

#include "storage/sql/driver.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <vector>

namespace siwareng::storage::sql {

/// Writes and reads parked_statuses.
class parked_statuses_table {
  public:
    explicit parked_statuses_table(connection& db);
    /// Keeps one of each state.
    void park(const blind_index& wamid, const status_update& update, std::int64_t now_ms);
    /// Removes and returns those of a wamid in order of arrival. Of the update only what the status
    /// says is filled, not whom it is about.
    std::vector<status_update> take(const blind_index& wamid);
    int purge(std::int64_t before_ms, int limit);

  private:
    connection& db_;
    kept park_;
    kept find_;
    kept remove_;
    kept purge_;
};

/// Counts parked statuses for metrics.
class parked_status_counts {
  public:
    explicit parked_status_counts(connection& db);
    std::int64_t all();

  private:
    kept all_;
};

}  // namespace siwareng::storage::sql
