#include "tools/emulator/citizen_message.hpp"

#include "tools/emulator/encoding.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace siwareng::tools {
namespace {

using nlohmann::json;
using result = std::expected<json, std::string>;

/// A grey square of 1 by 1: a picture for those who have none at hand.
constexpr std::string_view tiny_png_base64 =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg"
    "==";

struct media_form {
    std::string_view type;          ///< of the short form
    std::string_view message_type;  ///< of the message
    std::string_view mime_type;     ///< where none is given
};

constexpr std::array media_forms{
    media_form{"image", "image", "image/png"},
    media_form{"video", "video", "video/mp4"},
    media_form{"audio", "audio", "audio/mpeg"},
    media_form{"voice", "audio", "audio/ogg; codecs=opus"},
    media_form{"document", "document", "application/pdf"},
    media_form{"sticker", "sticker", "image/webp"},
};

std::string text_of(const json& form, const char* key, std::string_view otherwise = {}) {
    const auto found = form.find(key);
    if (found == form.end() || !found->is_string()) return std::string(otherwise);
    return found->get<std::string>();
}

std::expected<std::string, std::string> media_bytes(const json& form, std::string_view type) {
    const auto data = form.find("data");
    if (data == form.end()) {
        if (type == "image") return *base64_decode(tiny_png_base64);
        return fmt::format("a {} without content", type);
    }
    if (!data->is_string()) return std::unexpected("'data' must be base64");
    auto bytes = base64_decode(data->get<std::string>());
    if (!bytes) return std::unexpected("'data' must be base64");
    return std::move(*bytes);
}

result media_message(const json& form, const media_form& kind, const message_surroundings& around) {
    auto bytes = media_bytes(form, kind.type);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const media_file& file = around.keep({.mime_type = text_of(form, "mime_type", kind.mime_type),
                                          .filename = text_of(form, "filename"),
                                          .bytes = std::move(*bytes),
                                          .from_citizen = true});
    json media{{"id", file.id},
               {"mime_type", file.mime_type},
               {"sha256", base64_encode(file.digest)},
               {"url", around.address_of(file)}};
    if (const auto caption = text_of(form, "caption"); !caption.empty()) {
        media["caption"] = caption;
    }
    if (kind.message_type == "audio") media["voice"] = kind.type == "voice";
    if (kind.type == "sticker") media["animated"] = false;
    if (kind.type == "document") media["filename"] = text_of(form, "filename", "dokumen.pdf");
    return json{{"type", kind.message_type}, {kind.message_type, std::move(media)}};
}

result tap_message(const json& form, const message_surroundings& around) {
    const std::string id = text_of(form, "id");
    if (id.empty()) return std::unexpected("a tap needs the 'id' of a button or row");
    // Title, kind and context may be left out: they are known from what the business sent.
    const json option = around.find_option(id);
    const std::string kind = text_of(form, "kind", text_of(option, "kind", "button"));
    const std::string title = text_of(form, "title", text_of(option, "title", id));
    json message{{"type", "interactive"}};
    if (kind == "button") {
        message["interactive"] = {{"type", "button_reply"},
                                  {"button_reply", {{"id", id}, {"title", title}}}};
    } else if (kind == "list") {
        json reply{{"id", id}, {"title", title}};
        const std::string description =
            text_of(form, "description", text_of(option, "description"));
        if (!description.empty()) reply["description"] = description;
        message["interactive"] = {{"type", "list_reply"}, {"list_reply", std::move(reply)}};
    } else if (kind == "template") {
        message = {{"type", "button"}, {"button", {{"payload", id}, {"text", title}}}};
    } else {
        return std::unexpected("the 'kind' of a tap is button, list or template");
    }
    if (const std::string wamid = text_of(option, "wamid"); !wamid.empty()) {
        message["context"] = {{"from", around.business_phone}, {"id", wamid}};
    }
    return message;
}

result location_message(const json& form) {
    const auto latitude = form.find("latitude");
    const auto longitude = form.find("longitude");
    const bool numbers = latitude != form.end() && latitude->is_number() &&
                         longitude != form.end() && longitude->is_number();
    if (!numbers) return std::unexpected("a location needs the numbers latitude and longitude");
    json location{{"latitude", *latitude}, {"longitude", *longitude}};
    for (const char* key : {"name", "address", "url"}) {
        if (const auto text = text_of(form, key); !text.empty()) location[key] = text;
    }
    return json{{"type", "location"}, {"location", std::move(location)}};
}

json contacts_message(const json& form) {
    if (const auto list = form.find("contacts"); list != form.end()) {
        return {{"type", "contacts"}, {"contacts", *list}};
    }
    const std::string name = text_of(form, "name", "Warga Contoh");
    const std::string phone = text_of(form, "phone", "+6281200000000");
    return {{"type", "contacts"},
            {"contacts",
             json::array({{{"name", {{"formatted_name", name}, {"first_name", name}}},
                           {"phones", json::array({{{"phone", phone}, {"type", "CELL"}}})}}})}};
}

result reaction_message(const json& form) {
    const std::string target = text_of(form, "message_id");
    if (target.empty()) return std::unexpected("a reaction needs the 'message_id' of a message");
    json reaction{{"message_id", target}};
    // A reaction that is taken back has no emoji.
    if (const auto emoji = text_of(form, "emoji"); !emoji.empty()) reaction["emoji"] = emoji;
    return json{{"type", "reaction"}, {"reaction", std::move(reaction)}};
}

json unsupported_message(const json& form) {
    return {{"type", "unsupported"},
            {"errors",
             json::array(
                 {{{"code", 131051},
                   {"title", "Message type unknown"},
                   {"message", "Message type unknown"},
                   {"error_data", {{"details", "Message type is currently not supported."}}}}})},
            {"unsupported", {{"type", text_of(form, "unsupported_type", "poll_creation")}}}};
}

result content_of(const json& form, const message_surroundings& around) {
    const std::string type = text_of(form, "type");
    for (const media_form& kind : media_forms) {
        if (kind.type == type) return media_message(form, kind, around);
    }
    if (type == "text") {
        if (!form.contains("text") || !form["text"].is_string()) {
            return std::unexpected("a text message needs a 'text'");
        }
        return json{{"type", "text"}, {"text", {{"body", form["text"]}}}};
    }
    if (type == "tap") return tap_message(form, around);
    if (type == "location") return location_message(form);
    if (type == "contacts") return contacts_message(form);
    if (type == "reaction") return reaction_message(form);
    if (type == "unsupported") return unsupported_message(form);
    return std::unexpected(fmt::format(
        "the 'type' '{}' is none of text, tap, image, video, audio, voice, document, sticker, "
        "location, contacts, reaction, unsupported; anything else goes as 'raw'",
        type));
}

}  // namespace

