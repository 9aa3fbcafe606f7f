#include "storage/memory/tables.hpp"

namespace siwareng::storage::memory {

void undo_log::roll_back(std::size_t mark) {
    while (steps_.size() > mark) {
        auto step = std::move(steps_.back());
        steps_.pop_back();
        step();
    }
}

std::string lookup_key(std::string_view office, const address& who) {
    std::string key(office);
    key += '\0';
    key += static_cast<char>('0' + static_cast<int>(who.kind));
    key += matching_form(who);
    return key;
}

contact to_contact(contact_id id, const tables::contact_row& row) {
    contact result;
    result.id = id;
    result.office = row.office;
    for (const auto& each : row.addresses)
        result.addresses.push_back(each.what);
    result.profile_name = row.profile_name;
    result.session = row.session;
    result.window_until_ms = row.window_until_ms;
    result.blocked = row.blocked;
    return result;
}

}  // namespace siwareng::storage::memory
