#include "bot/sending/message.hpp"

#include "dialogs/channel_limits.hpp"
#include "dialogs/utf8.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace siwareng::bot {
namespace {

using dialogs::bubble;
using dialogs::button_title_max;
using dialogs::buttons_max;
using dialogs::list_label_max;
using dialogs::option;
using dialogs::row_description_max;
using dialogs::row_title_max;
using dialogs::text_body_max;
using dialogs::utf8_cut;
using dialogs::utf8_length;
using nlohmann::json;

// What stands in where a flow left empty what the Cloud API wants filled.
constexpr std::string_view default_list_label = "Pilih";
constexpr std::string_view default_text = "…";
constexpr std::string_view default_interactive_text = "Silakan pilih:";

std::string_view trimmed(std::string_view text) {
    static constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Titles and descriptions have one line.
std::string one_line(std::string_view text, std::size_t limit) {
    std::string line(trimmed(text));
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return utf8_cut(line, limit);
}

/// A message of which Meta takes the options as they are. Ids are never cut, as a tap would come
/// back with an id that nobody knows.
bool fits_interactive(const bubble& value) {
    if (value.options.empty() || value.options.size() > dialogs::list_rows_max) return false;
    if (utf8_length(value.text) > dialogs::interactive_body_max) return false;
    std::vector<std::string_view> ids;
    for (const option& each : value.options) {
        if (each.id.empty() || each.id.size() > dialogs::option_id_bytes_max) return false;
        ids.push_back(each.id);
    }
    std::ranges::sort(ids);
    return std::ranges::adjacent_find(ids) == ids.end();
}

/// The title of the option at `index`, for a human; never empty.
std::string title_of(const option& value, std::size_t index, std::size_t limit) {
    std::string title = one_line(value.title, limit);
    if (title.empty()) title = fmt::format("Pilihan {}", index + 1);
    return title;
}

json text_body(std::string_view text) {
    return {{"body", utf8_cut(trimmed(text).empty() ? default_text : text, text_body_max)},
            {"preview_url", false}};
}

/// Options that cannot be tapped become numbered lines: an answer may be typed as a number.
std::string numbered(const bubble& value) {
    std::string lines;
    for (std::size_t i = 0; i < value.options.size(); ++i) {
        lines += fmt::format("\n{}. {}", i + 1, title_of(value.options[i], i, row_title_max));
    }
    if (lines.empty()) return value.text;
    // The choices are what the citizen must see, so a text that is too long gives way to them.
    const std::size_t used = utf8_length(lines) + 1;
    const std::size_t left = used < text_body_max ? text_body_max - used : 1;
    return fmt::format("{}\n{}", utf8_cut(value.text, left), lines);
}

/// Meta refuses two buttons with one title: the second becomes "Title 2".
json buttons(const bubble& value) {
    json result = json::array();
    std::vector<std::string> taken;
    for (std::size_t i = 0; i < value.options.size(); ++i) {
        const option& each = value.options[i];
        std::string title = title_of(each, i, button_title_max);
        const std::string wanted = title;
        for (std::size_t n = i + 1; std::ranges::find(taken, title) != taken.end(); ++n) {
            const std::string suffix = fmt::format(" {}", n);
            title = utf8_cut(wanted, button_title_max - suffix.size()) + suffix;
        }
        taken.push_back(title);
        result.push_back({{"type", "reply"}, {"reply", {{"id", each.id}, {"title", title}}}});
    }
    return {{"buttons", std::move(result)}};
}

json list(const bubble& value) {
    json rows = json::array();
    for (std::size_t i = 0; i < value.options.size(); ++i) {
        const option& each = value.options[i];
        json row{{"id", each.id}, {"title", title_of(each, i, row_title_max)}};
        const std::string description = one_line(each.description, row_description_max);
        if (!description.empty()) row["description"] = description;
        rows.push_back(std::move(row));
    }
    const std::string label = one_line(value.list_label, list_label_max);
    // One section needs no title.
    return {{"button", label.empty() ? std::string(default_list_label) : label},
            {"sections", json::array({{{"rows", std::move(rows)}}})}};
}

json interactive_body(const bubble& value) {
    const bool as_buttons = value.options.size() <= buttons_max;
    const bool blank = trimmed(value.text).empty();
    return {{"type", as_buttons ? "button" : "list"},
            {"body", {{"text", blank ? default_interactive_text : std::string_view(value.text)}}},
            {"action", as_buttons ? buttons(value) : list(value)}};
}

/// Never throws: bytes that are not UTF-8 are replaced.
std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A text member; false if it is there and no text.
bool read_text(const json& object, const char* key, std::string& to) {
    const auto found = object.find(key);
    if (found == object.end()) return true;
    if (!found->is_string()) return false;
    to = found->get_ref<const std::string&>();
    return true;
}

std::expected<option, std::string> read_option(const json& value) {
    option result;
    if (!value.is_object() || !read_text(value, "id", result.id) ||
        !read_text(value, "title", result.title) ||
        !read_text(value, "description", result.description)) {
        return std::unexpected("bubble has an option that cannot be read");
    }
    return result;
}

}  // namespace

std::string to_json(const bubble& value) {
    json document{{"text", value.text}};
    if (!value.list_label.empty()) document["list_label"] = value.list_label;
    for (const option& each : value.options) {
        json element{{"id", each.id}, {"title", each.title}};
        if (!each.description.empty()) element["description"] = each.description;
        document["options"].push_back(std::move(element));
    }
    return dump(document);
}

std::expected<bubble, std::string> bubble_from_json(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object()) return std::unexpected("bubble is not a JSON object");
    bubble result;
    if (!document.contains("text") || !read_text(document, "text", result.text) ||
        !read_text(document, "list_label", result.list_label)) {
        return std::unexpected("bubble has no text that can be read");
    }
    const auto options = document.find("options");
    if (options == document.end()) return result;
    if (!options->is_array()) return std::unexpected("bubble has options that are no array");
    for (const json& element : *options) {
        auto each = read_option(element);
        if (!each) return std::unexpected(std::move(each.error()));
        result.options.push_back(*std::move(each));
    }
    return result;
}

std::string cloud_api_message(const bubble& value, const storage::address& to,
                              storage::outbox_id id) {
    json message{{"messaging_product", "whatsapp"},
                 {"recipient_type", "individual"},
                 {"biz_opaque_callback_data", std::to_string(id)}};
    if (to.kind == storage::address_kind::phone) {
        // Without "+" Meta would put the office's country code in front.
        message["to"] = to.value.starts_with('+') ? to.value : "+" + to.value;
    } else {
        message["recipient"] = to.value;
    }
    if (fits_interactive(value)) {
        message["type"] = "interactive";
        message["interactive"] = interactive_body(value);
    } else {
        message["type"] = "text";
        message["text"] = text_body(numbered(value));
    }
    return dump(message);
}

std::string plain_text(const bubble& value) {
    std::string result = value.text;
    for (std::size_t i = 0; i < value.options.size(); ++i) {
        const option& each = value.options[i];
        if (value.options.size() <= buttons_max) {
            result += fmt::format("\n[{}]", each.title);
        } else if (each.description.empty()) {
            result += fmt::format("\n({}) {}", i + 1, each.title);
        } else {
            result += fmt::format("\n({}) {} | {}", i + 1, each.title, each.description);
        }
    }
    return result;
}

std::string mark_read_message(std::string_view wamid) {
    return dump({{"messaging_product", "whatsapp"},
                 {"status", "read"},
                 {"message_id", wamid},
                 {"typing_indicator", {{"type", "text"}}}});
}

}  // namespace siwareng::bot
