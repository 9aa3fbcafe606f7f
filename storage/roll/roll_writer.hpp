#pragma once

#include "storage/roll/roll.hpp"
#include "storage/roll/roll_format.hpp"
#include "storage/seal.hpp"

#include <sodium.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace siwareng::storage {

/// Writes one new roll file from front to back. Not durable and not valid before `finish`: a file
/// that was not finished holds no meta row. One thread.
class roll_writer {
  public:
    /// Makes the file, mode 0600; it must not exist. Throws store_error.
    explicit roll_writer(const std::filesystem::path& file);

    /// Adds a row; keys must not fall, rows of one key count `seq` up from 0. Throws store_error.
    void add_voter(const blind_index& key, std::int64_t seq, std::string_view answer,
                   std::string_view record);
    /// Throws store_error, also for a station that is there already (constraint).
    void add_station(const polling_station& station);

    /// Writes the meta row, makes the file durable and read-only. Throws store_error.
    void finish(const roll_info& info, const keyring& keys);

  private:
    void insert_meta(const roll_info& info, const keyring& keys);
    void execute(std::string_view sql);
    void step(sqlite3_stmt* statement);

    std::filesystem::path file_;
    roll_format::database_handle database_;
    roll_format::statement_handle insert_voter_;
    roll_format::statement_handle insert_station_;
    crypto_generichash_state content_hash_{};
};

/// Adds one row to the hash over the keys of a roll, in their order.
void hash_roll_key(crypto_generichash_state& state, const blind_index& key, std::int64_t seq);
/// Ends that hash; lower case hex.
std::string finish_roll_hash(crypto_generichash_state& state);

}  // namespace siwareng::storage
