#pragma once

#include "dialogs/engine.hpp"
#include "dialogs/flow_model.hpp"

#include <string>
#include <vector>

namespace siwareng::dialogs {

/// A Mermaid flowchart: a shape for each kind of node, an arrow for each exit. With `taken`, arrows
/// that it does not hold are dashed. The same flow always gives the same text.
std::string draw_flow(const flow_def& flow, const std::vector<path_entry>& taken);

}  // namespace siwareng::dialogs
