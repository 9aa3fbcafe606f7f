#include "storage/sql/contacts.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

namespace siwareng::storage::sql {
namespace {

constexpr std::string_view place_profile_name = "contacts.profile_name";
constexpr std::string_view place_session = "contacts.session";
constexpr std::string_view place_address = "contact_addresses.value";

blind_index to_index(std::string_view bytes) {
    blind_index index{};
    std::memcpy(index.data(), bytes.data(), std::min(bytes.size(), index.size()));
    return index;
}

struct found_address {
    address what;
    stored_contact::address_row row;
};

/// By kind, and within a kind the one to send to first.
void sort_addresses(std::vector<found_address>& found) {
    std::ranges::sort(found, [](const found_address& a, const found_address& b) {
        return std::tuple(a.what.kind, b.row.used_ms, b.row.id) <
               std::tuple(b.what.kind, a.row.used_ms, a.row.id);
    });
}

}  // namespace

blind_index address_lookup(const vault& seals, std::string_view office, const address& who) {
    const auto kind = static_cast<char>('0' + static_cast<int>(who.kind));
    return seals.blind("contact_addresses.lookup",
                       {office, std::string_view(&kind, 1), matching_form(who)});
}

// Both statements of the class select the columns that are read here.
std::optional<stored_contact> contact_lookup::read(rows& from) const {
    stored_contact result;
    std::vector<found_address> found;
    while (from.next()) {
        if (found.empty()) {
            result.who.id = from.integer(0);
            result.who.office = from.bytes(1);
            result.who.profile_name = seals_.open(place_profile_name, from, 2);
            result.who.session = seals_.open(place_session, from, 3);
            result.who.window_until_ms = from.integer(4);
            result.who.blocked = from.flag(5);
        }
        found.push_back(
            {.what = {from.value<address_kind>(7), seals_.open(place_address, from, 10)},
             .row = {from.integer(6), from.integer(8), to_index(from.bytes(9))}});
    }
    if (found.empty()) return std::nullopt;
    sort_addresses(found);
    for (found_address& each : found) {
        result.who.addresses.push_back(std::move(each.what));
        result.rows.push_back(each.row);
    }
    return result;
}

constexpr std::string_view contact_by_address =
    "SELECT c.id, c.office, c.profile_name, c.session, c.window_until_ms, c.blocked, "
    "a.id, a.kind, a.used_ms, a.lookup, a.value "
    "FROM contact_addresses AS k "
    "JOIN contacts AS c ON c.id = k.contact_id "
    "JOIN contact_addresses AS a ON a.contact_id = k.contact_id "
    "WHERE k.lookup = $1";

std::optional<stored_contact> contact_lookup::by_address(const blind_index& lookup) {
    rows found(by_address_, as_blob(lookup));
    return read(found);
}

constexpr std::string_view contact_by_id =
    "SELECT c.id, c.office, c.profile_name, c.session, c.window_until_ms, c.blocked, "
    "a.id, a.kind, a.used_ms, a.lookup, a.value "
    "FROM contacts AS c "
    "JOIN contact_addresses AS a ON a.contact_id = c.id "
    "WHERE c.id = $1";

std::optional<stored_contact> contact_lookup::by_id(contact_id who) {
    rows found(by_id_, who);
    return read(found);
}

contact_lookup::contact_lookup(connection& db, const vault& seals)
    : seals_(seals),
      by_address_(db.prepare(contact_by_address)),
      by_id_(db.prepare(contact_by_id)) {}

constexpr std::string_view contact_insert =
    "INSERT INTO contacts (office, profile_name, created_ms) VALUES ($1, $2, $3) RETURNING id";

contact_id contacts_table::insert(std::string_view office, std::string_view profile_name,
                                  std::int64_t now_ms) {
    return first_integer(insert_, office, seals_.seal(place_profile_name, profile_name), now_ms)
        .value();
}

constexpr std::string_view contact_address_insert =
    "INSERT INTO contact_addresses (contact_id, kind, used_ms, lookup, value) "
    "VALUES ($1, $2, $3, $4, $5)";

void contacts_table::add_address(contact_id who, const blind_index& lookup, const address& added,
                                 std::int64_t used_ms) {
    run(add_address_, who, added.kind, used_ms, as_blob(lookup),
        seals_.seal(place_address, added.value));
}

constexpr std::string_view contact_address_use =
    "UPDATE contact_addresses SET value = $2, used_ms = $3 WHERE id = $1";

void contacts_table::use_address(std::int64_t row, std::string_view value, std::int64_t used_ms) {
    run(use_address_, row, seals_.seal(place_address, value), used_ms);
}

constexpr std::string_view contact_rename = "UPDATE contacts SET profile_name = $2 WHERE id = $1";

void contacts_table::rename(contact_id who, std::string_view profile_name) {
    run(rename_, who, seals_.seal(place_profile_name, profile_name));
}

constexpr std::string_view contact_save_turn =
    "UPDATE contacts SET session = $2, "
    "blocked = CASE WHEN window_until_ms < $3 THEN 0 ELSE blocked END, "
    "window_until_ms = CASE WHEN window_until_ms < $3 THEN $3 ELSE window_until_ms END "
    "WHERE id = $1";

bool contacts_table::save_turn(contact_id who, std::string_view session,
                               std::int64_t window_until_ms) {
    run(save_turn_, who, seals_.seal(place_session, session), window_until_ms);
    return db_.changes() > 0;
}

constexpr std::string_view contact_block = "UPDATE contacts SET blocked = 1 WHERE id = $1";

void contacts_table::block(contact_id who) {
    run(block_, who);
}

contacts_table::contacts_table(connection& db, const vault& seals)
    : db_(db),
      seals_(seals),
      insert_(db.prepare(contact_insert)),
      add_address_(db.prepare(contact_address_insert)),
      use_address_(db.prepare(contact_address_use)),
      rename_(db.prepare(contact_rename)),
      save_turn_(db.prepare(contact_save_turn)),
      block_(db.prepare(contact_block)) {}

}  // namespace siwareng::storage::sql
