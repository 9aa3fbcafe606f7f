#include "dialogs/chat_player.hpp"

#include "dialogs/channel_limits.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace siwareng::dialogs {

using nlohmann::json;

namespace {

std::string json_of(const var_map& vars) {
    const json object = json::object_t(vars.begin(), vars.end());
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

chat_driver::observed chat_player::act(const chat_text& what) {
    return driver_.send({text_event{what.text, {}}, false});
}

/// A button may stand in an older bubble: that is how stale taps are written down.
chat_driver::observed chat_player::act(const chat_tap& what) {
    for (auto at = shown_.rbegin(); at != shown_.rend(); ++at) {
        const auto found = std::ranges::find(at->options, what.title, &option::title);
        if (found == at->options.end()) continue;
        return driver_.send(
            {tap_event{found->id, found->title, {}}, at->options.size() > buttons_max});
    }
    return std::unexpected(fmt::format("no bubble so far has a button [{}]", what.title));
}

chat_driver::observed chat_player::act(const chat_row& what) {
    for (auto at = shown_.rbegin(); at != shown_.rend(); ++at) {
        if (at->options.size() <= buttons_max) continue;
        if (what.number > at->options.size()) break;
        const option& row = at->options[what.number - 1];
        return driver_.send({tap_event{row.id, row.title, {}}, true});
    }
    return std::unexpected(fmt::format("the last list has no row ({})", what.number));
}

chat_driver::observed chat_player::act(const chat_attachment& what) {
    if (what.kind == "location") {
        location_event place;
        const json latitude = json::parse(what.latitude, nullptr, false);
        const json longitude = json::parse(what.longitude, nullptr, false);
        if (!latitude.is_number() || !longitude.is_number()) {
            return std::unexpected("a location is {location -6.1 106.5}");
        }
        place.latitude = latitude.get<double>();
        place.longitude = longitude.get<double>();
        return driver_.send({place, false});
    }
    if (what.kind == "contacts" || what.kind == "reaction") {
        return driver_.send({other_event{what.kind}, false});
    }
    return driver_.send({media_event{what.kind, "media", {}, what.caption, what.filename}, false});
}

chat_driver::observed chat_player::act(const chat_again& /*what*/) {
    return driver_.repeat();
}
chat_driver::observed chat_player::act(const chat_clock& what) {
    return driver_.advance(what.milliseconds());
}
chat_driver::observed chat_player::act(const chat_restart& /*what*/) {
    return driver_.restart();
}
chat_driver::observed chat_player::act(const chat_deploy& what) {
    return driver_.deploy(what.flow, what.revision);
}
chat_driver::observed chat_player::act(const chat_crash& what) {
    return driver_.crash(what.when);
}
chat_driver::observed chat_player::act(const chat_language& what) {
    return driver_.set_language(what.lang);
}

template <typename expectation>
chat_driver::observed chat_player::act(const expectation& /*what*/) {
    return std::unexpected("this record is no action");
}

chat_driver::observed chat_player::play(const chat_content& what) {
    auto seen = std::visit([&](const auto& content) { return act(content); }, what);
    if (seen) {
        shown_.insert(shown_.end(), seen->sent.begin(), seen->sent.end());
    }
    return seen;
}

const bubble& chat_player::last_options() const {
    static const bubble none;
    const auto found = std::ranges::find_if(
        shown_.rbegin(), shown_.rend(), [](const bubble& each) { return !each.options.empty(); });
    return found == shown_.rend() ? none : *found;
}

chat_operation record_of(const call& what) {
    return {what.operation, json_of(what.args)};
}

std::vector<chat_record> record_turn(const chat_content& action, const chat_observation& seen) {
    std::vector<chat_record> out;
    out.push_back({0, action});
    if (seen.operations) {
        for (std::size_t i = 0; i < seen.operations->size(); ++i) {
            out.push_back({0, record_of((*seen.operations)[i])});
            if (i < seen.results.size()) {
                out.push_back(
                    {0, chat_result{seen.results[i].outcome, json_of(seen.results[i].vars)}});
            }
        }
    }
    for (const bubble& each : seen.sent) {
        out.push_back({0, chat_reply{chat_lines(each)}});
    }
    if (seen.sent.empty()) {
        out.push_back({0, chat_reply{}});
    }
    if (seen.position) {
        out.push_back({0, chat_position{*seen.position}});
    }
    return out;
}

}  // namespace siwareng::dialogs
