#include "dialogs/flow_model.hpp"

#include <algorithm>

namespace siwareng::dialogs {

const node_exit* node::find_exit(std::string_view exit) const {
    const auto found = std::ranges::find(exits, exit, &node_exit::name);
    return found == exits.end() ? nullptr : &*found;
}

bool node::waits() const {
    return std::holds_alternative<ask_node>(kind) || std::holds_alternative<choose_node>(kind) ||
           std::holds_alternative<form_node>(kind);
}

const node* flow_def::find_node(std::string_view wanted) const {
    const auto found = std::ranges::find(nodes, wanted, &node::name);
    return found == nodes.end() ? nullptr : &*found;
}

const input_type* flow_def::type_of(std::string_view variable) const {
    for (const node& each : nodes) {
        if (const auto* ask = std::get_if<ask_node>(&each.kind)) {
            if (ask->into == variable) return ask->type;
        } else if (const auto* form = std::get_if<form_node>(&each.kind)) {
            const auto field = std::ranges::find(form->fields, variable, &form_field::into);
            if (field != form->fields.end()) return field->type;
        }
    }
    return nullptr;
}

std::vector<std::string> assigned_variables(const node& from) {
    std::vector<std::string> out;
    if (const auto* ask = std::get_if<ask_node>(&from.kind)) {
        out.push_back(ask->into);
    } else if (const auto* choose = std::get_if<choose_node>(&from.kind)) {
        if (!choose->into.empty()) out.push_back(choose->into);
    } else if (const auto* form = std::get_if<form_node>(&from.kind)) {
        for (const form_field& field : form->fields) {
            out.push_back(field.into);
        }
    } else if (const auto* set = std::get_if<set_node>(&from.kind)) {
        for (const auto& [variable, value] : set->values) {
            out.push_back(variable);
        }
    } else if (const auto* run = std::get_if<run_node>(&from.kind)) {
        for (const auto& [ours, theirs] : run->take) {
            out.push_back(ours);
        }
    }
    return out;
}

const std::vector<std::string>& engine_texts() {
    static const std::vector<std::string> keys = {
        "common.cancelled",          "common.choose_again",        "common.use_numbers",
        "common.recovered",          "common.cannot_use.image",    "common.cannot_use.document",
        "common.cannot_use.video",   "common.cannot_use.audio",    "common.cannot_use.voice",
        "common.cannot_use.sticker", "common.cannot_use.location", "common.cannot_use.contacts",
        "common.cannot_use.other",   "language.switched",
    };
    return keys;
}

std::string catalog::text(language lang, std::string_view key, const var_map& vars,
                          const var_map& facts) const {
    for (const language each : {lang, language::id}) {
        const auto& texts = of(each);
        if (const auto found = texts.find(key); found != texts.end()) {
            return found->second.content.render(vars, facts);
        }
    }
    return std::string(key);
}

const flow_def* flow_model::find_flow(std::string_view name) const {
    const auto found = flows.find(name);
    return found == flows.end() ? nullptr : &found->second;
}

std::string_view kind_name(const node_kind& kind) {
    constexpr std::array<std::string_view, 10> names = {
        "say", "ask", "choose", "form", "branch", "set", "call", "run", "handoff", "end"};
    static_assert(names.size() == std::variant_size_v<node_kind>);
    return names[kind.index()];
}

}  // namespace siwareng::dialogs
