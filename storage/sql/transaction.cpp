#include "storage/sql/transaction.hpp"

#include "storage/sql/contacts.hpp"
#include "storage/sql/handoffs.hpp"
#include "storage/sql/inbound.hpp"
#include "storage/sql/outbox.hpp"
#include "storage/sql/parked_statuses.hpp"
#include "storage/sql/raw_updates.hpp"
#include "storage/sql/throttles.hpp"
#include "storage/sql/timers.hpp"
#include "storage/store_rules.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace siwareng::storage::sql {
namespace {

/// A given address with its blind index, made once.
struct given_address {
    const address* what = nullptr;
    blind_index lookup{};
};

class sql_transaction final : public transaction {
  public:
    sql_transaction(connection& db, std::shared_ptr<const keyring> keys)
        : db_(db),
          seals_(std::move(keys)),
          lookup_(db, seals_),
          contacts_(db, seals_),
          merge_(db),
          inbound_(db, seals_),
          raw_(db, seals_),
          queue_(db, seals_),
          results_(db, seals_),
          parked_(db),
          throttles_(db, seals_),
          handoffs_(db),
          timers_(db) {}

    void with_savepoint(const std::function<void()>& body) override {
        db_.savepoint();
        try {
            body();
        } catch (...) {
            db_.rollback_savepoint();
            throw;
        }
        db_.release_savepoint();
    }

    bool keep_raw(std::string_view body, std::int64_t received_ms) override {
        return raw_.keep(body, received_ms);
    }

    contact resolve_contact(std::string_view office, const std::vector<address>& addresses,
                            std::string_view profile_name, std::int64_t now_ms) override;

    std::optional<inbound_id> insert_inbound(contact_id who, const inbound& what,
                                             inbound_state state) override {
        return inbound_.insert(who, what, state);
    }

    void set_inbound_state(inbound_id id, inbound_state state) override {
        if (!inbound_.set_state(id, state)) {
            throw store_error(errc::not_found, "no such inbound message");
        }
    }

    void save_turn(contact_id who, std::string_view session,
                   std::int64_t window_until_ms) override {
        if (!contacts_.save_turn(who, session, window_until_ms)) {
            throw store_error(errc::not_found, "no such contact");
        }
    }

    std::optional<contact> load_contact(contact_id who) override {
        auto found = lookup_.by_id(who);
        if (!found) return std::nullopt;
        return std::move(found->who);
    }

    std::int64_t count_up(std::string_view office, const throttle_key& key,
                          std::int64_t now_ms) override {
        return throttles_.count_up(office, key, now_ms);
    }

    std::int64_t count(std::string_view office, const throttle_key& key,
                       std::int64_t now_ms) override {
        return throttles_.count(office, key, now_ms);
    }

    bool open_handoff(contact_id who, std::string_view topic, std::int64_t now_ms) override {
        return handoffs_.open(who, topic, now_ms);
    }

    void close_handoff(contact_id who, std::int64_t now_ms) override {
        handoffs_.close(who, now_ms);
    }

    void set_timer(contact_id who, std::int64_t due_ms, std::uint64_t wait_seq) override {
        timers_.set(who, due_ms, wait_seq);
    }

    void clear_timer(contact_id who) override { timers_.clear(who); }

    std::vector<due_timer> take_due_timers(std::int64_t now_ms, int limit) override {
        return timers_.take_due(now_ms, limit);
    }

    std::optional<outbox_item> enqueue(const outbound& what, bool dispatch) override {
        return queue_.enqueue(what, dispatch);
    }

    std::vector<outbox_item> claim_due(std::int64_t now_ms, int limit) override {
        return queue_.claim_due(now_ms, limit);
    }

    std::optional<outbox_item> record_accepted(outbox_id id, std::string_view wamid,
                                               std::int64_t now_ms) override;

    void record_retry(outbox_id id, int error_code, std::int64_t at_ms) override {
        results_.retry(id, error_code, at_ms);
    }