std::expected<json, std::string> citizen_message(const json& form,
                                                 const message_surroundings& around) {
    if (!form.is_object()) return std::unexpected("the body must be a JSON object");
    const auto raw = form.find("raw");
    if (raw != form.end() && !raw->is_object()) {
        return std::unexpected("'raw' must be a message object");
    }
    result made = raw != form.end() ? result(*raw) : content_of(form, around);
    if (!made) return made;
    json& message = *made;
    // A test of odd messages wants nothing added.
    const auto as_is = form.find("as_is");
    if (as_is != form.end() && *as_is == true) return made;
    // A raw message may overrule each of these, but need not repeat them.
    if (!message.contains("id")) message["id"] = around.wamid;
    if (!message.contains("timestamp")) {
        message["timestamp"] = fmt::format("{}", around.now_ms / 1000);
    }
    if (!message.contains("from") && !around.wa_id.empty()) message["from"] = around.wa_id;
    if (!message.contains("from_user_id") && !around.user_id.empty()) {
        message["from_user_id"] = around.user_id;
    }
    if (const std::string reply_to = text_of(form, "reply_to"); !reply_to.empty()) {
        message["context"] = {{"from", around.business_phone}, {"id", reply_to}};
    }
    return made;
}

}  // namespace siwareng::tools
