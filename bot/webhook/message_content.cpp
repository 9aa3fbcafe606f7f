#include "bot/webhook/message_content.hpp"

#include "bot/webhook/json_read.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace siwareng::bot {
namespace {

using nlohmann::json;

constexpr int form_depth_max = 16;

message_content unusable(std::string_view type, std::string body) {
    return {dialogs::other_event{std::string(type)}, std::move(body), message_use::turn, {}};
}

message_content silent(std::string_view type, std::string body, std::string about) {
    return {dialogs::other_event{std::string(type)}, std::move(body), message_use::silent,
            std::move(about)};
}

message_content text_content(std::string text) {
    std::string body = text;
    return {dialogs::text_event{std::move(text), {}}, std::move(body), message_use::turn, {}};
}

/// "[foto]", or "[foto] caption".
std::string labelled(std::string_view label, std::string_view text) {
    return text.empty() ? fmt::format("[{}]", label) : fmt::format("[{}] {}", label, text);
}

/// Joins what is not empty.
std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string result;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!result.empty()) result += separator;
        result += part;
    }
    return result;
}

message_content read_text(const json& message, std::string_view type) {
    std::string text = text_at(member(message, type), "body");
    if (text.empty()) return unusable(type, "[pesan kosong]");
    return text_content(std::move(text));
}

std::string_view media_label(std::string_view kind) {
    if (kind == "image") return "foto";
    if (kind == "voice") return "pesan suara";
    if (kind == "document") return "dokumen";
    if (kind == "sticker") return "stiker";
    return kind;  // "video" and "audio" are the same words in Indonesian
}

message_content read_media(const json& message, std::string_view type) {
    const json& media = member(message, type);
    const bool voice = type == "voice" || flag_at(media, "voice");
    dialogs::media_event event{voice ? "voice" : std::string(type), text_at(media, "id"),
                               text_at(media, "mime_type"), text_at(media, "caption"),
                               text_at(media, "filename")};
    std::string body =
        labelled(media_label(event.kind), joined({event.filename, event.caption}, ": "));
    // Too big for Meta, or not fetched: there is nothing that a flow could keep.
    if (event.media_id.empty()) return unusable(event.kind, std::move(body));
    return {std::move(event), std::move(body), message_use::turn, {}};
}

message_content read_location(const json& message, std::string_view type) {
    const json& location = member(message, type);
    const auto latitude = number_at(location, "latitude");
    const auto longitude = number_at(location, "longitude");
    if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) {
        return unusable(type, "[lokasi]");
    }
    dialogs::location_event event{*latitude, *longitude, text_at(location, "name"),
                                  text_at(location, "address")};
    std::string body = labelled(
        "lokasi",
        joined({fmt::format("{}, {}", event.latitude, event.longitude), event.name, event.address},
               ", "));
    return {std::move(event), std::move(body), message_use::turn, {}};
}

message_content read_contacts(const json& message, std::string_view type) {
    std::vector<std::string> names;
    for (const json& card : elements(message, type)) {
        std::string name = text_at(member(card, "name"), "formatted_name");
        const auto& phones = elements(card, "phones");
        if (name.empty() && !phones.empty()) name = text_at(phones.front(), "phone");
        names.push_back(std::move(name));
    }
    return unusable(type, labelled("kontak", joined(names, ", ")));
}

message_content read_order(const json& message, std::string_view type) {
    const json& order = member(message, type);
    const std::size_t items = elements(order, "product_items").size();
    return unusable(
        type, labelled("pesanan",
                       joined({fmt::format("{} barang", items), text_at(order, "text")}, ": ")));
}

/// A tap carries what we put into the option. Without that it is as good as its title in words.
message_content read_tap(std::string_view type, std::string id, std::string title) {
    if (id.empty() && title.empty()) return unusable(type, "[tombol]");
    if (id.empty()) return text_content(std::move(title));
    std::string body = title.empty() ? "[tombol]" : title;
    return {dialogs::tap_event{std::move(id), std::move(title), {}},
            std::move(body),
            message_use::turn,
            {}};
}

/// The quick reply of a template.
message_content read_button(const json& message, std::string_view type) {
    const json& button = member(message, type);
    return read_tap(type, text_at(button, "payload"), text_at(button, "text"));
}