    std::optional<outbox_item> record_failed(outbox_id id, int error_code,
                                             std::int64_t now_ms) override {
        const auto who = results_.failed(id, error_code);
        if (!who) return std::nullopt;
        return queue_.claim_next(*who, now_ms);
    }

    void record_in_doubt(outbox_id id, std::int64_t until_ms) override {
        results_.in_doubt(id, until_ms);
    }

    void release(const std::vector<outbox_id>& ids, std::int64_t at_ms) override {
        for (const outbox_id id : ids)
            results_.release(id, at_ms);
    }

    int recover_sending(std::int64_t until_ms) override {
        return results_.recover_sending(until_ms);
    }

    int expire_doubts(std::int64_t now_ms) override { return results_.expire_doubts(now_ms); }

    status_outcome apply_status(const status_update& update, std::int64_t now_ms,
                                std::optional<outbox_item>& next) override;

    void block_contact(contact_id who) override { contacts_.block(who); }

    int purge(const retention& keep, std::int64_t now_ms, int limit) override;

  private:
    stored_contact find_or_insert(std::string_view office,
                                  const std::vector<given_address>& addresses,
                                  std::string_view profile_name, std::int64_t now_ms);
    bool keep_addresses(const stored_contact& known, const std::vector<given_address>& addresses,
                        std::int64_t now_ms);
    std::optional<status_target> find_target(const status_update& update, const blind_index& wamid);

    connection& db_;
    vault seals_;
    contact_lookup lookup_;
    contacts_table contacts_;
    contact_merge merge_;
    inbound_table inbound_;
    raw_updates_table raw_;
    outbox_queue queue_;
    outbox_results results_;
    parked_statuses_table parked_;
    throttles_table throttles_;
    handoffs_table handoffs_;
    timers_table timers_;
};

bool has_lookup(const stored_contact& known, const blind_index& lookup) {
    return std::ranges::any_of(known.rows, [&](const auto& row) { return row.lookup == lookup; });
}

/// The contact of these addresses, after merging the several that they may belong to. A known
/// contact whose addresses are all known costs one statement.
stored_contact sql_transaction::find_or_insert(std::string_view office,
                                               const std::vector<given_address>& addresses,
                                               std::string_view profile_name, std::int64_t now_ms) {
    std::optional<stored_contact> known;
    for (const given_address& given : addresses) {
        if (known && has_lookup(*known, given.lookup)) continue;
        auto found = lookup_.by_address(given.lookup);
        if (!found) continue;
        if (known) {
            const contact_id oldest = std::min(known->who.id, found->who.id);
            merge_.merge(oldest, std::max(known->who.id, found->who.id));
            found = lookup_.by_id(oldest);
        }
        known = std::move(found);
    }
    if (known) return std::move(*known);
    stored_contact made;
    made.who.id = contacts_.insert(office, profile_name, now_ms);
    made.who.office = office;
    made.who.profile_name = profile_name;
    return made;
}

/// Adds what is new, takes Meta's latest spelling, and makes the last given address of a kind the
/// one to send to. False if nothing had to be written, as is usual.
bool sql_transaction::keep_addresses(const stored_contact& known,
                                     const std::vector<given_address>& addresses,
                                     std::int64_t now_ms) {
    bool written = false;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const address& given = *addresses[i].what;
        const bool preferred = std::none_of(
            addresses.begin() + static_cast<std::ptrdiff_t>(i) + 1, addresses.end(),
            [&](const given_address& later) { return later.what->kind == given.kind; });
        std::int64_t used_ms = 0;  // Older than any: known, but not the one to send to.
        const auto newest = std::ranges::find(known.who.addresses, given.kind, &address::kind);
        const bool has_kind = newest != known.who.addresses.end();
        const auto first = static_cast<std::size_t>(newest - known.who.addresses.begin());
        if (preferred) used_ms = has_kind ? after(known.rows[first].used_ms, now_ms) : now_ms;

        const auto row = std::ranges::find(known.rows, addresses[i].lookup,
                                           &stored_contact::address_row::lookup);
        if (row == known.rows.end()) {
            contacts_.add_address(known.who.id, addresses[i].lookup, given, used_ms);
            written = true;
            continue;
        }
        const auto at = static_cast<std::size_t>(row - known.rows.begin());
        if (!preferred || at == first) used_ms = row->used_ms;
        if (used_ms != row->used_ms || known.who.addresses[at].value != given.value) {
            contacts_.use_address(row->id, given.value, used_ms);
            written = true;
        }
    }
    return written;
}

