#include "dialogs/flow_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace siwareng::dialogs {
namespace {

using name_set = std::set<std::string, std::less<>>;

/// Whether a form that starts with these variables waits for nothing.
bool passes_by(const form_node& form, const name_set& given) {
    return std::ranges::all_of(form.fields,
                               [&](const form_field& each) { return given.contains(each.into); });
}

name_set keys_of(const name_map<std::string>& from) {
    name_set out;
    for (const auto& [key, value] : from) {
        out.insert(key);
    }
    return out;
}

/// Which outcomes a flow can come back with in the very turn in which it was run.
class immediate_outcomes final {
  public:
    explicit immediate_outcomes(const flow_model& model) : model_(model) {}

    name_set of(const run_node& run) {
        const flow_def* flow = model_.find_flow(run.flow);
        // A flow that runs itself is reported elsewhere; here it must only not recurse for ever.
        if (flow == nullptr || !running_.insert(run.flow).second) return {};
        name_set out;
        name_set seen;
        visit(*flow, flow->entry.name, keys_of(run.with), seen, out);
        running_.erase(run.flow);
        return out;
    }

    /// The exits that a turn may take out of a node without waiting there.
    std::vector<const node_exit*> exits(const node& from, const name_set& given) {
        std::vector<const node_exit*> out;
        const auto* form = std::get_if<form_node>(&from.kind);
        if (form != nullptr && passes_by(*form, given)) {
            if (const node_exit* then = from.find_exit("then")) out.push_back(then);
        }
        if (from.waits()) return out;
        const auto* run = std::get_if<run_node>(&from.kind);
        const name_set outcomes = run == nullptr ? name_set() : of(*run);
        for (const node_exit& each : from.exits) {
            const bool possible = run == nullptr || outcomes.contains(each.name.substr(3));
            if (possible) out.push_back(&each);
        }
        return out;
    }

  private:
    void visit(const flow_def& flow, std::string_view name, const name_set& given, name_set& seen,
               name_set& out) {
        const node* at = flow.find_node(name);
        if (at == nullptr || !seen.insert(at->name).second) return;
        if (const auto* end = std::get_if<end_node>(&at->kind)) out.insert(end->outcome);
        for (const node_exit* each : exits(*at, given)) {
            visit(flow, each->target, given, seen, out);
        }
    }

    const flow_model& model_;
    name_set running_;
};

/// Checks one flow's graph.
class graph_checker final {
  public:
    graph_checker(const check_context& context, const flow_def& flow)
        : context_(context), flow_(flow), immediate_(context.model) {}

    void check() {
        check_reachable();
        for (const node& each : flow_.nodes) {
            find_loop(each);
        }
        for (const node& each : flow_.nodes) {
            if (std::holds_alternative<form_node>(each.kind)) check_form(each);
        }
    }

  private:
    void check_reachable() {
        name_set reached;
        reach(flow_.entry.name, reached);
        reach(flow_.recover.name, reached);
        for (const auto& [old_node, target] : flow_.migrate) {
            reach(target.name, reached);
        }
        for (const node& each : flow_.nodes) {
            if (reached.contains(each.name)) continue;
            add_problem(each, "no other node leads here");
        }
    }

    void reach(std::string_view name, name_set& reached) {
        const node* at = flow_.find_node(name);
        if (at == nullptr || !reached.insert(at->name).second) return;
        for (const node_exit& each : at->exits) {
            reach(each.target, reached);
        }
    }

    /// Depth first from a node over exits that wait for nobody; a node met again on its own path
    /// closes a loop. Each loop is reported once.
    void find_loop(const node& at) {
        if (done_.contains(at.name)) return;
        const auto on_path = std::ranges::find(path_, at.name);
        if (on_path != path_.end()) {
            std::vector<std::string> loop(on_path, path_.end());
            loop.push_back(at.name);
            add_problem(at, fmt::format("goes round without waiting for the citizen: {}",
                                        fmt::join(loop, " -> ")));
            return;
        }
        path_.push_back(at.name);
        for (const node_exit* each : immediate_.exits(at, {})) {
            if (const node* next = flow_.find_node(each->target)) find_loop(*next);
        }
        path_.pop_back();
        done_.insert(at.name);
    }

