#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::bot {

// Reading JSON whose types cannot be relied on: nothing here throws, and what is absent or of
// another type reads as empty.

/// The member of that name; a null value if there is none or `value` is no object.
const nlohmann::json& member(const nlohmann::json& value, std::string_view key);

/// The elements of the array of that name; none if it is no array.
const std::vector<nlohmann::json>& elements(const nlohmann::json& value, std::string_view key);

/// A string without its NUL characters, or an integer in digits; empty for anything else.
std::string text_at(const nlohmann::json& value, std::string_view key);

/// An integer, or a string of digits with an optional "-".
std::optional<std::int64_t> integer_at(const nlohmann::json& value, std::string_view key);

/// A finite number, or a string that holds one.
std::optional<double> number_at(const nlohmann::json& value, std::string_view key);

/// True only for the JSON value `true`.
bool flag_at(const nlohmann::json& value, std::string_view key);

/// Milliseconds since 1970 from an integer or a string, in seconds or in milliseconds (Meta sends
/// both now and then); 0 if absent or implausible.
std::int64_t time_ms_at(const nlohmann::json& value, std::string_view key);

/// The first `code` in `errors[]`; 0 for none.
int first_error_code(const nlohmann::json& value);

/// Does the text nest arrays and objects deeper than that? Needs no valid JSON.
bool nests_deeper(std::string_view json_text, int levels);

/// The same JSON text with the characters replaced that make a parser refuse it: halves of
/// surrogate pairs, bytes that are not UTF-8, control characters inside strings.
std::string repair_strings(std::string_view json_text);

}  // namespace siwareng::bot