/// `response_json` is text that should hold an object, but may hold anything.
std::string form_answers(const std::string& text) {
    if (nests_deeper(text, form_depth_max)) return {};
    const json answers = json::parse(text, nullptr, false);
    if (!answers.is_object()) return {};
    std::vector<std::string> lines;
    for (const auto& [key, value] : answers.items()) {
        if (key == "flow_token") continue;
        const std::string answer =
            value.is_boolean() ? (value.get<bool>() ? "ya" : "tidak") : text_at(answers, key);
        if (!answer.empty()) lines.push_back(fmt::format("{}: {}", key, answer));
    }
    return joined(lines, "\n");
}

message_content read_interactive(const json& message, std::string_view type) {
    const json& interactive = member(message, type);
    const std::string kind = text_at(interactive, "type");
    const json& reply = member(interactive, kind);
    if (kind == "button_reply" || kind == "list_reply") {
        return read_tap(type, text_at(reply, "id"), text_at(reply, "title"));
    }
    if (kind == "nfm_reply") {
        const std::string answers = form_answers(text_at(reply, "response_json"));
        return unusable(kind, labelled("formulir", answers));
    }
    // The citizen answers a question of the telephone, not one of ours.
    if (kind == "call_permission_reply") return silent(kind, "[izin panggilan]", {});
    return unusable(type, "[pesan interaktif]");
}

message_content read_reaction(const json& message, std::string_view type) {
    const json& reaction = member(message, type);
    const std::string emoji = text_at(reaction, "emoji");
    return silent(type, emoji.empty() ? "[reaksi dihapus]" : labelled("reaksi", emoji),
                  text_at(reaction, "message_id"));
}

message_content read_system(const json& message, std::string_view type) {
    return silent(type, labelled("sistem", text_at(member(message, type), "body")), {});
}

message_content read_edit(const json& message, std::string_view type) {
    const json& edit = member(message, type);
    const json& changed = member(edit, "message");
    const std::string changed_type = text_at(changed, "type");
    const std::string body =
        changed_type.empty() ? std::string() : read_content(changed, changed_type).body;
    return silent(type, labelled("pesan diubah", body), text_at(edit, "original_message_id"));
}

message_content read_revoke(const json& message, std::string_view type) {
    return silent(type, "[pesan dihapus]", text_at(member(message, type), "original_message_id"));
}

/// What the citizen did to a message is no message, even where Meta cannot describe it.
bool is_no_message(std::string_view unsupported_type) {
    static constexpr auto types = std::to_array<std::string_view>(
        {"edit", "keep_in_chat", "pin", "poll_update", "reaction", "revoke"});
    return std::ranges::find(types, unsupported_type) != types.end();
}

message_content read_unsupported(const json& message, std::string_view type) {
    static constexpr int unsupported_in_group = 130501;
    const std::string kind = text_at(member(message, "unsupported"), "type");
    std::string body = labelled("pesan tidak didukung", kind);
    if (is_no_message(kind) || first_error_code(message) == unsupported_in_group) {
        return silent(type, std::move(body), {});
    }
    return unusable(type, std::move(body));
}

struct type_reader {
    std::string_view type;
    message_content (*read)(const json& message, std::string_view type);
};

constexpr auto readers = std::to_array<type_reader>({
    {"text", read_text},
    {"interactive", read_interactive},
    {"button", read_button},
    {"image", read_media},
    {"video", read_media},
    {"audio", read_media},
    {"voice", read_media},
    {"document", read_media},
    {"sticker", read_media},
    {"location", read_location},
    {"contacts", read_contacts},
    {"order", read_order},
    {"reaction", read_reaction},
    {"system", read_system},
    {"edit", read_edit},
    {"revoke", read_revoke},
    {"unsupported", read_unsupported},
    {"unknown", read_unsupported},
});

}  // namespace

message_content read_content(const json& message, std::string_view type) {
    const auto* const found = std::ranges::find(readers, type, &type_reader::type);
    if (found != readers.end()) return found->read(message, type);
    return unusable(type, labelled("pesan", type));
}

}  // namespace siwareng::bot
