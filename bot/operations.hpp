#pragma once

#include "bot/config.hpp"
#include "bot/metrics.hpp"
#include "dialogs/effect.hpp"
#include "dialogs/engine.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/voter/region.hpp"
#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace siwareng::bot {

/// What an operation works with: lives for one turn.
struct operation_context {
    storage::transaction& tx;
    const office_config& office;
    storage::contact_id contact;
    const storage::roll_library& rolls;
    const dialogs::region_table& regions;
    const limits_config& limits;
    metrics& counters;
    std::int64_t now_ms;
};

/// Names, arguments and outcomes of all operations, for the validation of flows.
const std::vector<dialogs::operation_signature>& operation_signatures();

/// Performs one operation inside the turn's transaction. bad_operation: no such operation.
std::expected<dialogs::result_event, dialogs::errc> perform(const operation_context& context,
                                                            const dialogs::call& what);

}  // namespace siwareng::bot
