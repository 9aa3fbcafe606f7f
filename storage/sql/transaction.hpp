#pragma once

#include "storage/ports.hpp"
#include "storage/sql/driver.hpp"
#include "storage/sql/vault.hpp"

#include <memory>

namespace siwareng::storage::sql {

/// What jobs may do, on any SQL database. Prepares every statement; the connection must outlive it
/// and be inside a transaction whenever it is used.
std::unique_ptr<transaction> create_transaction(connection& db,
                                                std::shared_ptr<const keyring> keys);

/// Opens and closes the snapshot that several reads share.
class snapshot {
  public:
    virtual ~snapshot() = default;
    snapshot() = default;
    snapshot(const snapshot&) = delete;
    snapshot& operator=(const snapshot&) = delete;
    virtual void begin() = 0;
    virtual void end() noexcept = 0;
};

/// What staff and metrics may read, on any SQL database. Owns the connection.
std::unique_ptr<reader> create_reader(std::unique_ptr<connection> db,
                                      std::unique_ptr<snapshot> view,
                                      std::shared_ptr<const keyring> keys);

}  // namespace siwareng::storage::sql
