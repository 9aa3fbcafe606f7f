#pragma once

#include "dialogs/content.hpp"
#include "dialogs/flow_model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// One flow file read on its own; what it refers to is checked later.
struct loaded_flow {
    flow_def flow;
    /// False where the file has mistakes that would make any further check of it guesswork.
    bool sound = true;
};

/// Reads `flows/NAME.toml`, adding every mistake of its form to `problems`.
loaded_flow load_flow(const std::string& file, std::string_view text,
                      std::vector<content_problem>& problems);

/// " Did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace siwareng::dialogs
