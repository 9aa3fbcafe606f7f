#include "dialogs/flow_check.hpp"

#include "dialogs/channel_limits.hpp"
#include "dialogs/flow_loader.hpp"
#include "dialogs/locale.hpp"
#include "dialogs/understanding/fold.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace siwareng::dialogs {
namespace {

/// Intents that the engine answers itself, and the flow that may nevertheless list them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> reserved_intents = {{
    {"menu", menu_flow},
    {"bicara_petugas", officer_flow},
    {"bahasa", language_flow},
    {"batal", ""},
    {"kembali", ""},
    {"bahasa_id", ""},
    {"bahasa_en", ""},
    {"bahasa_su", ""},
    {"bahasa_jv", ""},
}};

/// The longest that a text may be as what it is used for; placeholders only fit a body.
std::optional<std::size_t> length_max(text_role role) {
    switch (role) {
        case text_role::body:
            return std::nullopt;
        case text_role::button_title:
            return button_title_max;
        case text_role::row_title:
            return row_title_max;
        case text_role::row_about:
            return row_description_max;
        case text_role::list_label:
            return list_label_max;
    }
    return std::nullopt;
}

std::string_view role_name(text_role role) {
    switch (role) {
        case text_role::body:
            return "a text";
        case text_role::button_title:
            return "the title of one of up to three options";
        case text_role::row_title:
            return "the title of an option in a list";
        case text_role::row_about:
            return "the description of an option";
        case text_role::list_label:
            return "the label of a list";
    }
    return "a text";
}

std::vector<std::string> names_of(const std::vector<located_name>& from) {
    std::vector<std::string> out;
    out.reserve(from.size());
    for (const located_name& each : from) {
        out.push_back(each.name);
    }
    return out;
}

/// Checks one flow against the others.
class flow_checker final {
  public:
    flow_checker(const check_context& context, const flow_def& flow)
        : context_(context),
          model_(context.model),
          flow_(flow),
          sound_(!context.unsound.contains(flow.name)) {}

    void check() {
        if (sound_) {
            check_position(flow_.entry, "entry");
            check_position(flow_.recover, "recover");
            for (const auto& [old_node, target] : flow_.migrate) {
                check_position(target, fmt::format("migrate.{}", old_node));
            }
            check_slots();
            check_outcomes();
        }
        check_intents();
        if (const int limit = step_limits{}.vars_max;
            flow_.variables.size() > static_cast<std::size_t>(limit)) {
            add_problem(0, fmt::format("the flow has {} variables; a frame holds {}",
                                       flow_.variables.size(), limit));
        }
        for (const node& each : flow_.nodes) {
            check_node(each);
        }
    }

  private:
    void check_position(const located_name& target, std::string_view what) {
        if (flow_.find_node(target.name) != nullptr) return;
        add_problem(target.line, fmt::format("{}: no node '{}'.{}", what, target.name,
                                             did_you_mean(target.name, node_names())));
    }

    void check_slots() {
        for (const auto& [slot, variable] : flow_.slots) {
            if (flow_.type_of(variable.name) != nullptr) continue;
            add_problem(variable.line,
                        fmt::format("slot '{}': no `ask` and no field fills the variable '{}'",
                                    slot, variable.name));
        }
    }

    void check_outcomes() {
        std::set<std::string, std::less<>> said;
        for (const node& each : flow_.nodes) {
            const auto* end = std::get_if<end_node>(&each.kind);
            if (end == nullptr) continue;
            said.insert(end->outcome);
            const std::vector<std::string> known = names_of(flow_.outcomes);
            if (std::ranges::find(known, end->outcome) != known.end()) continue;
            add_node_problem(each, each.line,
                             fmt::format("`outcomes` does not list '{}'.{}", end->outcome,
                                         did_you_mean(end->outcome, known)));
        }
        for (const located_name& each : flow_.outcomes) {
            if (said.contains(each.name)) continue;
            add_problem(each.line, fmt::format("no `end` node has the outcome '{}'", each.name));
        }
    }

