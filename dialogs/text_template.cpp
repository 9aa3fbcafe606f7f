#include "dialogs/text_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace siwareng::dialogs {

bool is_name(std::string_view text) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && lower(text.front()) && std::ranges::all_of(text, [&](char c) {
        return lower(c) || (c >= '0' && c <= '9') || c == '_';
    });
}

std::expected<text_template, std::string> text_template::parse(std::string_view text) {
    text_template out;
    std::string literal;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '{') {
            literal += text[at++];
            continue;
        }
        if (text.substr(at).starts_with("{{")) {
            literal += '{';
            at += 2;
            continue;
        }
        const std::size_t close = text.find('}', at);
        if (close == std::string_view::npos) {
            return std::unexpected("a '{' without its '}'; a brace as such is written '{{'");
        }
        const std::string_view name = text.substr(at + 1, close - at - 1);
        if (!is_name(name)) {
            return std::unexpected(
                fmt::format("'{{{}}}' is no placeholder: a name is lower case letters, digits and "
                            "'_'; a brace as such is written '{{{{'",
                            name));
        }
        if (!literal.empty()) out.pieces_.push_back({false, std::exchange(literal, {})});
        out.pieces_.push_back({true, std::string(name)});
        at = close + 1;
    }
    if (!literal.empty()) out.pieces_.push_back({false, std::move(literal)});
    return out;
}

std::string text_template::render(const var_map& vars, const var_map& facts) const {
    std::string out;
    for (const piece& each : pieces_) {
        if (!each.variable) {
            out += each.text;
        } else if (const auto var = vars.find(each.text); var != vars.end()) {
            out += var->second;
        } else if (const auto fact = facts.find(each.text); fact != facts.end()) {
            out += fact->second;
        }
    }
    return out;
}

std::set<std::string> text_template::placeholders() const {
    std::set<std::string> out;
    for (const piece& each : pieces_) {
        if (each.variable) out.insert(each.text);
    }
    return out;
}

}  // namespace siwareng::dialogs
