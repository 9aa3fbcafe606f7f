#pragma once

#include "storage/sql/driver.hpp"
#include "storage/sql/vault.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace siwareng::storage::sql {

/// Writes inbound.
class inbound_table {
  public:
    inbound_table(connection& db, const vault& seals);
    /// Nothing for a redelivery.
    std::optional<inbound_id> insert(contact_id who, const inbound& what, inbound_state state);
    /// False if there is no such row.
    bool set_state(inbound_id id, inbound_state state);
    int purge(std::int64_t before_ms, int limit);

  private:
    connection& db_;
    const vault& seals_;
    kept insert_;
    kept set_state_;
    kept purge_;
};

/// Reads inbound for staff and metrics.
class inbound_history {
  public:
    inbound_history(connection& db, const vault& seals);
    /// The newest `limit`, newest first.
    std::vector<conversation_entry> newest(contact_id who, int limit);
    std::int64_t count_failed();

  private:
    const vault& seals_;
    kept newest_;
    kept count_failed_;
};

}  // namespace siwareng::storage::sql
