#pragma once

#include "dialogs/content.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace siwareng::dialogs {

struct toml_value;
struct toml_member;

/// Keys in the order of the file.
using toml_table = std::vector<toml_member>;
using toml_array = std::vector<toml_value>;

/// A value of a TOML file with the line it stands in. Content files use no other types; a number
/// with a fraction or a date is `other`.
struct toml_value {
    struct other {};
    int line = 0;
    std::variant<other, bool, std::int64_t, std::string, toml_array, toml_table> content;

    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&content); }
    [[nodiscard]] const toml_table* table() const { return std::get_if<toml_table>(&content); }
    [[nodiscard]] const toml_array* array() const { return std::get_if<toml_array>(&content); }
    [[nodiscard]] const std::int64_t* integer() const {
        return std::get_if<std::int64_t>(&content);
    }
};

/// A key and its value; the value's line is that of the key.
struct toml_member {
    std::string key;
    toml_value value;
};

/// The member of that name, or null.
const toml_value* find(const toml_table& table, std::string_view key);

/// Parses a content file. The parser's own words and line where it is no TOML.
std::expected<toml_table, content_problem> parse_toml(const std::string& file,
                                                      std::string_view text);

}  // namespace siwareng::dialogs
