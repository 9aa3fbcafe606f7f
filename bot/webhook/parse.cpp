#include "bot/webhook/address.hpp"
#include "bot/webhook/json_read.hpp"
#include "bot/webhook/message_content.hpp"
#include "bot/webhook/signature.hpp"
#include "bot/webhook/update.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace siwareng::bot {
namespace {

using nlohmann::json;
using storage::address;
using storage::address_kind;
using storage::outbox_state;

/// The fields of `changes[]` that Meta documents, sorted: a metric's label must not grow with what
/// somebody sends.
constexpr auto known_fields = std::to_array<std::string_view>({
    "account_alerts",
    "account_review_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_username_update",
    "business_username_updates",
    "calls",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_category_update",
    "user_id_update",
    "user_preferences",
});
static_assert(std::ranges::is_sorted(known_fields));

/// A name as Meta writes them, or "unknown": it ends up in a log.
std::string clean_name(std::string name) {
    static constexpr std::size_t name_bytes_max = 64;
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (name.empty() || name.size() > name_bytes_max || !std::ranges::all_of(name, is_plain)) {
        return "unknown";
    }
    return name;
}

/// One person in `value.contacts[]`.
struct profile {
    std::vector<address> addresses;
    std::string name;
    std::string username;
};

profile read_profile(const json& contact) {
    profile result;
    add_address(result.addresses, contact, "wa_id");
    add_user_id(result.addresses, contact, "user_id");
    add_user_id(result.addresses, contact, "parent_user_id");
    const json& names = member(contact, "profile");
    result.name = text_at(names, "name");
    result.username = text_at(names, "username");
    if (result.username.starts_with('@')) result.username.erase(0, 1);
    return result;
}

bool has(const std::vector<address>& addresses, const address& wanted) {
    return std::ranges::find(addresses, wanted) != addresses.end();
}

bool has_kind(const std::vector<address>& addresses, address_kind kind) {
    return std::ranges::find(addresses, kind, &address::kind) != addresses.end();
}

/// The same person, by an address in common; phone numbers in any of their written variants.
bool is_same_person(const std::vector<address>& a, const std::vector<address>& b) {
    return std::ranges::any_of(a, [&](const address& left) {
        return std::ranges::any_of(b, [&](const address& right) {
            return left.kind == right.kind &&
                   storage::matching_form(left) == storage::matching_form(right);
        });
    });
}

/// One `value`, while it is walked.
struct change_reader {
    std::string phone_number_id;
    std::vector<profile> profiles;
    /// The one profile of a value with one message: it is the sender even if the message says
    /// nothing of them.
    bool one_to_one = false;
    webhook_body& out;