    void check_intents() {
        for (const located_name& each : flow_.intents) {
            const auto reserved = std::ranges::find(
                reserved_intents, each.name, &std::pair<std::string_view, std::string_view>::first);
            if (reserved != reserved_intents.end() && reserved->second != flow_.name) {
                add_problem(each.line, fmt::format("the intent '{}' is a word that works "
                                                   "everywhere; no flow can have it",
                                                   each.name));
            }
            for (const auto& [name, other] : model_.flows) {
                // Reported once, where the later of the two lists it.
                if (name >= flow_.name) break;
                if (std::ranges::find(other.intents, each.name, &located_name::name) ==
                    other.intents.end()) {
                    continue;
                }
                add_problem(each.line, fmt::format("the intent '{}' opens the flow '{}' already",
                                                   each.name, name));
            }
        }
    }

    void check_node(const node& from) {
        if (sound_) {
            for (const node_exit& each : from.exits) {
                if (flow_.find_node(each.target) != nullptr) continue;
                add_node_problem(from, each.line,
                                 fmt::format("{}: no node '{}'.{}", each.name, each.target,
                                             did_you_mean(each.target, node_names())));
            }
        }
        for (const text_use& each : from.texts) {
            check_text(from, each);
        }
        if (const auto* choose = std::get_if<choose_node>(&from.kind)) check_titles(from, *choose);
        if (const auto* call = std::get_if<call_node>(&from.kind)) check_call(from, *call);
        if (const auto* run = std::get_if<run_node>(&from.kind)) check_run(from, *run);
        if (const auto* ask = std::get_if<ask_node>(&from.kind)) check_type(from, ask->type);
        if (const auto* form = std::get_if<form_node>(&from.kind)) {
            for (const form_field& each : form->fields) {
                check_type(from, each.type);
            }
        }
    }

    void check_text(const node& from, const text_use& use) {
        const auto& indonesian = model_.texts.of(language::id);
        // What one language lacks is reported once, when the languages are compared.
        if (!indonesian.contains(use.key)) {
            std::vector<std::string> known;
            for (const auto& [key, text] : indonesian) {
                known.push_back(key);
            }
            add_node_problem(from, use.line,
                             fmt::format("no text '{}' in {}.{}", use.key,
                                         locale_file(language::id), did_you_mean(use.key, known)));
            return;
        }
        const auto limit = length_max(use.role);
        if (!limit) return;
        for (const language lang : all_languages) {
            const auto found = model_.texts.of(lang).find(use.key);
            if (found == model_.texts.of(lang).end()) continue;
            const locale_text& text = found->second;
            if (text.length > *limit) {
                context_.problems.push_back(
                    {locale_file(lang), text.line,
                     fmt::format("text '{}' has {} characters; {} has at most {} ({}:{})", use.key,
                                 text.length, role_name(use.role), *limit, flow_.file, use.line)});
            }
            if (!text.content.placeholders().empty()) {
                context_.problems.push_back(
                    {locale_file(lang), text.line,
                     fmt::format("text '{}': {} can have no placeholders ({}:{})", use.key,
                                 role_name(use.role), flow_.file, use.line)});
            }
        }
    }

    /// Two options that read alike could not be told apart when their title is typed.
    void check_titles(const node& from, const choose_node& choose) {
        for (const language lang : all_languages) {
            std::map<std::string, std::string> seen;
            for (const choose_option& each : choose.options) {
                const auto& texts = model_.texts.of(lang);
                if (!texts.contains(each.text)) continue;
                const auto title = fold(model_.texts.text(lang, each.text, {}, {}));
                const auto [first, added] = seen.emplace(title, each.value);
                if (added) continue;
                add_node_problem(from, from.line,
                                 fmt::format("options '{}' and '{}' have the same title in {}",
                                             first->second, each.value, locale_file(lang)));
            }
        }
    }

    void check_type(const node& from, const input_type* type) {
        if (type == nullptr) return;
        for (const std::string& key : type->text_keys()) {
            if (model_.texts.of(language::id).contains(key)) continue;
            add_node_problem(from, from.line,
                             fmt::format("the input type '{}' needs the text '{}', which is not "
                                         "in {}",
                                         type->name(), key, locale_file(language::id)));
        }
    }

