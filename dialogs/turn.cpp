#include "dialogs/engine.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/flow_model.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace siwareng::dialogs {
namespace {

/// Takes the step's call out of its effects.
std::optional<call> take_call(std::vector<effect>& effects) {
    if (effects.empty() || !std::holds_alternative<call>(effects.back())) return std::nullopt;
    call out = std::get<call>(std::move(effects.back()));
    effects.pop_back();
    return out;
}

/// One bubble; where its options had to become lines of text, it says how to answer.
bubble compose_turn(const flow_model& model, std::vector<effect>& effects, const session& next,
                    const environment& env) {
    bubble out = compose(effects);
    const bool asked = std::ranges::any_of(effects, [](const effect& each) {
        const auto* options = std::get_if<prompt>(&each);
        return options != nullptr && !options->options.empty();
    });
    if (!asked || !out.options.empty()) return out;
    effects.emplace_back(say{model.texts.text(next.lang, "common.use_numbers", {}, env.facts)});
    return compose(effects);
}

}  // namespace

std::expected<turn_result, errc> run_turn(const flow_set& flows, session current, const event& what,
                                          const environment& env,
                                          const operation_performer& perform) {
    turn_result out;
    std::vector<effect> effects;
    environment left = env;
    event pending = what;
    int calls = 0;
    out.next = std::move(current);
    while (true) {
        auto stepped = step(flows, std::move(out.next), pending, left);
        if (!stepped) return std::unexpected(stepped.error());
        out.next = std::move(stepped->next);
        const auto wanted = take_call(stepped->effects);
        std::ranges::move(stepped->effects, std::back_inserter(effects));
        std::ranges::move(stepped->path, std::back_inserter(out.path));
        if (!wanted) break;
        if (++calls > env.limits.calls_max) return std::unexpected(errc::too_many_steps);
        left.limits.steps_max = env.limits.steps_max - static_cast<int>(out.path.size());
        auto result = perform(*wanted);
        if (!result) return std::unexpected(result.error());
        result->wait_seq = wanted->wait_seq;
        pending = *std::move(result);
    }
    out.reply = compose_turn(flows.model(), effects, out.next, env);
    for (effect& each : effects) {
        const bool spoken =
            std::holds_alternative<say>(each) || std::holds_alternative<prompt>(each);
        if (!spoken) out.effects.push_back(std::move(each));
    }
    return out;
}

}  // namespace siwareng::dialogs