    void read_messages(const json& value);
    void read_message(const json& message);
    void complete_sender(inbound_message& message) const;
    void read_status(const json& status);
    void add_notice(const std::string& field, std::string_view kind, int error_code);
};

/// Adds what the sender's profile knows beyond the message itself. A BSUID that contradicts the
/// message's own is left out: two addresses named together are merged into one contact for good.
void change_reader::complete_sender(inbound_message& message) const {
    const auto found = std::ranges::find_if(profiles, [&](const profile& candidate) {
        return message.from.empty() ? one_to_one && message.group_id.empty()
                                    : is_same_person(candidate.addresses, message.from);
    });
    if (found == profiles.end()) return;
    message.username = found->username;
    message.profile_name =
        found->name.empty() && !found->username.empty() ? "@" + found->username : found->name;
    const std::vector<address> own = message.from;
    for (const address& also : found->addresses) {
        const bool contradicts = also.kind != address_kind::phone && has_kind(own, also.kind);
        if (!contradicts && !has(own, also)) message.from.push_back(also);
    }
}

std::vector<address> read_sender(const json& message) {
    std::vector<address> from;
    add_address(from, message, "from");
    add_user_id(from, message, "from_user_id");
    add_user_id(from, message, "from_parent_user_id");
    return from;
}

std::string read_wamid(const json& message) {
    std::string wamid = text_at(message, "id");
    if (!wamid.empty()) return wamid;
    const std::string bytes = message.dump(-1, ' ', false, json::error_handler_t::replace);
    return "missing." + sign_body(bytes, "wamid").substr(7);
}

/// The two addresses of a person whose number or user id changed, if the message names both.
std::optional<address_change> read_address_change(const json& message) {
    const json& system = member(message, "system");
    const std::string kind = text_at(system, "type");
    if (kind != "user_changed_number" && kind != "user_changed_user_id") return std::nullopt;
    address_change change;
    add_address(change.after, system, "wa_id");
    add_user_id(change.after, system, "user_id");
    add_user_id(change.after, system, "parent_user_id");
    change.before = read_sender(message);
    add_user_id(change.before, system, "previous_user_id");
    std::erase_if(change.before, [&](const address& old) { return has(change.after, old); });
    if (change.before.empty() || change.after.empty()) return std::nullopt;
    sort_addresses(change.before);
    sort_addresses(change.after);
    change.wamid = read_wamid(message);
    change.sent_ms = time_ms_at(message, "timestamp");
    return change;
}

void change_reader::read_message(const json& message) {
    const std::string type = text_at(message, "type");
    if (type == "system") {
        if (auto change = read_address_change(message)) {
            change->phone_number_id = phone_number_id;
            out.updates.emplace_back(*std::move(change));
            return;
        }
    }
    inbound_message result;
    result.phone_number_id = phone_number_id;
    result.wamid = read_wamid(message);
    result.type = clean_name(type);
    result.from = read_sender(message);
    result.sent_ms = time_ms_at(message, "timestamp");
    result.group_id = text_at(message, "group_id");
    // A system note has no sender's profile, and its `from` may be out of date.
    if (type != "system") complete_sender(result);
    sort_addresses(result.from);

    message_content content = read_content(message, result.type);
    result.what = std::move(content.what);
    result.body = std::move(content.body);
    const json& context = member(message, "context");
    result.reply_to_wamid = text_at(context, "id");
    if (result.reply_to_wamid.empty()) result.reply_to_wamid = std::move(content.about_wamid);
    result.forwarded = flag_at(context, "forwarded") || flag_at(context, "frequently_forwarded");
    const bool only_errors = type.empty() && !elements(message, "errors").empty();
    const bool silent = result.from.empty() || !result.group_id.empty() || only_errors;
    result.use = silent ? message_use::silent : content.use;
    out.updates.emplace_back(std::move(result));
}

void change_reader::read_messages(const json& value) {
    for (const json& contact : elements(value, "contacts")) {
        if (contact.is_object()) profiles.push_back(read_profile(contact));
    }
    const auto& messages = elements(value, "messages");
    one_to_one = profiles.size() == 1 && messages.size() == 1;
    for (const json& message : messages) {
        if (message.is_object()) {
            read_message(message);
        } else {
            ++out.unreadable;
        }
    }
}

std::optional<outbox_state> read_state(std::string_view status) {
    if (status == "sent") return outbox_state::sent;
    if (status == "delivered") return outbox_state::delivered;
    if (status == "read") return outbox_state::read;
    if (status == "played") return outbox_state::played;
    if (status == "failed") return outbox_state::failed;
    return std::nullopt;
}

/// Our own id comes back as the text that we sent; what anybody else put there is not an id.
std::optional<storage::outbox_id> read_outbox_id(const json& status) {
    const std::string text = text_at(status, "biz_opaque_callback_data");
    if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
    return integer_at(status, "biz_opaque_callback_data");
}

std::vector<address> read_recipient(const json& status) {
    std::vector<address> recipient;
    add_address(recipient, status, "recipient_id");
    add_user_id(recipient, status, "recipient_user_id");
    // Meta's pages and captures spell the parent in three ways.
    for (const std::string_view key :
         {"parent_recipient_user_id", "recipient_parent_user_id", "parent_user_id"}) {
        add_user_id(recipient, status, key);
    }
    sort_addresses(recipient);
    return recipient;
}

void change_reader::read_status(const json& status) {
    const auto state = read_state(text_at(status, "status"));
    if (!state) {
        add_notice("messages", "status", first_error_code(status));
        return;
    }
    delivery_status result;
    result.phone_number_id = phone_number_id;
    result.recipient = read_recipient(status);
    result.update.wamid = text_at(status, "id");
    result.update.outbox = read_outbox_id(status);
    result.update.state = *state;
    result.update.error_code = first_error_code(status);
    const json& pricing = member(status, "pricing");
    result.update.pricing_type = text_at(pricing, "type");
    result.update.pricing_category = text_at(pricing, "category");
    result.update.at_ms = time_ms_at(status, "timestamp");
    if (result.update.wamid.empty() && !result.update.outbox) {
        ++out.unreadable;
        return;
    }
    out.updates.emplace_back(std::move(result));
}

void change_reader::add_notice(const std::string& field, std::string_view kind, int error_code) {
    out.updates.emplace_back(notice{field, phone_number_id, std::string(kind), error_code});
}

void read_messages_change(const json& value, change_reader& reader) {
    const std::size_t before = reader.out.updates.size();
    const int unreadable_before = reader.out.unreadable;
    for (const json& error : elements(value, "errors")) {
        const auto code = integer_at(error, "code").value_or(0);
        reader.add_notice("messages", "error",
                          static_cast<int>(std::clamp<std::int64_t>(code, 0, 99'999'999)));
    }
    reader.read_messages(value);
    for (const json& status : elements(value, "statuses")) {
        if (status.is_object()) {
            reader.read_status(status);
        } else {
            ++reader.out.unreadable;
        }
    }
    for (std::size_t i = 0; i < elements(value, "user_actions").size(); ++i) {
        reader.add_notice("messages", "user_actions", 0);
    }
    if (reader.out.updates.size() == before && reader.out.unreadable == unreadable_before) {
        reader.add_notice("messages", "unknown", 0);
    }
}

void read_change(const json& change, webhook_body& out) {
    const json& value = member(change, "value");
    if (!value.is_object()) {
        ++out.unreadable;
        return;
    }
    change_reader reader{text_at(member(value, "metadata"), "phone_number_id"), {}, false, out};
    const json& field_value = member(change, "field");
    std::string field = clean_name(text_at(change, "field"));
    // Without a field's name its content tells.
    const bool nameless = !field_value.is_string();
    if (field == "messages" || nameless) {
        read_messages_change(value, reader);
        return;
    }
    if (field == "group_participant_update") field = "group_participants_update";
    // Meta's own example of this one carries the name of its neighbour.
    if (member(value, "new_quality_score").is_string()) field = "message_template_quality_update";
    const bool known = std::ranges::binary_search(known_fields, field);
    const auto& preferences = elements(value, "user_preferences");
    const std::size_t count = std::max<std::size_t>(preferences.size(), 1);
    for (std::size_t i = 0; i < count; ++i) {
        reader.add_notice(field, known ? field : "unknown", first_error_code(value));
    }
}

}  // namespace

std::expected<webhook_body, std::string> parse_webhook(std::string_view body) {
    if (body.size() > webhook_bytes_max) return std::unexpected("webhook body is too large");
    if (nests_deeper(body, webhook_depth_max)) {
        return std::unexpected("webhook body nests too deeply");
    }
    json document = json::parse(body, nullptr, false);
    // One broken emoji must not cost a batch of a thousand updates.
    if (document.is_discarded()) document = json::parse(repair_strings(body), nullptr, false);
    if (document.is_discarded()) return std::unexpected("webhook body is not JSON");
    if (!document.is_object()) return std::unexpected("webhook body is not a JSON object");
    webhook_body out;
    const json& entries = member(document, "entry");
    if (!entries.is_array() && !entries.is_null()) ++out.unreadable;
    for (const json& entry : elements(document, "entry")) {
        const json& changes = member(entry, "changes");
        if (!changes.is_array()) ++out.unreadable;
        for (const json& change : elements(entry, "changes"))
            read_change(change, out);
    }
    return out;
}

}  // namespace siwareng::bot
