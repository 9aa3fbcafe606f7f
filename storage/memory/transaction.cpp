#include "storage/memory/transaction.hpp"

#include "storage/memory/contacts.hpp"
#include "storage/store_rules.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace siwareng::storage::memory {
namespace {

using outbox_row = tables::outbox_row;

class memory_transaction final : public transaction {
  public:
    explicit memory_transaction(tables& data) : data_(data) {}

    void with_savepoint(const std::function<void()>& body) override {
        const std::size_t mark = data_.log.mark();
        try {
            body();
        } catch (...) {
            data_.log.roll_back(mark);
            throw;
        }
    }

    bool keep_raw(std::string_view body, std::int64_t received_ms) override;
    contact resolve_contact(std::string_view office, const std::vector<address>& addresses,
                            std::string_view profile_name, std::int64_t now_ms) override {
        return memory::resolve_contact(data_, office, addresses, profile_name, now_ms);
    }
    std::optional<inbound_id> insert_inbound(contact_id who, const inbound& what,
                                             inbound_state state) override;
    void set_inbound_state(inbound_id id, inbound_state state) override;
    void save_turn(contact_id who, std::string_view session, std::int64_t window_until_ms) override;
    std::optional<contact> load_contact(contact_id who) override;
    std::int64_t count_up(std::string_view office, const throttle_key& key,
                          std::int64_t now_ms) override;
    std::int64_t count(std::string_view office, const throttle_key& key,
                       std::int64_t now_ms) override;
    bool open_handoff(contact_id who, std::string_view topic, std::int64_t now_ms) override;
    void close_handoff(contact_id who, std::int64_t now_ms) override;
    void set_timer(contact_id who, std::int64_t due_ms, std::uint64_t wait_seq) override;
    void clear_timer(contact_id who) override;
    std::vector<due_timer> take_due_timers(std::int64_t now_ms, int limit) override;

    std::optional<outbox_item> enqueue(const outbound& what, bool dispatch) override;
    std::vector<outbox_item> claim_due(std::int64_t now_ms, int limit) override;
    std::optional<outbox_item> record_accepted(outbox_id id, std::string_view wamid,
                                               std::int64_t now_ms) override;
    void record_retry(outbox_id id, int error_code, std::int64_t at_ms) override;
    std::optional<outbox_item> record_failed(outbox_id id, int error_code,
                                             std::int64_t now_ms) override;
    void record_in_doubt(outbox_id id, std::int64_t until_ms) override;
    void release(const std::vector<outbox_id>& ids, std::int64_t at_ms) override;
    int recover_sending(std::int64_t until_ms) override;
    int expire_doubts(std::int64_t now_ms) override;
    status_outcome apply_status(const status_update& update, std::int64_t now_ms,
                                std::optional<outbox_item>& next) override;
    void block_contact(contact_id who) override;
    int purge(const retention& keep, std::int64_t now_ms, int limit) override;

  private:
    void require_contact(contact_id who) const;
    void set_state(outbox_id id, outbox_state state);
    void set_wamid(outbox_id id, std::string_view wamid);
    outbox_item claim(outbox_id id);
    std::optional<outbox_item> claim_next(contact_id who, std::int64_t now_ms);
    std::vector<outbox_id> unresolved_in(outbox_state state) const;
    std::optional<outbox_id> find_target(const status_update& update) const;
    bool apply(outbox_id id, const status_update& update);
    void purge_raw(std::int64_t before_ms, int limit, int& removed);
    void purge_parked(std::int64_t before_ms, int limit, int& removed);
    void purge_throttles(std::int64_t before_ms, int limit, int& removed);
    void purge_outbox(std::int64_t before_ms, int limit, int& removed);
    void purge_inbound(std::int64_t before_ms, int limit, int& removed);
    void purge_handoffs(std::int64_t before_ms, int limit, int& removed);