    /// A form whose fields are all filled asks nothing, so coming back to one must unset a field.
    void check_form(const node& form) {
        name_set fields;
        for (std::string& each : assigned_variables(form)) {
            fields.insert(std::move(each));
        }
        name_set seen;
        const node_exit* then = form.find_exit("then");
        if (then == nullptr || !leads_to(then->target, form.name, fields, seen)) return;
        add_problem(form,
                    "is reached again with its fields still filled, so that it would not "
                    "wait; unset one of them with `set` on the way");
    }

    bool leads_to(std::string_view name, std::string_view wanted, const name_set& fields,
                  name_set& seen) {
        if (name == wanted) return true;
        const node* at = flow_.find_node(name);
        if (at == nullptr || !seen.insert(at->name).second || unsets(*at, fields)) return false;
        const auto* form = std::get_if<form_node>(&at->kind);
        const name_set filled = form == nullptr ? name_set() : all_fields(*form);
        return std::ranges::any_of(immediate_.exits(*at, filled), [&](const node_exit* each) {
            return leads_to(each->target, wanted, fields, seen);
        });
    }

    static name_set all_fields(const form_node& form) {
        name_set out;
        for (const form_field& each : form.fields) {
            out.insert(each.into);
        }
        return out;
    }

    static bool unsets(const node& at, const name_set& fields) {
        const auto* set = std::get_if<set_node>(&at.kind);
        return set != nullptr && std::ranges::any_of(set->values, [&](const auto& each) {
                   return fields.contains(each.first) && each.second.render({}, {}).empty() &&
                          each.second.placeholders().empty();
               });
    }

    void add_problem(const node& at, std::string_view message) {
        context_.problems.push_back(
            {flow_.file, at.line, fmt::format("node '{}': {}", at.name, message)});
    }

    const check_context& context_;
    const flow_def& flow_;
    immediate_outcomes immediate_;
    std::vector<std::string> path_;
    name_set done_;
};

/// Depth first over `run` nodes. Returns how deep the stack may grow; `path` is what runs already.
int depth_of(const flow_model& model, const flow_def& flow, std::vector<std::string>& path,
             std::vector<std::string>* recursion) {
    if (const auto again = std::ranges::find(path, flow.name); again != path.end()) {
        if (recursion != nullptr && recursion->empty()) {
            recursion->assign(again, path.end());
            recursion->push_back(flow.name);
        }
        return 0;
    }
    path.push_back(flow.name);
    int deepest = 0;
    for (const node& each : flow.nodes) {
        const auto* run = std::get_if<run_node>(&each.kind);
        const flow_def* other = run == nullptr ? nullptr : model.find_flow(run->flow);
        if (other != nullptr) {
            deepest = std::max(deepest, depth_of(model, *other, path, recursion));
        }
    }
    path.pop_back();
    return deepest + 1;
}

}  // namespace

int stack_depth(const flow_model& model, const flow_def& flow) {
    std::vector<std::string> path;
    return depth_of(model, flow, path, nullptr);
}

void check_graphs(const check_context& context) {
    for (const auto& [name, flow] : context.model.flows) {
        std::vector<std::string> path;
        std::vector<std::string> recursion;
        const int depth = depth_of(context.model, flow, path, &recursion);
        // Reported for the flow that closes the circle, not for every flow that leads into it.
        if (!recursion.empty() && recursion.front() == name) {
            context.problems.push_back(
                {flow.file, 0,
                 fmt::format("the flow runs itself: {}", fmt::join(recursion, " -> "))});
        } else if (depth > step_limits{}.depth_max) {
            context.problems.push_back(
                {flow.file, 0,
                 fmt::format("{} flows may run inside each other; at most {} are possible", depth,
                             step_limits{}.depth_max)});
        }
        if (!context.unsound.contains(name)) graph_checker(context, flow).check();
    }
}

}  // namespace siwareng::dialogs
