#include "dialogs/diagram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace siwareng::dialogs {
namespace {

/// Mermaid takes the bare word "end" for its own, so every id gets a prefix.
std::string id_of(std::string_view node_name) {
    return fmt::format("n_{}", node_name);
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"') {
            out += "#quot;";
        } else if (c == '#') {
            out += "#35;";
        } else {
            out += c;
        }
    }
    return out;
}

/// What a node does, in a few words.
struct detail_writer {
    std::string operator()(const say_node& at) const { return at.text; }
    std::string operator()(const ask_node& at) const {
        return fmt::format("{} into {}", at.type == nullptr ? "?" : at.type->name(), at.into);
    }
    std::string operator()(const choose_node& at) const { return at.text; }
    std::string operator()(const form_node& at) const {
        std::string out;
        for (const form_field& each : at.fields) {
            out += fmt::format("{}{}", out.empty() ? "" : ", ", each.into);
        }
        return out;
    }
    std::string operator()(const branch_node& at) const { return at.variable; }
    std::string operator()(const set_node& at) const {
        std::string out;
        for (const auto& [variable, value] : at.values) {
            out += fmt::format("{}{}", out.empty() ? "" : ", ", variable);
        }
        return out;
    }
    std::string operator()(const call_node& at) const { return at.operation; }
    std::string operator()(const run_node& at) const { return at.flow; }
    std::string operator()(const handoff_node& at) const { return at.topic; }
    std::string operator()(const end_node& at) const { return at.outcome; }
};

/// The brackets that give a Mermaid node its shape.
struct shape {
    std::string_view open;
    std::string_view close;
};

shape shape_of(const node& at) {
    if (std::holds_alternative<choose_node>(at.kind)) return {"{{", "}}"};
    if (at.waits()) return {"[/", "/]"};
    if (std::holds_alternative<branch_node>(at.kind)) return {"{", "}"};
    if (std::holds_alternative<call_node>(at.kind)) return {"[[", "]]"};
    if (std::holds_alternative<run_node>(at.kind)) return {"[[", "]]"};
    if (std::holds_alternative<handoff_node>(at.kind)) return {">", "]"};
    if (std::holds_alternative<end_node>(at.kind)) return {"([", "])"};
    return {"[", "]"};
}

}  // namespace

std::string draw_flow(const flow_def& flow, const std::vector<path_entry>& taken) {
    std::string out = fmt::format("flowchart TD\n    start((\"{}\")) --> {}\n", flow.name,
                                  id_of(flow.entry.name));
    for (const node& each : flow.nodes) {
        const shape outline = shape_of(each);
        fmt::format_to(std::back_inserter(out), "    {}{}\"{}<br/>{} {}\"{}\n", id_of(each.name),
                       outline.open, each.name, kind_name(each.kind),
                       escaped(std::visit(detail_writer{}, each.kind)), outline.close);
    }
    for (const node& each : flow.nodes) {
        for (const node_exit& exit : each.exits) {
            const path_entry entry{flow.name, each.name, exit.name};
            const bool solid = taken.empty() || std::ranges::find(taken, entry) != taken.end();
            fmt::format_to(std::back_inserter(out), "    {} {}|\"{}\"| {}\n", id_of(each.name),
                           solid ? "-->" : "-.->", escaped(exit.name), id_of(exit.target));
        }
    }
    return out;
}

}  // namespace siwareng::dialogs
