#include "tools/emulator/interactive.hpp"

#include <fmt/format.h>

#include <set>
#include <string>

namespace siwareng::tools {
namespace {

// Cloud API, messages, limits of interactive messages.
constexpr std::size_t body_max = 1024;
constexpr std::size_t footer_max = 60;
constexpr std::size_t header_text_max = 60;
constexpr std::size_t buttons_max = 3;
constexpr std::size_t button_id_max = 256;
constexpr std::size_t button_title_max = 20;
constexpr std::size_t list_label_max = 20;
constexpr std::size_t sections_max = 10;
constexpr std::size_t section_title_max = 24;
constexpr std::size_t rows_max = 10;
constexpr std::size_t row_id_max = 200;
constexpr std::size_t row_title_max = 24;
constexpr std::size_t row_description_max = 72;
constexpr std::size_t cta_text_max = 20;
constexpr std::size_t flow_cta_max = 30;
constexpr std::size_t cards_min = 2;
constexpr std::size_t cards_max = 10;
constexpr std::size_t id_max = 512;
constexpr std::size_t url_max = 2000;

/// Reports a value that was seen before.
void unique(check& in, std::set<std::string>& seen, const std::string& value,
            std::string_view what) {
    if (in.ok() && !seen.insert(value).second) {
        in.report(bad_value(fmt::format("Duplicated {}: {}", what, value)));
    }
}

enum class header_use { none, text_only, visual, any };

void check_header(check& in, const located& interactive, header_use use,
                  std::vector<media_reference>& media) {
    if (!in.has(interactive, "header")) return;
    if (use == header_use::none) {
        in.report(bad_value(interactive.path + "['header'] is not allowed for this type"));
        return;
    }
    const located header = in.object(interactive, "header");
    std::string type;
    switch (use) {
        case header_use::text_only:
            type = in.one_of(header, "type", {"text"});
            break;
        case header_use::visual:
            type = in.one_of(header, "type", {"image", "video"});
            break;
        default:
            type = in.one_of(header, "type", {"text", "image", "video", "document"});
            break;
    }
    if (type == "text") {
        in.text(header, "text", {.min = 1, .max = header_text_max});
    } else if (!type.empty()) {
        check_media_source(in, in.object(header, type), type, media);
    }
}

void check_body(check& in, const located& interactive) {
    in.text(in.object(interactive, "body"), "text", {.min = 1, .max = body_max});
}

void check_footer(check& in, const located& interactive) {
    if (!in.has(interactive, "footer")) return;
    in.text(in.object(interactive, "footer"), "text", {.min = 1, .max = footer_max});
}

void check_buttons(check& in, const located& action) {
    const located buttons = in.array(action, "buttons", 1, buttons_max);
    std::set<std::string> ids;
    std::set<std::string> titles;
    for (std::size_t i = 0; in.ok() && i < buttons.value->size(); ++i) {
        const located button = in.element(buttons, i);
        in.one_of(button, "type", {"reply"});
        const located reply = in.object(button, "reply");
        unique(in, ids, in.text(reply, "id", {.min = 1, .max = button_id_max}), "button id");
        unique(in, titles, in.text(reply, "title", {.min = 1, .max = button_title_max}),
               "button title");
    }
}

void check_list(check& in, const located& action) {
    in.text(action, "button", {.min = 1, .max = list_label_max});
    const located sections = in.array(action, "sections", 1, sections_max);
    std::set<std::string> ids;
    std::size_t rows_seen = 0;
    for (std::size_t i = 0; in.ok() && i < sections.value->size(); ++i) {
        const located section = in.element(sections, i);
        if (sections.value->size() > 1) {
            in.text(section, "title", {.min = 1, .max = section_title_max});
        } else {
            in.optional_text(section, "title", section_title_max);
        }
        const located rows = in.array(section, "rows", 1, rows_max);
        for (std::size_t k = 0; in.ok() && k < rows.value->size(); ++k) {
            const located row = in.element(rows, k);
            unique(in, ids, in.text(row, "id", {.min = 1, .max = row_id_max}), "row id");
            in.text(row, "title", {.min = 1, .max = row_title_max});
            in.optional_text(row, "description", row_description_max);
        }
        rows_seen += in.ok() ? rows.value->size() : 0;
    }
    if (rows_seen > rows_max) {
        in.report(bad_value(fmt::format("Total row count exceed max allowed count: {}", rows_max)));
    }
}

void check_cta_url(check& in, const located& action) {
    in.one_of(action, "name", {"cta_url"});
    const located parameters = in.object(action, "parameters");
    in.text(parameters, "display_text", {.min = 1, .max = cta_text_max});
    in.url(parameters, "url", url_max);
}

void check_flow(check& in, const located& action) {
    in.one_of(action, "name", {"flow"});
    const located parameters = in.object(action, "parameters");
    in.one_of(parameters, "flow_message_version", {"3"});
    in.text(parameters, "flow_cta", {.min = 1, .max = flow_cta_max});
    if (in.has(parameters, "flow_action")) {
        in.one_of(parameters, "flow_action", {"navigate", "data_exchange"});
    }
    if (in.ok() && in.has(parameters, "flow_id") == in.has(parameters, "flow_name")) {
        in.report(missing_parameter("Exactly one of flow_id and flow_name is required."));
    }
}

void check_carousel(check& in, const located& action, std::vector<media_reference>& media) {
    const located cards = in.array(action, "cards", cards_min, cards_max);
    for (std::size_t i = 0; in.ok() && i < cards.value->size(); ++i) {
        const located card = in.element(cards, i);
        in.number(card, "card_index", 0, cards_max - 1);
        in.need(card, "header");
        check_header(in, card, header_use::visual, media);
        check_cta_url(in, in.object(card, "action"));
    }
}

/// Types whose action is only named, or whose content belongs to a catalogue that is not emulated.
void check_simple(check& in, const std::string& type, const located& action) {
    if (type == "location_request_message") in.one_of(action, "name", {"send_location"});
    if (type == "request_contact_info") in.one_of(action, "name", {"request_contact_info"});
    if (type == "call_permission_request") in.one_of(action, "name", {"call_permission_request"});
    if (type == "catalog_message") in.one_of(action, "name", {"catalog_message"});
    if (type == "address_message") in.one_of(action, "name", {"address_message"});
    if (type == "product" || type == "product_list") {
        in.text(action, "catalog_id", {.min = 1, .max = id_max});
    }
    if (type == "product") in.text(action, "product_retailer_id", {.min = 1, .max = id_max});
    if (type == "product_list") in.array(action, "sections", 1, sections_max);
}

}  // namespace

void check_media_source(check& in, const located& media, const std::string& kind,
                        std::vector<media_reference>& found) {
    const bool by_id = in.has(media, "id");
    const bool by_link = in.has(media, "link");
    if (!in.ok()) return;
    if (!by_id && !by_link) {
        in.report(missing_parameter(
            fmt::format("One of {0}['id'] and {0}['link'] is required.", media.path)));
    } else if (by_id && by_link) {
        in.report(bad_value(
            fmt::format("Only one of {0}['id'] and {0}['link'] is allowed.", media.path)));
    } else if (by_link) {
        in.url(media, "link", url_max);
    } else {
        found.push_back({.id = in.text(media, "id", {.min = 1, .max = id_max}),
                         .kind = kind,
                         .path = media.path + "['id']"});
    }
}

void check_interactive(check& in, const located& interactive, std::vector<media_reference>& media) {
    const std::string type =
        in.one_of(interactive, "type",
                  {"button", "list", "cta_url", "location_request_message", "flow", "carousel",
                   "request_contact_info", "call_permission_request", "product", "product_list",
                   "catalog_message", "address_message", "order_details", "order_status"});
    if (!in.ok()) return;
    if (type == "carousel") {
        check_header(in, interactive, header_use::none, media);
        if (in.has(interactive, "footer")) {
            in.report(bad_value(interactive.path + "['footer'] is not allowed for this type"));
        }
    } else if (type == "list" || type == "product_list") {
        check_header(in, interactive, header_use::text_only, media);
    } else {
        check_header(in, interactive, header_use::any, media);
    }
    if (type != "product") check_body(in, interactive);
    check_footer(in, interactive);
    const located action = in.object(interactive, "action");
    if (type == "button") {
        check_buttons(in, action);
    } else if (type == "list") {
        check_list(in, action);
    } else if (type == "cta_url") {
        check_cta_url(in, action);
    } else if (type == "flow") {
        check_flow(in, action);
    } else if (type == "carousel") {
        check_carousel(in, action, media);
    } else {
        check_simple(in, type, action);
    }
}

}  // namespace siwareng::tools
