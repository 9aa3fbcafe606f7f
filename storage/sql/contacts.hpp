#pragma once

#include "storage/sql/driver.hpp"
#include "storage/sql/vault.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace siwareng::storage::sql {

/// The blind index under which an address of an office is found.
blind_index address_lookup(const vault& seals, std::string_view office, const address& who);

/// A contact with what its address rows hold beside the addresses, in the order of
/// contact::addresses.
struct stored_contact {
    /// One row of contact_addresses.
    struct address_row {
        std::int64_t id = 0;
        std::int64_t used_ms = 0;
        blind_index lookup{};
    };
    contact who;
    std::vector<address_row> rows;
};

/// Reads contacts; works on read-only connections too.
class contact_lookup {
  public:
    contact_lookup(connection& db, const vault& seals);
    std::optional<stored_contact> by_address(const blind_index& lookup);
    std::optional<stored_contact> by_id(contact_id who);

  private:
    [[nodiscard]] std::optional<stored_contact> read(rows& from) const;

    const vault& seals_;
    kept by_address_;
    kept by_id_;
};

/// Writes contacts and contact_addresses.
class contacts_table {
  public:
    contacts_table(connection& db, const vault& seals);
    contact_id insert(std::string_view office, std::string_view profile_name, std::int64_t now_ms);
    void add_address(contact_id who, const blind_index& lookup, const address& added,
                     std::int64_t used_ms);
    /// Takes Meta's latest spelling of the address and makes it the one to send to.
    void use_address(std::int64_t row, std::string_view value, std::int64_t used_ms);
    void rename(contact_id who, std::string_view profile_name);
    /// False if there is no such contact.
    bool save_turn(contact_id who, std::string_view session, std::int64_t window_until_ms);
    void block(contact_id who);

  private:
    connection& db_;
    const vault& seals_;
    kept insert_;
    kept add_address_;
    kept use_address_;
    kept rename_;
    kept save_turn_;
    kept block_;
};

/// Joins two contacts that turned out to be one person, in every table.
class contact_merge {
  public:
    explicit contact_merge(connection& db);
    /// `kept_id` stays; `other` is gone afterwards.
    void merge(contact_id kept_id, contact_id other);

  private:
    void merge_row(contact_id kept_id, contact_id other);

    kept load_;
    kept fill_;
    kept move_addresses_;
    kept move_inbound_;
    kept move_outbox_;
    kept move_handoffs_;
    kept drop_handoffs_;
    kept move_timer_;
    kept drop_timer_;
    kept remove_;
};

}  // namespace siwareng::storage::sql
