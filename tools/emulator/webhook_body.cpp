#include "tools/emulator/webhook_body.hpp"

#include <fmt/format.h>

#include <utility>

namespace siwareng::tools {
namespace {

using nlohmann::json;

json contact_of(const webhook_person& person, bool with_username) {
    json profile = json::object();
    if (!person.name.empty()) profile["name"] = person.name;
    if (with_username && !person.username.empty()) profile["username"] = person.username;
    json contact{{"profile", std::move(profile)}};
    // A hidden number is absent, not empty.
    if (!person.wa_id.empty()) contact["wa_id"] = person.wa_id;
    if (!person.user_id.empty()) contact["user_id"] = person.user_id;
    return contact;
}

std::string escaped(const json& body) {
    const std::string ascii = body.dump(-1, ' ', true);
    std::string out;
    out.reserve(ascii.size() + ascii.size() / 16);
    for (const char c : ascii) {
        // A slash can only stand inside a string.
        if (c == '/') out += '\\';
        out += c;
    }
    return out;
}

std::string envelope(const business_number& number, json value) {
    value["messaging_product"] = "whatsapp";
    value["metadata"] = {{"display_phone_number", number.display_phone},
                         {"phone_number_id", number.phone_number_id}};
    return escaped(
        {{"object", "whatsapp_business_account"},
         {"entry", json::array({{{"id", number.account_id},
                                 {"changes", json::array({{{"field", "messages"},
                                                           {"value", std::move(value)}}})}}})}});
}

}  // namespace

std::string message_webhook(const business_number& to, const webhook_person& from,
                            const json& message) {
    return envelope(to, {{"contacts", json::array({contact_of(from, true)})},
                         {"messages", json::array({message})}});
}

std::string status_webhook(const business_number& of, const webhook_person& recipient,
                           const webhook_status& status) {
    json element{{"id", status.wamid},
                 {"status", status.status},
                 {"timestamp", fmt::format("{}", status.at_ms / 1000)}};
    const bool failed = status.status == "failed";
    if (!recipient.wa_id.empty()) element["recipient_id"] = recipient.wa_id;
    // A failed status names the user id only where the message was sent to one.
    if (!recipient.user_id.empty() && (!failed || status.sent_to_user_id)) {
        element["recipient_user_id"] = recipient.user_id;
    }
    if (!status.callback.empty()) element["biz_opaque_callback_data"] = status.callback;
    if (!status.pricing_category.empty()) {
        element["pricing"] = {{"billable", true},
                              {"pricing_model", "PMP"},
                              {"type", "regular"},
                              {"category", status.pricing_category}};
    }
    if (failed) {
        element["errors"] = json::array({{{"code", status.error.code},
                                          {"title", status.error.message},
                                          {"message", status.error.message},
                                          {"error_data", {{"details", status.error.details}}}}});
    }
    json value{{"statuses", json::array({std::move(element)})}};
    if (!failed) {
        value["contacts"] = json::array({contact_of(recipient, status.status != "sent")});
    }
    return envelope(of, std::move(value));
}

}  // namespace siwareng::tools
