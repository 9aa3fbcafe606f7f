#pragma once

#include "dialogs/effect.hpp"
#include "dialogs/event.hpp"
#include "dialogs/session.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

class flow_set;  // dialogs/flow.hpp

/// Bounds of one turn and of one session.
struct step_limits {
    int steps_max = 50;        ///< nodes passed in one turn
    int depth_max = 8;         ///< flows inside each other
    int vars_max = 64;         ///< variables in one frame
    int var_bytes_max = 2048;  ///< bytes in one variable
    int retries_max = 3;       ///< unusable answers before `retry_exhausted`
    int calls_max = 8;         ///< operations in one turn
};

/// All that a step may know of the world. Nothing below reads a clock or a random source.
struct environment {
    std::int64_t now_ms = 0;
    step_limits limits;
    /// Placeholders of texts that are not variables: {office}, {office_phone} ...
    var_map facts;
};

/// Which exit of which node a turn took; for coverage and for a citizen's history.
struct path_entry {
    std::string flow;
    std::string node;
    std::string exit;
    bool operator==(const path_entry&) const = default;
};

/// What one step led to.
struct step_result {
    session next;
    /// If it holds a `call`, that is the last one and `next` waits for its result.
    std::vector<effect> effects;
    std::vector<path_entry> path;
};

/// One step of a conversation: pure, deterministic, no side effects, safe from any thread.
/// A text that nothing understands in an idle session opens the flow "welcome".
/// A session inside a flow that has changed is moved to the same node, a registered migration's
/// node or the flow's `recover` node; the citizen is never stranded.
std::expected<step_result, errc> step(const flow_set& flows, session current, const event& what,
                                      const environment& env);

/// Performs one operation inside the turn's transaction.
using operation_performer = std::function<std::expected<result_event, errc>(const call&)>;

/// What one turn led to.
struct turn_result {
    session next;
    bubble reply;
    /// Effects other than texts and calls: handoffs and timers.
    std::vector<effect> effects;
    std::vector<path_entry> path;
};

/// A whole turn: steps until the flow waits, performing operations on the way, and merges what was
/// said into one bubble. The performer's exceptions pass through.
std::expected<turn_result, errc> run_turn(const flow_set& flows, session current, const event& what,
                                          const environment& env,
                                          const operation_performer& perform);

}  // namespace siwareng::dialogs
