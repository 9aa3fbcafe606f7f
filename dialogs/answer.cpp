#include "dialogs/answer.hpp"

#include "dialogs/understanding/fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace siwareng::dialogs {
namespace {

/// The value behind a tap of this wait; nothing for an older bubble or a foreign id.
std::optional<std::string_view> tapped_value(const event& what, std::uint64_t wait_seq) {
    const auto* tap = std::get_if<tap_event>(&what);
    if (tap == nullptr) return std::nullopt;
    const std::string_view id = tap->id;
    std::uint64_t seq = 0;
    const char* const begin = id.data();
    const char* const end = begin + id.size();
    const auto [rest, error] = std::from_chars(begin, end, seq);
    if (error != std::errc() || rest == end || *rest != ':' || seq != wait_seq) {
        return std::nullopt;
    }
    return id.substr(static_cast<std::size_t>(rest - begin) + 1);
}

/// "2", "(2)", "2." and "no 2" are numbers of options, whatever else people put around them.
std::optional<std::size_t> typed_number(std::string_view folded) {
    for (const std::string_view word : {"nomor ", "no ", "pilihan ", "number "}) {
        if (folded.starts_with(word)) {
            folded.remove_prefix(word.size());
            break;
        }
    }
    std::size_t number = 0;
    const char* const begin = folded.data();
    const char* const end = begin + folded.size();
    const auto [rest, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || rest != end) return std::nullopt;
    return number;
}

bool blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Finds answers of structured fields inside a text; `rest` keeps what none of them took.
void extract_structured(const form_node& form, const var_map& vars, std::string& rest,
                        form_answer& out) {
    for (const form_field& each : form.fields) {
        if (vars.contains(each.into) || each.type->free_text()) continue;
        const auto found = each.type->extract(rest);
        if (!found) continue;
        auto value = each.type->parse(text_event{found->value, {}});
        const form_field* asked = first_empty_field(form, vars);
        if (value) {
            out.filled.emplace(each.into, *std::move(value));
        } else if (&each == asked) {
            out.problem = std::move(value.error());
        }
        rest = found->rest;
    }
}

/// What structured fields left over may be the first free text that is still empty.
void take_rest(const form_node& form, const var_map& vars, const std::string& rest,
               form_answer& out) {
    if (blank(rest)) return;
    for (const form_field& each : form.fields) {
        if (vars.contains(each.into) || !each.type->free_text()) continue;
        const bool asked = &each == first_empty_field(form, vars);
        // Without anything else in the message it answers the question asked, and no other.
        if (!asked && out.filled.empty() && !out.problem) return;
        auto value = read_answer(*each.type, text_event{rest, {}});
        if (value) {
            out.filled.emplace(each.into, *std::move(value));
        } else if (asked) {
            out.problem = std::move(value.error());
        }
        return;
    }
}

}  // namespace

const std::string* text_of(const event& what) {
    if (const auto* text = std::get_if<text_event>(&what)) return &text->text;
    if (const auto* tap = std::get_if<tap_event>(&what)) return &tap->title;
    return nullptr;
}

const std::vector<intent>* intents_of(const event& what) {
    if (const auto* text = std::get_if<text_event>(&what)) return &text->intents;
    if (const auto* tap = std::get_if<tap_event>(&what)) return &tap->intents;
    return nullptr;
}

event as_input(const event& what) {
    const auto* tap = std::get_if<tap_event>(&what);
    return tap == nullptr ? what : event(text_event{tap->title, tap->intents});
}

std::string option_id(std::uint64_t wait_seq, std::string_view value) {
    return fmt::format("{}:{}", wait_seq, value);
}

const choose_option* pick_option(const choose_node& node, const catalog& texts, language lang,
                                 std::uint64_t wait_seq, const event& what) {
    if (const auto value = tapped_value(what, wait_seq)) {
        const auto found = std::ranges::find(node.options, *value, &choose_option::value);
        if (found != node.options.end()) return &*found;
    }
    const std::string* text = text_of(what);
    if (text == nullptr) return nullptr;
    const std::string folded = fold(*text);
    if (folded.empty()) return nullptr;
    std::vector<language> languages = {lang};
    languages.insert(languages.end(), all_languages.begin(), all_languages.end());
    for (const language each : languages) {
        for (const choose_option& option : node.options) {
            if (fold(texts.text(each, option.text, {}, {})) == folded) return &option;
        }
    }
    const auto number = typed_number(folded);
    if (!number || *number == 0 || *number > node.options.size()) return nullptr;
    return &node.options[*number - 1];
}

const form_field* first_empty_field(const form_node& form, const var_map& vars) {
    const auto found = std::ranges::find_if(
        form.fields, [&](const form_field& each) { return !vars.contains(each.into); });
    return found == form.fields.end() ? nullptr : &*found;
}

form_answer read_form(const form_node& form, const var_map& vars, const event& what) {
    form_answer out;
    const form_field* asked = first_empty_field(form, vars);
    if (asked == nullptr) return out;
    const event input = as_input(what);
    auto whole = asked->type->parse(input);
    if (const std::string* text = text_of(input)) {
        std::string rest = *text;
        extract_structured(form, vars, rest, out);
        take_rest(form, vars, rest, out);
    }
    if (out.filled.contains(asked->into)) {
        out.problem.reset();
    } else if (whole && (out.filled.empty() || !asked->type->free_text())) {
        // Nothing inside the message answers the question, but the message as a whole does.
        out.filled.emplace(asked->into, *std::move(whole));
        out.problem.reset();
    } else if (!whole && out.filled.empty() && !out.problem) {
        out.problem = std::move(whole.error());
    }
    return out;
}

std::expected<std::string, input_problem> read_answer(const input_type& type, const event& what) {
    const event input = as_input(what);
    auto whole = type.parse(input);
    const std::string* text = text_of(input);
    if (whole || text == nullptr) return whole;
    if (const auto part = type.extract(*text)) {
        auto value = type.parse(text_event{part->value, {}});
        if (value) return value;
    }
    return whole;
}

std::string cannot_use_key(const event& what) {
    constexpr std::array<std::string_view, 8> kinds = {"image", "document", "video",    "audio",
                                                       "voice", "sticker",  "location", "contacts"};
    std::string_view kind;
    if (const auto* media = std::get_if<media_event>(&what)) {
        kind = media->kind;
    } else if (std::holds_alternative<location_event>(what)) {
        kind = "location";
    } else if (const auto* other = std::get_if<other_event>(&what)) {
        kind = other->type;
    }
    const bool known = std::ranges::find(kinds, kind) != kinds.end();
    return fmt::format("common.cannot_use.{}", known ? kind : "other");
}

}  // namespace siwareng::dialogs
