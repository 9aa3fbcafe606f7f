#include "tools/emulator/send_request.hpp"

#include "tools/emulator/check.hpp"
#include "tools/emulator/encoding.hpp"
#include "tools/emulator/interactive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace siwareng::tools {
namespace {

// Cloud API, messages, limits of each type.
constexpr std::size_t text_max = 4096;
constexpr std::size_t caption_max = 1024;
constexpr std::size_t filename_max = 240;
constexpr std::size_t callback_max = 512;
constexpr std::size_t contacts_max = 5;
constexpr std::size_t name_max = 1000;
constexpr std::size_t wamid_max = 512;
constexpr std::size_t emoji_max = 16;
constexpr std::size_t template_name_max = 512;
constexpr std::size_t components_max = 20;
constexpr std::size_t parameters_max = 100;
constexpr std::size_t parameter_text_max = 1024;
constexpr std::size_t phone_digits_min = 7;
constexpr std::size_t phone_digits_max = 15;
constexpr std::size_t user_id_max = 128;

bool is_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// A text with a code of its own: the Graph API checks it before WhatsApp sees it.
void check_plain_length(check& in, const located& of, std::string_view key, std::size_t max) {
    if (!in.has(of, key)) return;
    const auto* const value = (*of.value)[key].get_ptr<const std::string*>();
    const std::string path =
        of.path.empty() ? std::string(key) : fmt::format("{}['{}']", of.path, key);
    if (value == nullptr) {
        in.report(invalid_parameter(fmt::format("Param {} must be a string.", path)));
    } else if (characters(*value) > max) {
        in.report(invalid_parameter(
            fmt::format("Param {} must be at most {} characters long.", path, max)));
    }
}

void check_text(check& in, const located& text) {
    check_plain_length(in, text, "body", text_max);
    in.text(text, "body", {.min = 1, .max = text_max});
    in.boolean_if_present(text, "preview_url");
}

void check_media(check& in, const located& media, send_request& out) {
    check_media_source(in, media, out.type, out.media);
    const bool captioned = out.type != "audio" && out.type != "sticker";
    if (captioned) {
        check_plain_length(in, media, "caption", caption_max);
    } else if (in.has(media, "caption")) {
        in.report(bad_value(media.path + "['caption'] is not allowed for this type"));
    }
    if (out.type == "document") in.optional_text(media, "filename", filename_max);
    if (out.type == "audio") in.boolean_if_present(media, "voice");
}

void check_location(check& in, const located& location) {
    in.number(location, "latitude", -90, 90);
    in.number(location, "longitude", -180, 180);
    in.optional_text(location, "name", name_max);
    in.optional_text(location, "address", name_max);
}

void check_contacts(check& in, const located& body) {
    const located contacts = in.array(body, "contacts", 1, contacts_max);
    for (std::size_t i = 0; in.ok() && i < contacts.value->size(); ++i) {
        const located name = in.object(in.element(contacts, i), "name");
        in.text(name, "formatted_name", {.min = 1, .max = name_max});
    }
}

void check_reaction(check& in, const located& reaction, send_request& out) {
    out.reaction_to = in.text(reaction, "message_id", {.min = 1, .max = wamid_max});
    in.text(reaction, "emoji", {.min = 0, .max = emoji_max});
}

/// Template texts may not break the line, nor have more than four spaces in a row.
bool fits_template(std::string_view text) {
    return text.find_first_of("\n\t") == std::string_view::npos && !text.contains("     ");
}

void check_parameter(check& in, const located& parameter, send_request& out) {
    const std::string type = in.one_of(
        parameter, "type",
        {"text", "currency", "date_time", "image", "video", "document", "location", "payload",
         "action", "coupon_code", "product", "limited_time_offer", "order_status"});
    if (type == "text") {
        const std::string text = in.text(parameter, "text", {.min = 1, .max = parameter_text_max});
        if (!fits_template(text)) {
            in.report({.code = 132018,
                       .message = std::string(graph_message(132018)),
                       .details = "Param text cannot have new-line/tab characters or more than 4 "
                                  "consecutive spaces"});
        }
    } else if (type == "image" || type == "video" || type == "document") {
        check_media_source(in, in.object(parameter, type), type, out.media);
    } else if (type == "currency") {
        const located currency = in.object(parameter, type);
        in.text(currency, "fallback_value", {.min = 1, .max = parameter_text_max});
        in.text(currency, "code", {.min = 3, .max = 3});
        in.need(currency, "amount_1000");
    } else if (type == "date_time") {
        in.text(in.object(parameter, type), "fallback_value",
                {.min = 1, .max = parameter_text_max});
    } else if (!type.empty()) {
        in.need(parameter, type);
    }
}

void check_component(check& in, const located& component, send_request& out) {
    const std::string type = in.one_of(
        component, "type",
        {"header", "body", "footer", "button", "carousel", "limited_time_offer", "order_status"});
    if (type == "button") {
        in.one_of(component, "sub_type",
                  {"quick_reply", "url", "flow", "catalog", "copy_code", "mpm", "voice_call",
                   "order_details", "reminder", "request_contact_info"});
        in.number(component, "index", 0, 9);
    }
    if (!in.has(component, "parameters")) return;
    const located parameters = in.array(component, "parameters", 0, parameters_max);
    for (std::size_t i = 0; in.ok() && i < parameters.value->size(); ++i) {
        check_parameter(in, in.element(parameters, i), out);
    }
}

void check_template(check& in, const located& tpl, send_request& out) {
    out.template_name = in.text(tpl, "name", {.min = 1, .max = template_name_max});
    in.text(in.object(tpl, "language"), "code", {.min = 2, .max = 15});
    if (!in.has(tpl, "components")) return;
    const located components = in.array(tpl, "components", 0, components_max);
    for (std::size_t i = 0; in.ok() && i < components.value->size(); ++i) {
        check_component(in, in.element(components, i), out);
    }
}

/// The digits that a number means for the API: without "+", the business's own country is assumed.
std::string normalised_phone(std::string_view input, const std::string& country_code) {
    std::string digits;
    for (const char c : input) {
        if (std::string_view(" -()+").contains(c)) continue;
        digits += c;
    }
    const bool international = input.starts_with('+') || digits.starts_with(country_code);
    return international ? digits : country_code + digits;
}

bool is_user_id(std::string_view text) {
    const auto dot = text.find('.');
    return dot == 2 && text.size() > 3 && text.size() <= user_id_max + 7;
}

void check_recipient(check& in, const located& body, const send_rules& rules, send_request& out) {
    if (in.has(body, "recipient_type")) {
        in.one_of(body, "recipient_type", {"individual"});
    }
    // If both are there, `to` wins.
    if (in.has(body, "to") || !in.has(body, "recipient")) {
        out.to_input = in.text(body, "to", {.min = 1, .max = user_id_max});
        out.to = normalised_phone(out.to_input, rules.country_code);
        const bool plausible = is_digits(out.to) && out.to.size() >= phone_digits_min &&
                               out.to.size() <= phone_digits_max;
        if (in.ok() && !plausible) {
            in.report(bad_value("Param to is not a valid phone number"));
        }
        if (in.ok() && out.to == rules.own_number) {
            in.report({.code = 131021,
                       .message = std::string(graph_message(131021)),
                       .details = "Please enter a phone number different from the sender's"});
        }
        return;
    }
    out.to_input = in.text(body, "recipient", {.min = 1, .max = user_id_max + 7});
    out.to = out.to_input;
    out.to_user_id = true;
    if (in.ok() && !is_user_id(out.to)) {
        in.report(bad_value("Param recipient is not a valid business-scoped user id"));
    }
}

void check_receipt(check& in, const located& body, send_request& out) {
    out.is_receipt = true;
    in.one_of(body, "status", {"read"});
    out.read_wamid = in.text(body, "message_id", {.min = 1, .max = wamid_max});
    if (in.has(body, "typing_indicator")) {
        in.one_of(in.object(body, "typing_indicator"), "type", {"text"});
        out.typing = true;
    }
}

void check_content(check& in, const located& body, send_request& out) {
    out.type = in.has(body, "type")
                   ? in.one_of(body, "type",
                               {"text", "image", "video", "audio", "document", "sticker",
                                "location", "contacts", "interactive", "reaction", "template"})
                   : "text";
    if (!in.ok()) return;
    if (out.type == "contacts") {
        check_contacts(in, body);
        return;
    }
    const located content = in.object(body, out.type);
    if (!in.ok()) return;
    if (out.type == "text") {
        check_text(in, content);
    } else if (out.type == "location") {
        check_location(in, content);
    } else if (out.type == "interactive") {
        check_interactive(in, content, out.media);
    } else if (out.type == "reaction") {
        check_reaction(in, content, out);
    } else if (out.type == "template") {
        check_template(in, content, out);
    } else {
        check_media(in, content, out);
    }
}

}  // namespace

std::expected<send_request, graph_error> read_send_request(const nlohmann::json& body,
                                                           const send_rules& rules) {
    if (!body.is_object()) {
        return std::unexpected(invalid_parameter("The body must be a JSON object."));
    }
    check in;
    send_request out;
    const located root{&body, {}};
    in.one_of(root, "messaging_product", {"whatsapp"});
    if (in.has(root, "status")) {
        check_receipt(in, root, out);
    } else {
        check_recipient(in, root, rules, out);
        check_plain_length(in, root, "biz_opaque_callback_data", callback_max);
        if (in.has(root, "biz_opaque_callback_data")) {
            out.callback = body["biz_opaque_callback_data"].get<std::string>();
        }
        check_content(in, root, out);
        if (in.has(root, "context")) {
            in.text(in.object(root, "context"), "message_id", {.min = 1, .max = wamid_max});
            if (in.ok() && out.type == "reaction") {
                in.report(bad_value("Param context is not allowed for reactions"));
            }
        }
    }
    if (!in.ok()) return std::unexpected(*in.problem());
    out.message = body;
    return out;
}

}  // namespace siwareng::tools
