#pragma once

#include "dialogs/input.hpp"
#include "dialogs/session.hpp"
#include "dialogs/text_template.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace siwareng::dialogs {

// The loaded form of `flows/*.toml` and `locale/*.toml`; see docs/flows.md for their meaning. After
// validation every name here refers to something that exists.

template <typename value>
using name_map = std::map<std::string, value, std::less<>>;

/// Adds a paragraph to the turn's bubble.
struct say_node {
    std::string text;
};

/// Waits for one answer.
struct ask_node {
    const input_type* type = nullptr;
    std::string text;
    std::string into;
    std::int64_t timeout_ms = 0;  ///< 0: waits for ever
};

/// One thing to tap, and where it leads.
struct choose_option {
    std::string value;
    std::string text;
    std::string about;  ///< may be empty
};

/// Waits for one of several options.
struct choose_node {
    std::string text;
    std::string into;  ///< may be empty
    std::string list;  ///< may be empty for up to three options
    std::vector<choose_option> options;
};

/// One answer of a form.
struct form_field {
    const input_type* type = nullptr;
    std::string into;
    std::string text;
};

/// Waits until every field is filled.
struct form_node {
    std::vector<form_field> fields;
};

/// Goes on by a variable's value.
struct branch_node {
    std::string variable;
};

/// Assigns in the order of the file; an empty result unsets.
struct set_node {
    std::vector<std::pair<std::string, text_template>> values;
};

/// Performs an operation in the turn's transaction.
struct call_node {
    std::string operation;
    name_map<std::string> with;
};

/// Runs another flow inside this one.
struct run_node {
    std::string flow;
    name_map<std::string> with;
    name_map<std::string> take;
};

/// Asks for a person.
struct handoff_node {
    std::string topic;
};

/// Leaves the flow.
struct end_node {
    std::string outcome;
};

using node_kind = std::variant<say_node, ask_node, choose_node, form_node, branch_node, set_node,
                               call_node, run_node, handoff_node, end_node>;

/// A way out of a node: "then", "else", "option.yes", "on.found", "is.x", "retry_exhausted" ...
struct node_exit {
    std::string name;
    std::string target;
    int line = 0;
};

/// What a text is used as, for the channel's limits.
enum class text_role : std::uint8_t { body, button_title, row_title, row_about, list_label };

/// One use of a text by a node.
struct text_use {
    std::string key;
    text_role role = text_role::body;
    int line = 0;
};

/// A step of a flow, whatever its kind.
struct node {
    std::string name;
    int line = 0;
    node_kind kind;
    /// In the order of the file. An `end` has none.
    std::vector<node_exit> exits;
    /// Every text that the node shows.
    std::vector<text_use> texts;

    /// Null where the node has no such exit.
    [[nodiscard]] const node_exit* find_exit(std::string_view exit) const;
    /// Whether a turn can end here: ask, choose and form.
    [[nodiscard]] bool waits() const;
};

/// A name and where it was written.
struct located_name {
    std::string name;
    int line = 0;
};

/// One flow, as its file says.
struct flow_def {
    std::string name;
    std::string file;
    int revision = 0;
    located_name entry;
    located_name recover;
    std::vector<located_name> intents;
    /// Slot to variable.
    std::vector<std::pair<std::string, located_name>> slots;
    std::vector<located_name> outcomes;
    /// Old node to new node.
    std::vector<std::pair<std::string, located_name>> migrate;
    /// In the order of the file.
    std::vector<node> nodes;
    /// Every variable that a node assigns by name; these always have room in a frame.
    std::set<std::string, std::less<>> variables;
    /// How many flows it may put on the stack, itself included.
    int depth = 1;

    [[nodiscard]] const node* find_node(std::string_view wanted) const;
    /// The input type that fills a variable in this flow, or null.
    [[nodiscard]] const input_type* type_of(std::string_view variable) const;
};

inline constexpr std::array<language, 4> all_languages = {language::id, language::en, language::su,
                                                          language::jv};

/// One text of one language.
struct locale_text {
    text_template content;
    std::size_t length = 0;  ///< code points as written
    int line = 0;
};

/// All texts of all languages.
struct catalog {
    std::array<name_map<locale_text>, all_languages.size()> languages;

    [[nodiscard]] const name_map<locale_text>& of(language lang) const {
        return languages[static_cast<std::size_t>(lang)];
    }
    /// Indonesian where `lang` lacks the key; the key itself where no language has it, so that a
    /// mistake is seen rather than silent.
    [[nodiscard]] std::string text(language lang, std::string_view key, const var_map& vars,
                                   const var_map& facts) const;
};

/// All flows, all texts, and which intent opens which flow.
struct flow_model {
    name_map<flow_def> flows;
    catalog texts;
    /// Intent to flow.
    name_map<std::string> intents;

    [[nodiscard]] const flow_def* find_flow(std::string_view name) const;
};

/// The variables that a node assigns by name.
std::vector<std::string> assigned_variables(const node& from);

/// Texts that the engine says by itself; listed in docs/flows.md.
const std::vector<std::string>& engine_texts();

/// "say", "ask" ...
std::string_view kind_name(const node_kind& kind);

/// Flows that the words of every conversation lead to.
inline constexpr std::string_view welcome_flow = "welcome";
inline constexpr std::string_view menu_flow = "menu";
inline constexpr std::string_view officer_flow = "officer";
inline constexpr std::string_view language_flow = "language";

/// The operation that the engine performs itself.
inline constexpr std::string_view set_language_operation = "session.set_language";

}  // namespace siwareng::dialogs