    tables& data_;
};

std::string throttle_index(std::string_view office, const throttle_key& key) {
    std::string index(office);
    for (const auto& part : {key.scope, std::to_string(key.window_ms), key.value}) {
        index += '\0';
        index += part;
    }
    return index;
}

/// The first ids of a map, at most `limit`: purges look no further, as the databases do.
template <typename map_type>
std::vector<std::int64_t> oldest_ids(const map_type& rows, int limit) {
    std::vector<std::int64_t> ids;
    for (const auto& [id, row] : rows) {
        if (static_cast<int>(ids.size()) >= limit) break;
        ids.push_back(id);
    }
    return ids;
}

void memory_transaction::require_contact(contact_id who) const {
    if (!data_.contacts.has(who)) throw store_error(errc::constraint, "no such contact");
}

bool memory_transaction::keep_raw(std::string_view body, std::int64_t received_ms) {
    const std::string bytes(body);
    if (data_.raw_by_body.has(bytes)) return false;
    const std::int64_t id = data_.next_id("raw_updates");
    data_.raw.edit(id) = {.received_ms = received_ms, .body = bytes};
    data_.raw_by_body.edit(bytes) = id;
    return true;
}

std::optional<inbound_id> memory_transaction::insert_inbound(contact_id who, const inbound& what,
                                                             inbound_state state) {
    const std::string key = what.phone_number_id + '\0' + what.wamid;
    if (data_.inbound_by_wamid.has(key)) return std::nullopt;
    require_contact(who);
    const inbound_id id = data_.next_id("inbound");
    data_.inbounds.edit(id) = {.contact = who, .state = state, .what = what};
    data_.inbound_by_wamid.edit(key) = id;
    data_.inbounds_of.edit({who, id});
    return id;
}

void memory_transaction::set_inbound_state(inbound_id id, inbound_state state) {
    if (!data_.inbounds.has(id)) throw store_error(errc::not_found, "no such inbound message");
    data_.inbounds.edit(id).state = state;
}

void memory_transaction::save_turn(contact_id who, std::string_view session,
                                   std::int64_t window_until_ms) {
    if (!data_.contacts.has(who)) throw store_error(errc::not_found, "no such contact");
    auto& row = data_.contacts.edit(who);
    row.session = session;
    if (row.window_until_ms < window_until_ms) {
        row.window_until_ms = window_until_ms;
        row.blocked = false;
    }
}

std::optional<contact> memory_transaction::load_contact(contact_id who) {
    const auto* const row = data_.contacts.find(who);
    if (row == nullptr) return std::nullopt;
    return to_contact(who, *row);
}

std::int64_t memory_transaction::count_up(std::string_view office, const throttle_key& key,
                                          std::int64_t now_ms) {
    auto& row = data_.throttles.edit(throttle_index(office, key));
    if (row.ends_ms <= now_ms) row = {.ends_ms = now_ms + key.window_ms, .count = 0};
    return ++row.count;
}

std::int64_t memory_transaction::count(std::string_view office, const throttle_key& key,
                                       std::int64_t now_ms) {
    const auto* const row = data_.throttles.find(throttle_index(office, key));
    return row == nullptr || row->ends_ms <= now_ms ? 0 : row->count;
}

bool memory_transaction::open_handoff(contact_id who, std::string_view topic, std::int64_t now_ms) {
    if (const auto* const open = data_.open_handoffs.find(who)) {
        data_.handoffs.edit(*open).topic = topic;
        return false;
    }
    require_contact(who);
    const std::int64_t id = data_.next_id("handoffs");
    data_.handoffs.edit(id) = {.contact = who,
                               .topic = std::string(topic),
                               .opened_ms = now_ms,
                               .closed_ms = std::nullopt};
    data_.open_handoffs.edit(who) = id;
    return true;
}

void memory_transaction::close_handoff(contact_id who, std::int64_t now_ms) {
    const auto* const open = data_.open_handoffs.find(who);
    if (open == nullptr) return;
    data_.handoffs.edit(*open).closed_ms = now_ms;
    data_.open_handoffs.erase(who);
}

void memory_transaction::set_timer(contact_id who, std::int64_t due_ms, std::uint64_t wait_seq) {
    require_contact(who);
    data_.timers.edit(who) = {.due_ms = due_ms, .wait_seq = wait_seq};
}

void memory_transaction::clear_timer(contact_id who) {
    if (data_.timers.has(who)) data_.timers.erase(who);
}

std::vector<due_timer> memory_transaction::take_due_timers(std::int64_t now_ms, int limit) {
    std::vector<std::pair<std::int64_t, contact_id>> due;
    for (const auto& [who, row] : data_.timers.all()) {
        if (row.due_ms <= now_ms) due.emplace_back(row.due_ms, who);
    }
    std::ranges::sort(due);
    std::vector<due_timer> taken;
    for (const auto& [due_ms, who] : due) {
        if (static_cast<int>(taken.size()) >= limit) break;
        taken.push_back({.contact = who,
                         .office = data_.contacts.find(who)->office,
                         .wait_seq = data_.timers.find(who)->wait_seq});
        data_.timers.erase(who);
    }
    return taken;
}

void memory_transaction::set_state(outbox_id id, outbox_state state) {
    outbox_row& row = data_.outbox.edit(id);
    const std::pair key{row.what.contact, id};
    if (is_unresolved(row.state) && !is_unresolved(state)) data_.unresolved.erase(key);
    row.state = state;
}

void memory_transaction::set_wamid(outbox_id id, std::string_view wamid) {
    outbox_row& row = data_.outbox.edit(id);
    if (!row.wamid.empty()) data_.outbox_by_wamid.erase({row.wamid, id});
    row.wamid = wamid;
    data_.outbox_by_wamid.edit({row.wamid, id});
}

outbox_item memory_transaction::claim(outbox_id id) {
    set_state(id, outbox_state::sending);
    const outbox_row& row = *data_.outbox.find(id);
    const auto& who = *data_.contacts.find(row.what.contact);
    outbox_item item;
    item.id = id;
    item.office = who.office;
    item.contact = row.what.contact;
    item.priority = row.what.priority;
    item.payload = row.what.payload;
    item.needs_window = row.what.needs_window;
    item.window_until_ms = who.window_until_ms;
    item.created_ms = row.what.created_ms;
    item.attempts = row.attempts;
    item.to = who.addresses.front().what;
    return item;
}

std::optional<outbox_item> memory_transaction::enqueue(const outbound& what, bool dispatch) {
    require_contact(what.contact);
    if (what.reply_to && data_.outbox_by_reply.has(*what.reply_to)) {
        throw store_error(errc::constraint, "the message is answered already");
    }
    const auto first = data_.unresolved.all().lower_bound({what.contact, 0});
    const bool waits = first != data_.unresolved.all().end() && first->first.first == what.contact;
    const bool at_once = dispatch && !waits && !data_.contacts.find(what.contact)->blocked;
    const outbox_id id = data_.next_id("outbox");
    outbox_row& row = data_.outbox.edit(id);
    row.what = what;
    row.due_ms = what.created_ms;
    if (what.reply_to) data_.outbox_by_reply.edit(*what.reply_to) = id;
    data_.outbox_of.edit({what.contact, id});
    data_.unresolved.edit({what.contact, id});
    if (!at_once) return std::nullopt;
    return claim(id);
}

std::vector<outbox_item> memory_transaction::claim_due(std::int64_t now_ms, int limit) {
    std::vector<std::tuple<lane, std::int64_t, outbox_id>> due;
    std::optional<contact_id> seen;
    for (const auto& [key, none] : data_.unresolved.all()) {
        const auto& [who, id] = key;
        if (seen == who) continue;
        seen = who;
        const outbox_row& row = *data_.outbox.find(id);
        const bool ready = row.state == outbox_state::queued && row.due_ms <= now_ms &&
                           !data_.contacts.find(who)->blocked;
        if (ready) due.emplace_back(row.what.priority, row.due_ms, id);
    }
    std::ranges::sort(due);
    std::vector<outbox_item> items;
    for (const auto& [priority, due_ms, id] : due) {
        if (static_cast<int>(items.size()) >= limit) break;
        items.push_back(claim(id));
    }
    return items;
}

std::optional<outbox_item> memory_transaction::claim_next(contact_id who, std::int64_t now_ms) {
    const auto first = data_.unresolved.all().lower_bound({who, 0});
    if (first == data_.unresolved.all().end() || first->first.first != who) return std::nullopt;
    const outbox_id id = first->first.second;
    const outbox_row& row = *data_.outbox.find(id);
    const bool ready = row.state == outbox_state::queued && row.due_ms <= now_ms &&
                       !data_.contacts.find(who)->blocked;
    if (!ready) return std::nullopt;
    return claim(id);
}

std::optional<outbox_item> memory_transaction::record_accepted(outbox_id id, std::string_view wamid,
                                                               std::int64_t now_ms) {
    const outbox_row* const row = data_.outbox.find(id);
    if (row == nullptr) return std::nullopt;
    if (is_unresolved(row->state)) {
        set_state(id, outbox_state::sent);
        data_.outbox.edit(id).error_code = 0;
    }
    set_wamid(id, wamid);
    std::vector<std::int64_t> parked;
    for (const auto& [parked_id, each] : data_.parked.all()) {
        if (each.update.wamid == wamid) parked.push_back(parked_id);
    }
    for (const std::int64_t parked_id : parked) {
        apply(id, data_.parked.find(parked_id)->update);
        data_.parked.erase(parked_id);
    }
    return claim_next(data_.outbox.find(id)->what.contact, now_ms);
}

void memory_transaction::record_retry(outbox_id id, int error_code, std::int64_t at_ms) {
    const outbox_row* const row = data_.outbox.find(id);
    const bool under_way = row != nullptr && (row->state == outbox_state::sending ||
                                              row->state == outbox_state::in_doubt);
    if (!under_way) return;
    set_state(id, outbox_state::queued);
    outbox_row& changed = data_.outbox.edit(id);
    changed.error_code = error_code;
    changed.due_ms = at_ms;
    ++changed.attempts;
}

std::optional<outbox_item> memory_transaction::record_failed(outbox_id id, int error_code,
                                                             std::int64_t now_ms) {
    const outbox_row* const row = data_.outbox.find(id);
    if (row == nullptr || row->state > outbox_state::sent) return std::nullopt;
    set_state(id, outbox_state::failed);
    data_.outbox.edit(id).error_code = error_code;
    return claim_next(row->what.contact, now_ms);
}

void memory_transaction::record_in_doubt(outbox_id id, std::int64_t until_ms) {
    const outbox_row* const row = data_.outbox.find(id);
    if (row == nullptr || row->state != outbox_state::sending) return;
    set_state(id, outbox_state::in_doubt);
    outbox_row& changed = data_.outbox.edit(id);
    changed.due_ms = until_ms;
    ++changed.attempts;
}

void memory_transaction::release(const std::vector<outbox_id>& ids, std::int64_t at_ms) {
    for (const outbox_id id : ids) {
        const outbox_row* const row = data_.outbox.find(id);
        if (row == nullptr || row->state != outbox_state::sending) continue;
        set_state(id, outbox_state::queued);
        data_.outbox.edit(id).due_ms = at_ms;
    }
}

std::vector<outbox_id> memory_transaction::unresolved_in(outbox_state state) const {
    std::vector<outbox_id> ids;
    for (const auto& [key, none] : data_.unresolved.all()) {
        if (data_.outbox.find(key.second)->state == state) ids.push_back(key.second);
    }
    return ids;
}

int memory_transaction::recover_sending(std::int64_t until_ms) {
    const auto ids = unresolved_in(outbox_state::sending);
    for (const outbox_id id : ids)
        record_in_doubt(id, until_ms);
    return static_cast<int>(ids.size());
}

int memory_transaction::expire_doubts(std::int64_t now_ms) {
    int expired = 0;
    for (const outbox_id id : unresolved_in(outbox_state::in_doubt)) {
        if (data_.outbox.find(id)->due_ms > now_ms) continue;
        set_state(id, outbox_state::queued);
        data_.outbox.edit(id).due_ms = now_ms;
        ++expired;
    }
    return expired;
}

std::optional<outbox_id> memory_transaction::find_target(const status_update& update) const {
    if (update.outbox) {
        const outbox_row* const row = data_.outbox.find(*update.outbox);
        const bool ours = row != nullptr &&
                          data_.contacts.find(row->what.contact)->office == update.office &&
                          may_have_status(row->state, row->attempts, !row->wamid.empty());
        if (ours) return update.outbox;
    }
    if (update.wamid.empty()) return std::nullopt;
    const std::pair behind{update.wamid, std::numeric_limits<std::int64_t>::max()};
    const auto& index = data_.outbox_by_wamid.all();
    const auto next = index.upper_bound(behind);
    if (next == index.begin() || std::prev(next)->first.first != update.wamid) return std::nullopt;
    return std::prev(next)->first.second;
}

bool memory_transaction::apply(outbox_id id, const status_update& update) {
    if (data_.outbox.find(id)->pricing_type.empty() && !update.pricing_type.empty()) {
        outbox_row& row = data_.outbox.edit(id);
        row.pricing_type = update.pricing_type;
        row.pricing_category = update.pricing_category;
    }
    const bool takes_wamid = data_.outbox.find(id)->wamid.empty() && !update.wamid.empty();
    if (takes_wamid) set_wamid(id, update.wamid);
    const outbox_row& row = *data_.outbox.find(id);
    if (!status_is_news(row.state, update.state, row.wamid == update.wamid)) return false;
    set_state(id, update.state);
    data_.outbox.edit(id).error_code = update.error_code;
    return true;
}

status_outcome memory_transaction::apply_status(const status_update& update, std::int64_t now_ms,
                                                std::optional<outbox_item>& next) {
    next.reset();
    const auto target = find_target(update);
    if (!target) {
        if (update.wamid.empty()) return status_outcome::stale;
        const bool known = std::ranges::any_of(data_.parked.all(), [&](const auto& each) {
            return each.second.update.wamid == update.wamid &&
                   each.second.update.state == update.state;
        });
        if (!known) {
            data_.parked.edit(data_.next_id("parked_statuses")) = {.received_ms = now_ms,
                                                                   .update = update};
        }
        return status_outcome::parked;
    }
    const bool was_unresolved = is_unresolved(data_.outbox.find(*target)->state);
    if (!apply(*target, update)) return status_outcome::stale;
    if (was_unresolved) next = claim_next(data_.outbox.find(*target)->what.contact, now_ms);
    return status_outcome::applied;
}

void memory_transaction::block_contact(contact_id who) {
    if (data_.contacts.has(who)) data_.contacts.edit(who).blocked = true;
}

void memory_transaction::purge_raw(std::int64_t before_ms, int limit, int& removed) {
    for (const std::int64_t id : oldest_ids(data_.raw.all(), limit - removed)) {
        if (data_.raw.find(id)->received_ms >= before_ms) continue;
        data_.raw_by_body.erase(data_.raw.find(id)->body);
        data_.raw.erase(id);
        ++removed;
    }
}

void memory_transaction::purge_parked(std::int64_t before_ms, int limit, int& removed) {
    for (const std::int64_t id : oldest_ids(data_.parked.all(), limit - removed)) {
        if (data_.parked.find(id)->received_ms >= before_ms) continue;
        data_.parked.erase(id);
        ++removed;
    }
}

void memory_transaction::purge_throttles(std::int64_t before_ms, int limit, int& removed) {
    std::vector<std::pair<std::int64_t, std::string>> past;
    for (const auto& [key, row] : data_.throttles.all()) {
        if (row.ends_ms < before_ms) past.emplace_back(row.ends_ms, key);
    }
    std::ranges::sort(past);
    for (const auto& [ends_ms, key] : past) {
        if (removed >= limit) return;
        data_.throttles.erase(key);
        ++removed;
    }
}

void memory_transaction::purge_outbox(std::int64_t before_ms, int limit, int& removed) {
    for (const outbox_id id : oldest_ids(data_.outbox.all(), limit - removed)) {
        const outbox_row row = *data_.outbox.find(id);
        const bool under_way =
            row.state == outbox_state::sending || row.state == outbox_state::in_doubt;
        if (row.what.created_ms >= before_ms || under_way) continue;
        if (row.what.reply_to) data_.outbox_by_reply.erase(*row.what.reply_to);
        if (!row.wamid.empty()) data_.outbox_by_wamid.erase({row.wamid, id});
        if (is_unresolved(row.state)) data_.unresolved.erase({row.what.contact, id});
        data_.outbox_of.erase({row.what.contact, id});
        data_.outbox.erase(id);
        ++removed;
    }
}

void memory_transaction::purge_inbound(std::int64_t before_ms, int limit, int& removed) {
    for (const inbound_id id : oldest_ids(data_.inbounds.all(), limit - removed)) {
        const tables::inbound_row row = *data_.inbounds.find(id);
        if (row.what.received_ms >= before_ms) continue;
        data_.inbound_by_wamid.erase(row.what.phone_number_id + '\0' + row.what.wamid);
        data_.inbounds_of.erase({row.contact, id});
        data_.inbounds.erase(id);
        ++removed;
    }
}

void memory_transaction::purge_handoffs(std::int64_t before_ms, int limit, int& removed) {
    std::vector<std::pair<std::int64_t, std::int64_t>> past;
    for (const auto& [id, row] : data_.handoffs.all()) {
        if (row.closed_ms && *row.closed_ms < before_ms) past.emplace_back(*row.closed_ms, id);
    }
    std::ranges::sort(past);
    for (const auto& [closed_ms, id] : past) {
        if (removed >= limit) return;
        data_.handoffs.erase(id);
        ++removed;
    }
}

int memory_transaction::purge(const retention& keep, std::int64_t now_ms, int limit) {
    int removed = 0;
    purge_raw(now_ms - keep.raw_ms, limit, removed);
    purge_parked(now_ms - keep.parked_status_ms, limit, removed);
    purge_throttles(now_ms - keep.throttle_ms, limit, removed);
    purge_outbox(now_ms - keep.messages_ms, limit, removed);
    purge_inbound(now_ms - keep.messages_ms, limit, removed);
    purge_handoffs(now_ms - keep.messages_ms, limit, removed);
    return removed;
}

}  // namespace

std::unique_ptr<transaction> create_transaction(tables& data) {
    return std::make_unique<memory_transaction>(data);
}

}  // namespace siwareng::storage::memory
