#pragma once

#include "dialogs/input.hpp"

#include <optional>
#include <string_view>

namespace siwareng::dialogs::input {

/// What the citizen wrote or tapped, as text; nothing for media and the like.
std::optional<std::string_view> text_of(const event& what);

/// The problem of an event that carries no text at all.
input_problem needs_text();

/// "nik": 16 digits, wherever they stand in the answer.
const input_type& nik_type();
/// "name": a person's name as a voter list writes it.
const input_type& name_type();
/// "text": anything written.
const input_type& text_type();
/// "yes_no": "yes" or "no", in the words of all languages.
const input_type& yes_no_type();
/// "date": ISO 8601, from day-month-year in digits or words.
const input_type& date_type();

}  // namespace siwareng::dialogs::input