contact sql_transaction::resolve_contact(std::string_view office,
                                         const std::vector<address>& addresses,
                                         std::string_view profile_name, std::int64_t now_ms) {
    if (addresses.empty()) throw std::logic_error("resolve_contact needs an address");
    std::vector<given_address> given;
    given.reserve(addresses.size());
    for (const address& each : addresses) {
        given_address next{.what = &each, .lookup = address_lookup(seals_, office, each)};
        // The same number twice, perhaps in two spellings: the last one counts.
        std::erase_if(given, [&](const auto& before) { return before.lookup == next.lookup; });
        given.push_back(next);
    }
    stored_contact known = find_or_insert(office, given, profile_name, now_ms);
    if (!profile_name.empty() && known.who.profile_name != profile_name) {
        contacts_.rename(known.who.id, profile_name);
        known.who.profile_name = profile_name;
    }
    if (!keep_addresses(known, given, now_ms)) return std::move(known.who);
    auto changed = lookup_.by_id(known.who.id);
    return std::move(changed.value().who);
}

std::optional<outbox_item> sql_transaction::record_accepted(outbox_id id, std::string_view wamid,
                                                            std::int64_t now_ms) {
    const auto who = results_.accepted(id, wamid);
    if (!who) return std::nullopt;
    const blind_index index = wamid_lookup(seals_, wamid);
    const auto parked = parked_.take(index);
    if (!parked.empty()) {
        if (auto target = results_.target(index)) {
            for (const status_update& update : parked)
                results_.apply(*target, update);
        }
    }
    return queue_.claim_next(*who, now_ms);
}

/// By our own id where it came back, else by the wamid.
std::optional<status_target> sql_transaction::find_target(const status_update& update,
                                                          const blind_index& wamid) {
    if (update.outbox) {
        auto target = results_.target(*update.outbox, update.office, wamid);
        if (target && may_have_status(target->state, target->attempts, target->has_wamid)) {
            return target;
        }
    }
    if (update.wamid.empty()) return std::nullopt;
    return results_.target(wamid);
}

status_outcome sql_transaction::apply_status(const status_update& update, std::int64_t now_ms,
                                             std::optional<outbox_item>& next) {
    next.reset();
    const blind_index wamid = wamid_lookup(seals_, update.wamid);
    auto target = find_target(update, wamid);
    if (!target) {
        if (update.wamid.empty()) return status_outcome::stale;
        parked_.park(wamid, update, now_ms);
        return status_outcome::parked;
    }
    const bool was_unresolved = is_unresolved(target->state);
    if (!results_.apply(*target, update)) return status_outcome::stale;
    if (was_unresolved) next = queue_.claim_next(target->contact, now_ms);
    return status_outcome::applied;
}

int sql_transaction::purge(const retention& keep, std::int64_t now_ms, int limit) {
    int removed = 0;
    const auto purge_from = [&](auto& table, std::int64_t kept_ms) {
        if (removed < limit) removed += table.purge(now_ms - kept_ms, limit - removed);
    };
    purge_from(raw_, keep.raw_ms);
    purge_from(parked_, keep.parked_status_ms);
    purge_from(throttles_, keep.throttle_ms);
    purge_from(results_, keep.messages_ms);
    purge_from(inbound_, keep.messages_ms);
    purge_from(handoffs_, keep.messages_ms);
    return removed;
}

}  // namespace

std::unique_ptr<transaction> create_transaction(connection& db,
                                                std::shared_ptr<const keyring> keys) {
    return std::make_unique<sql_transaction>(db, std::move(keys));
}

}  // namespace siwareng::storage::sql
