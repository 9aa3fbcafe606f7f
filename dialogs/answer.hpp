#pragma once

#include "dialogs/event.hpp"
#include "dialogs/flow_model.hpp"
#include "dialogs/input.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace siwareng::dialogs {

/// What was written, or the title of what was tapped; null for every other event.
const std::string* text_of(const event& what);

/// What the text may mean; null for every other event.
const std::vector<intent>* intents_of(const event& what);

/// The event as input types read it: a tap is the text of its title.
event as_input(const event& what);

/// The option's id in a bubble: "<wait_seq>:<value>".
std::string option_id(std::uint64_t wait_seq, std::string_view value);

/// The option that an event means: a tap of this very wait, the option's number, or its title in
/// any language (an older bubble may be in another one). Null for none.
const choose_option* pick_option(const choose_node& node, const catalog& texts, language lang,
                                 std::uint64_t wait_seq, const event& what);

/// What a message told a form.
struct form_answer {
    /// Variables with their canonical values; empty if the message was of no use.
    var_map filled;
    /// Why the field that was asked for is still empty.
    std::optional<input_problem> problem;
};

/// The first field without a value, or null.
const form_field* first_empty_field(const form_node& form, const var_map& vars);

/// Reads one message for all fields that are still empty. Structured fields are looked for first,
/// so that a free text such as a name gets only what they left over.
form_answer read_form(const form_node& form, const var_map& vars, const event& what);

/// The answer to a single question: the whole message, or the part of it that is such an answer.
std::expected<std::string, input_problem> read_answer(const input_type& type, const event& what);

/// The key of "we cannot use this" for a message that is no text: "common.cannot_use.voice" ...
std::string cannot_use_key(const event& what);

}  // namespace siwareng::dialogs
