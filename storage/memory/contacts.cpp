#include "storage/memory/contacts.hpp"

#include "storage/store_rules.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace siwareng::storage::memory {
namespace {

using contact_row = tables::contact_row;
using address_row = tables::address_row;

struct given_address {
    const address* what = nullptr;
    std::string lookup;
};

void sort_addresses(contact_row& row) {
    std::ranges::sort(row.addresses, [](const address_row& a, const address_row& b) {
        return std::tuple(a.what.kind, b.used_ms, b.id) < std::tuple(b.what.kind, a.used_ms, a.id);
    });
}

void move_messages(tables& data, contact_id to, contact_id from) {
    const auto ids_of = [from](const index_of<contact_id>& index) {
        std::vector<std::int64_t> ids;
        for (auto at = index.all().lower_bound({from, 0});
             at != index.all().end() && at->first.first == from; ++at) {
            ids.push_back(at->first.second);
        }
        return ids;
    };
    for (const inbound_id id : ids_of(data.inbounds_of)) {
        data.inbounds.edit(id).contact = to;
        data.inbounds_of.erase({from, id});
        data.inbounds_of.edit({to, id});
    }
    for (const outbox_id id : ids_of(data.outbox_of)) {
        data.outbox.edit(id).what.contact = to;
        data.outbox_of.erase({from, id});
        data.outbox_of.edit({to, id});
    }
    for (const outbox_id id : ids_of(data.unresolved)) {
        data.unresolved.erase({from, id});
        data.unresolved.edit({to, id});
    }
}

void move_handoffs(tables& data, contact_id to, contact_id from) {
    std::vector<std::int64_t> ids;
    for (const auto& [id, row] : data.handoffs.all()) {
        if (row.contact == from) ids.push_back(id);
    }
    const bool has_open = data.open_handoffs.has(to);
    for (const std::int64_t id : ids) {
        const bool open = !data.handoffs.find(id)->closed_ms;
        if (open && has_open) {
            data.handoffs.erase(id);
            continue;
        }
        data.handoffs.edit(id).contact = to;
        if (open) data.open_handoffs.edit(to) = id;
    }
    if (data.open_handoffs.has(from)) data.open_handoffs.erase(from);
}

/// The kept contact's own facts win; a session is never mixed, and a timer goes with its session.
void merge(tables& data, contact_id to, contact_id from) {
    const contact_row other = *data.contacts.find(from);
    contact_row& row = data.contacts.edit(to);
    row.window_until_ms = std::max(row.window_until_ms, other.window_until_ms);
    row.blocked = row.blocked && other.blocked;
    if (row.profile_name.empty()) row.profile_name = other.profile_name;
    if (row.session.empty() && !other.session.empty()) {
        row.session = other.session;
        if (data.timers.has(to)) data.timers.erase(to);
        if (const auto* const timer = data.timers.find(from)) {
            const tables::timer_row moved = *timer;
            data.timers.edit(to) = moved;
        }
    }
    if (data.timers.has(from)) data.timers.erase(from);
    for (const address_row& each : other.addresses) {
        row.addresses.push_back(each);
        data.contact_by_lookup.edit(each.lookup) = to;
    }
    sort_addresses(row);
    move_messages(data, to, from);
    move_handoffs(data, to, from);
    data.contacts.erase(from);
}

contact_id find_or_insert(tables& data, std::string_view office,
                          const std::vector<given_address>& addresses) {
    std::optional<contact_id> known;
    for (const given_address& given : addresses) {
        const contact_id* const found = data.contact_by_lookup.find(given.lookup);
        if (found == nullptr || known == *found) continue;
        const contact_id other = *found;
        if (known) {
            const contact_id oldest = std::min(*known, other);
            merge(data, oldest, std::max(*known, other));
            known = oldest;
        } else {
            known = other;
        }
    }
    if (known) return *known;
    const contact_id made = data.next_id("contacts");
    data.contacts.edit(made).office = office;
    return made;
}

/// Adds what is new, takes Meta's latest spelling, and makes the last given address of a kind the
/// one to send to.
void keep_addresses(tables& data, contact_id who, const std::vector<given_address>& addresses,
                    std::int64_t now_ms) {
    contact_row& row = data.contacts.edit(who);
    const std::vector<address_row> before = row.addresses;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const address& given = *addresses[i].what;
        const bool preferred = std::none_of(
            addresses.begin() + static_cast<std::ptrdiff_t>(i) + 1, addresses.end(),
            [&](const given_address& later) { return later.what->kind == given.kind; });
        const auto newest = std::ranges::find(
            before, given.kind, [](const address_row& each) { return each.what.kind; });
        std::int64_t used_ms = 0;
        if (preferred) used_ms = newest == before.end() ? now_ms : after(newest->used_ms, now_ms);
        const auto at = std::ranges::find(row.addresses, addresses[i].lookup, &address_row::lookup);
        if (at == row.addresses.end()) {
            row.addresses.push_back({.id = data.next_id("contact_addresses"),
                                     .used_ms = used_ms,
                                     .lookup = addresses[i].lookup,
                                     .what = given});
            data.contact_by_lookup.edit(addresses[i].lookup) = who;
            continue;
        }
        at->what.value = given.value;
        const bool first = newest != before.end() && newest->lookup == at->lookup;
        if (preferred && !first) at->used_ms = used_ms;
    }
    sort_addresses(row);
}

}  // namespace

contact resolve_contact(tables& data, std::string_view office,
                        const std::vector<address>& addresses, std::string_view profile_name,
                        std::int64_t now_ms) {
    if (addresses.empty()) throw std::logic_error("resolve_contact needs an address");
    std::vector<given_address> given;
    for (const address& each : addresses) {
        given_address next{.what = &each, .lookup = lookup_key(office, each)};
        std::erase_if(given, [&](const auto& before) { return before.lookup == next.lookup; });
        given.push_back(std::move(next));
    }
    const contact_id who = find_or_insert(data, office, given);
    if (!profile_name.empty()) data.contacts.edit(who).profile_name = profile_name;
    keep_addresses(data, who, given, now_ms);
    return to_contact(who, *data.contacts.find(who));
}

}  // namespace siwareng::storage::memory
