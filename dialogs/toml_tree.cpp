#include "dialogs/toml_tree.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace siwareng::dialogs {
namespace {

toml_value convert(const toml::node& from);

toml_table convert_table(const toml::table& from) {
    struct member {
        toml::source_position at;
        std::string_view key;
        const toml::node* value = nullptr;
    };
    // toml++ sorts by key; authors, diagrams and messages want the order of the file.
    std::vector<member> members;
    for (const auto& [key, value] : from) {
        members.push_back({key.source().begin, key.str(), &value});
    }
    std::ranges::sort(members, {}, [](const member& each) {
        return std::tuple(each.at.line, each.at.column, each.key);
    });
    toml_table out;
    for (const member& each : members) {
        toml_value value = convert(*each.value);
        value.line = static_cast<int>(each.at.line);
        out.push_back({std::string(each.key), std::move(value)});
    }
    return out;
}

toml_value convert(const toml::node& from) {
    toml_value out;
    out.line = static_cast<int>(from.source().begin.line);
    if (const auto* table = from.as_table()) {
        out.content = convert_table(*table);
    } else if (const auto* array = from.as_array()) {
        toml_array values;
        for (const toml::node& each : *array) {
            values.push_back(convert(each));
        }
        out.content = std::move(values);
    } else if (const auto* text = from.as_string()) {
        out.content = text->get();
    } else if (const auto* number = from.as_integer()) {
        out.content = number->get();
    } else if (const auto* flag = from.as_boolean()) {
        out.content = flag->get();
    }
    return out;
}

}  // namespace

const toml_value* find(const toml_table& table, std::string_view key) {
    const auto found = std::ranges::find(table, key, &toml_member::key);
    return found == table.end() ? nullptr : &found->value;
}

std::expected<toml_table, content_problem> parse_toml(const std::string& file,
                                                      std::string_view text) {
    // The library reports a syntax error by an exception; it goes no further than here.
    try {
        return convert_table(toml::parse(text, file));
    } catch (const toml::parse_error& error) {
        return std::unexpected(content_problem{file, static_cast<int>(error.source().begin.line),
                                               std::string(error.description())});
    }
}

}  // namespace siwareng::dialogs
