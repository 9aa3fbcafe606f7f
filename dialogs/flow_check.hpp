#pragma once

#include "dialogs/content.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/flow_model.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace siwareng::dialogs {

/// What the checks need to know besides the flows.
struct check_context {
    const flow_model& model;
    const std::vector<operation_signature>& operations;
    /// Flows whose files have mistakes of form: they exist, but what follows from them is unknown.
    const std::set<std::string, std::less<>>& unsound;
    std::vector<content_problem>& problems;
};

/// Everything that a flow names exists and fits: nodes, texts and their limits, operations,
/// sub-flows, outcomes, slots, intents; and the flows and texts that the engine needs.
void check_references(const check_context& context);

/// Every node can be reached, no flow runs itself, and no loop goes round without a wait.
void check_graphs(const check_context& context);

/// How many flows a flow may put on the stack, itself included; flows that run themselves are cut.
int stack_depth(const flow_model& model, const flow_def& flow);

}  // namespace siwareng::dialogs
