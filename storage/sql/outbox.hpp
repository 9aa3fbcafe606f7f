#pragma once

#include "storage/sql/driver.hpp"
#include "storage/sql/vault.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace siwareng::storage::sql {

/// The blind index under which a sent message is found by its wamid.
blind_index wamid_lookup(const vault& seals, std::string_view wamid);

/// What a status needs to know about its outbox row.
struct status_target {
    outbox_id id = 0;
    contact_id contact = 0;
    outbox_state state = outbox_state::queued;
    int attempts = 0;
    bool has_wamid = false;
    bool same_wamid = false;
    bool has_pricing = false;
};

/// Writes outbox: making and claiming rows.
class outbox_queue {
  public:
    outbox_queue(connection& db, const vault& seals);
    /// As transaction::enqueue.
    std::optional<outbox_item> enqueue(const outbound& what, bool dispatch);
    /// As transaction::claim_due.
    std::vector<outbox_item> claim_due(std::int64_t now_ms, int limit);
    /// Claims the contact's oldest unresolved row if it is queued and due.
    std::optional<outbox_item> claim_next(contact_id who, std::int64_t now_ms);

  private:
    /// Where a new message would go, and whether it may go at once.
    struct route {
        outbox_item item;
        bool free = false;
    };
    std::optional<route> route_to(contact_id who);
    outbox_item claim(outbox_id id);

    const vault& seals_;
    kept route_;
    kept insert_;
    kept due_;
    kept next_;
    kept claim_;
    kept load_;
};

/// Writes outbox: what became of claimed rows.
class outbox_results {
  public:
    outbox_results(connection& db, const vault& seals);
    /// The contact, or nothing for an unknown row.
    std::optional<contact_id> accepted(outbox_id id, std::string_view wamid);
    void retry(outbox_id id, int error_code, std::int64_t at_ms);
    /// The contact, or nothing where the row is unknown or already further.
    std::optional<contact_id> failed(outbox_id id, int error_code);
    void in_doubt(outbox_id id, std::int64_t until_ms);
    void release(outbox_id id, std::int64_t at_ms);
    int recover_sending(std::int64_t until_ms);
    int expire_doubts(std::int64_t now_ms);
    int purge(std::int64_t before_ms, int limit);

    std::optional<status_target> target(outbox_id id, std::string_view office,
                                        const blind_index& wamid);
    std::optional<status_target> target(const blind_index& wamid);
    /// Moves the row forward if the status is news. Keeps the first pricing either way.
    bool apply(status_target& target, const status_update& update);

  private:
    connection& db_;
    const vault& seals_;
    kept accepted_;
    kept retry_;
    kept failed_;
    kept in_doubt_;
    kept release_;
    kept recover_;
    kept expire_;
    kept purge_;
    kept target_by_id_;
    kept target_by_wamid_;
    kept set_state_;
    kept set_pricing_;
    kept set_wamid_;
};

/// Reads outbox for staff and metrics.
class outbox_history {
  public:
    outbox_history(connection& db, const vault& seals);
    /// The newest `limit`, newest first.
    std::vector<conversation_entry> newest(contact_id who, int limit);
    void count(store_stats& into);

  private:
    const vault& seals_;
    kept newest_;
    kept count_unresolved_;
    kept count_failed_;
};

}  // namespace siwareng::storage::sql
