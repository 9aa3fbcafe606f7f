#include "tests/dialogs/engine_chat_driver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <regex>
#include <utility>

namespace siwareng::dialogs {
namespace {

/// Any moment will do; flows see it only through differences.
constexpr std::int64_t start_ms = 1'795'000'000'000;

std::string describe(const call& what) {
    std::string args;
    for (const auto& [name, value] : what.args) {
        args += fmt::format("{}\"{}\": \"{}\"", args.empty() ? "" : ", ", name, value);
    }
    return fmt::format("! {} {{{}}}", what.operation, args);
}

}  // namespace

engine_chat_driver::engine_chat_driver(content_files files,
                                       std::vector<operation_signature> operations,
                                       std::shared_ptr<const flow_set> flows,
                                       std::shared_ptr<const understander> understanding)
    : files_(std::move(files)),
      operations_(std::move(operations)),
      flows_(std::move(flows)),
      understanding_(std::move(understanding)) {
    env_.now_ms = start_ms;
    env_.facts = {{"office", "KPU Kabupaten Tangerang"}, {"office_phone", "021-5991414"}};
    session_json_ = to_json(session_);
}

void engine_chat_driver::script(std::vector<result_event> results) {
    results_ = std::move(results);
}

chat_driver::observed engine_chat_driver::send(const chat_input& what) {
    // A reaction never becomes an event: nobody waits for an answer to it.
    const auto* other = std::get_if<other_event>(&what.what);
    if (other != nullptr && other->type == "reaction") return idle_observation();
    event understood = what.what;
    if (understanding_ != nullptr) {
        if (auto* text = std::get_if<text_event>(&understood)) {
            text->intents = understanding_->understand(text->text);
        } else if (auto* tap = std::get_if<tap_event>(&understood)) {
            tap->intents = understanding_->understand(tap->title);
        }
    }
    chat_observation seen;
    if (auto problem = turn(understood, seen)) return std::unexpected(*std::move(problem));
    return seen;
}

// The store recognises a redelivery; the engine never sees it.
chat_driver::observed engine_chat_driver::repeat() {
    return idle_observation();
}

chat_driver::observed engine_chat_driver::advance(std::int64_t milliseconds) {
    const std::int64_t until_ms = env_.now_ms + milliseconds;
    chat_observation seen;
    while (timer_ && timer_->due_ms <= until_ms) {
        const timer due = *std::exchange(timer_, std::nullopt);
        env_.now_ms = due.due_ms;
        if (auto problem = turn(timer_event{due.wait_seq}, seen)) {
            return std::unexpected(*std::move(problem));
        }
    }
    env_.now_ms = until_ms;
    observe_session(seen);
    return seen;
}

chat_driver::observed engine_chat_driver::restart() {
    auto read = session_from_json(session_json_);
    if (!read) return std::unexpected("the stored session cannot be read");
    session_ = *std::move(read);
    return idle_observation();
}

chat_driver::observed engine_chat_driver::deploy(std::string_view flow, int revision) {
    const auto file = files_.find(fmt::format("flows/{}.toml", flow));
    if (file == files_.end()) return std::unexpected(fmt::format("no flow '{}'", flow));
    static const std::regex line(R"((^|\n)revision\s*=\s*\d+)");
    file->second = std::regex_replace(file->second, line, fmt::format("$1revision = {}", revision));
    auto loaded = load_flows(files_, operations_);
    if (!loaded) return std::unexpected(to_string(loaded.error().front()));
    flows_ = *std::move(loaded);
    return idle_observation();
}

// There is nothing here that a crash could lose.
chat_driver::observed engine_chat_driver::crash(crash_point /*when*/) {
    return idle_observation();
}

chat_driver::observed engine_chat_driver::set_language(language lang) {
    session next = session_;
    next.lang = lang;
    if (auto problem = store(next)) return std::unexpected(*std::move(problem));
    return idle_observation();
}

std::optional<std::string> engine_chat_driver::turn(const event& what, chat_observation& seen) {
    std::string unscripted;
    std::size_t used = 0;
    if (!seen.operations) seen.operations.emplace();
    const auto perform = [&](const call& wanted) -> std::expected<result_event, errc> {
        seen.operations->push_back(wanted);
        if (used < results_.size()) return results_[used++];
        unscripted = fmt::format("an operation was called, but no result stands under it:\n{}",
                                 describe(wanted));
        return std::unexpected(errc::bad_operation);
    };
    auto done = run_turn(*flows_, session_, what, env_, perform);
    if (!unscripted.empty()) return unscripted;
    if (!done) return fmt::format("the turn failed: {}", to_string(done.error()));
    if (auto problem = store(done->next)) return problem;
    if (!done->reply.empty()) seen.sent.push_back(done->reply);
    for (const effect& each : done->effects) {
        if (const auto* started = std::get_if<start_timer>(&each)) {
            timer_ = timer{env_.now_ms + started->after_ms, started->wait_seq};
        }
    }
    std::ranges::move(done->path, std::back_inserter(path_));
    results_.clear();
    observe_session(seen);
    return std::nullopt;
}

std::optional<std::string> engine_chat_driver::store(const session& next) {
    session_json_ = to_json(next);
    auto read = session_from_json(session_json_);
    if (!read || *read != next) return "the session does not survive being stored";
    session_ = *std::move(read);
    return std::nullopt;
}

void engine_chat_driver::observe_session(chat_observation& seen) const {
    if (!seen.operations) seen.operations.emplace();
    if (session_.stack.empty()) {
        seen.position = "idle";
        seen.variables.emplace();
        return;
    }
    const frame& top = session_.stack.back();
    seen.position = fmt::format("{}/{}", top.flow, top.node);
    seen.variables = top.vars;
}

chat_driver::observed engine_chat_driver::idle_observation() const {
    chat_observation seen;
    observe_session(seen);
    return seen;
}

}  // namespace siwareng::dialogs
