#pragma once

#include "storage/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace siwareng::storage::memory {

/// How to take back what was changed, newest last.
class undo_log {
  public:
    void push(std::move_only_function<void()> step) { steps_.push_back(std::move(step)); }
    [[nodiscard]] std::size_t mark() const { return steps_.size(); }
    /// Takes back everything that came after the mark.
    void roll_back(std::size_t mark);
    /// What happened so far stays for good.
    void clear() { steps_.clear(); }

  private:
    std::vector<std::move_only_function<void()>> steps_;
};

/// A map that tells the log how to take back each change.
template <typename key_type, typename row_type>
class logged_map {
  public:
    explicit logged_map(undo_log& log) : log_(log) {}

    [[nodiscard]] const std::map<key_type, row_type>& all() const { return rows_; }
    [[nodiscard]] bool has(const key_type& key) const { return rows_.contains(key); }
    /// Null if there is none.
    [[nodiscard]] const row_type* find(const key_type& key) const {
        const auto found = rows_.find(key);
        return found == rows_.end() ? nullptr : &found->second;
    }
    /// The row, to be changed, made if there is none.
    row_type& edit(const key_type& key) {
        remember(key);
        return rows_[key];
    }
    void erase(const key_type& key) {
        remember(key);
        rows_.erase(key);
    }

  private:
    void remember(const key_type& key) {
        const row_type* const row = find(key);
        std::optional<row_type> before;
        if (row != nullptr) before = *row;
        log_.push([this, key, before = std::move(before)] {
            if (before) {
                rows_.insert_or_assign(key, *before);
            } else {
                rows_.erase(key);
            }
        });
    }

    undo_log& log_;
    std::map<key_type, row_type> rows_;
};

/// Rows in the order of their owner and id.
template <typename owner_type>
using index_of = logged_map<std::pair<owner_type, std::int64_t>, std::monostate>;

/// The tables of the first migration, as maps. See storage/migrations for what they hold.
struct tables {
    struct address_row {
        std::int64_t id = 0;
        std::int64_t used_ms = 0;
        std::string lookup;
        address what;
    };
    struct contact_row {
        std::string office;
        std::string profile_name;
        std::string session;
        std::int64_t window_until_ms = 0;
        bool blocked = false;
        std::vector<address_row> addresses;  ///< by kind, the one to send to first
    };
    struct inbound_row {
        contact_id contact = 0;
        inbound_state state = inbound_state::handled;
        inbound what;
    };
    struct raw_row {
        std::int64_t received_ms = 0;
        std::string body;
    };
    struct outbox_row {
        outbound what;
        outbox_state state = outbox_state::queued;
        std::int64_t due_ms = 0;
        int attempts = 0;
        int error_code = 0;
        std::string wamid;
        std::string pricing_type;
        std::string pricing_category;
    };
    struct parked_row {
        std::int64_t received_ms = 0;
        status_update update;
    };
    struct throttle_row {
        std::int64_t ends_ms = 0;
        std::int64_t count = 0;
    };
    struct handoff_row {
        contact_id contact = 0;
        std::string topic;
        std::int64_t opened_ms = 0;
        std::optional<std::int64_t> closed_ms;
    };
    struct timer_row {
        std::int64_t due_ms = 0;
        std::uint64_t wait_seq = 0;
    };

    /// The next id of a table; taken back with everything else, as in a database.
    std::int64_t next_id(std::string_view table) { return ++ids.edit(std::string(table)); }

    undo_log log;
    logged_map<std::string, std::int64_t> ids{log};
    logged_map<contact_id, contact_row> contacts{log};
    logged_map<std::string, contact_id> contact_by_lookup{log};
    logged_map<inbound_id, inbound_row> inbounds{log};
    logged_map<std::string, inbound_id> inbound_by_wamid{log};
    index_of<contact_id> inbounds_of{log};
    logged_map<std::int64_t, raw_row> raw{log};
    logged_map<std::string, std::int64_t> raw_by_body{log};
    logged_map<outbox_id, outbox_row> outbox{log};
    logged_map<inbound_id, outbox_id> outbox_by_reply{log};
    index_of<std::string> outbox_by_wamid{log};
    index_of<contact_id> outbox_of{log};
    index_of<contact_id> unresolved{log};
    logged_map<std::int64_t, parked_row> parked{log};
    logged_map<std::string, throttle_row> throttles{log};
    logged_map<std::int64_t, handoff_row> handoffs{log};
    logged_map<contact_id, std::int64_t> open_handoffs{log};
    logged_map<contact_id, timer_row> timers{log};
};

/// The key of contact_by_lookup.
std::string lookup_key(std::string_view office, const address& who);

/// A row as the ports show it.
contact to_contact(contact_id id, const tables::contact_row& row);

}  // namespace siwareng::storage::memory