    void check_call(const node& from, const call_node& call) {
        const operation_signature set_language{
            std::string(set_language_operation), {"language"}, {"done"}};
        const operation_signature* known = &set_language;
        if (call.operation != set_language_operation) {
            const auto found =
                std::ranges::find(context_.operations, call.operation, &operation_signature::name);
            if (found == context_.operations.end()) {
                std::vector<std::string> names{std::string(set_language_operation)};
                for (const operation_signature& each : context_.operations) {
                    names.push_back(each.name);
                }
                add_node_problem(
                    from, from.line,
                    fmt::format("no operation '{}'; known are {}.{}", call.operation,
                                fmt::join(names, ", "), did_you_mean(call.operation, names)));
                return;
            }
            known = &*found;
        }
        for (const std::string& each : known->args) {
            if (call.with.contains(each)) continue;
            add_node_problem(
                from, from.line,
                fmt::format("'{}' needs the argument '{}' in `with`", call.operation, each));
        }
        for (const auto& [argument, variable] : call.with) {
            if (std::ranges::find(known->args, argument) != known->args.end()) continue;
            add_node_problem(from, from.line,
                             fmt::format("'{}' has no argument '{}'.{}", call.operation, argument,
                                         did_you_mean(argument, known->args)));
        }
        check_bound(from, call.operation, known->outcomes);
    }

    void check_run(const node& from, const run_node& run) {
        const flow_def* other = model_.find_flow(run.flow);
        if (other == nullptr) {
            std::vector<std::string> names;
            for (const auto& [name, flow] : model_.flows) {
                names.push_back(name);
            }
            add_node_problem(
                from, from.line,
                fmt::format("no flow '{}'.{}", run.flow, did_you_mean(run.flow, names)));
            return;
        }
        if (!context_.unsound.contains(run.flow)) {
            check_bound(from, run.flow, names_of(other->outcomes));
        }
    }

    /// `on` binds exactly the outcomes that there are.
    void check_bound(const node& from, std::string_view what,
                     const std::vector<std::string>& outcomes) {
        constexpr std::string_view prefix = "on.";
        for (const std::string& each : outcomes) {
            if (from.find_exit(fmt::format("{}{}", prefix, each)) != nullptr) continue;
            add_node_problem(
                from, from.line,
                fmt::format("'{}' may come back with '{}': on.{} is missing", what, each, each));
        }
        for (const node_exit& each : from.exits) {
            const std::string outcome = each.name.substr(prefix.size());
            if (std::ranges::find(outcomes, outcome) != outcomes.end()) continue;
            add_node_problem(from, each.line,
                             fmt::format("'{}' never comes back with '{}'.{}", what, outcome,
                                         did_you_mean(outcome, outcomes)));
        }
    }

    std::vector<std::string> node_names() const {
        std::vector<std::string> out;
        out.reserve(flow_.nodes.size());
        for (const node& each : flow_.nodes) {
            out.push_back(each.name);
        }
        return out;
    }

    void add_node_problem(const node& from, int line, std::string_view message) {
        add_problem(line, fmt::format("node '{}': {}", from.name, message));
    }

    void add_problem(int line, std::string message) {
        context_.problems.push_back({flow_.file, line, std::move(message)});
    }

    const check_context& context_;
    const flow_model& model_;
    const flow_def& flow_;
    bool sound_;
};

}  // namespace

void check_references(const check_context& context) {
    for (const std::string_view required : {welcome_flow, menu_flow, officer_flow, language_flow}) {
        if (context.model.find_flow(required) != nullptr) continue;
        context.problems.push_back({fmt::format("flows/{}.toml", required), 0,
                                    "the flow is missing; every conversation may lead to it"});
    }
    const auto& indonesian = context.model.texts.of(language::id);
    for (const std::string& key : engine_texts()) {
        if (indonesian.empty() || indonesian.contains(key)) continue;
        context.problems.push_back({locale_file(language::id), 0,
                                    fmt::format("text '{}' is missing; the engine uses it", key)});
    }
    for (const auto& [name, flow] : context.model.flows) {
        flow_checker(context, flow).check();
    }
}

}  // namespace siwareng::dialogs
