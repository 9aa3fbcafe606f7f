#include "dialogs/engine.hpp"

#include "dialogs/answer.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/flow_model.hpp"
#include "dialogs/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace siwareng::dialogs {
namespace {

/// How sure an intent must be to leave a question that is open.
constexpr double interrupt_confidence_min = 0.9;

/// Waits that `kembali` can go back through.
constexpr std::size_t back_max = 16;

/// Carries one event through the flows: the only place where a session changes.
class stepper final {
  public:
    stepper(const flow_model& model, session current, const environment& env)
        : model_(model), env_(env), original_(current) {
        out_.next = std::move(current);
    }

    std::expected<step_result, errc> run(const event& what) {
        if (const auto* result = std::get_if<result_event>(&what)) {
            if (!take_result(*result)) return unchanged();
        } else if (const auto* timer = std::get_if<timer_event>(&what)) {
            if (!take_timer(*timer)) return unchanged();
        } else {
            take_message(what);
        }
        while (!error_ && next_) {
            pass();
        }
        if (error_) return std::unexpected(*error_);
        return std::move(out_);
    }

  private:
    /// How a stored frame fits the flows as they are now.
    enum class fit : std::uint8_t { same, migrated, recovered };

    step_result unchanged() {
        step_result out;
        out.next = std::move(original_);
        return out;
    }

    // --- events ----------------------------------------------------------------------------

    /// False for a result that nobody waits for (any more).
    bool take_result(const result_event& result) {
        if (fit_session() != fit::same) return false;
        if (stack().empty() || result.wait_seq != out_.next.wait_seq) return false;
        const node* at = current_node();
        if (at == nullptr || !std::holds_alternative<call_node>(at->kind)) return false;
        for (const auto& [name, value] : result.vars) {
            assign(top(), name, value);
        }
        if (!leave(*at, fmt::format("on.{}", result.outcome))) error_ = errc::unexpected_result;
        return true;
    }

    /// False for a timer that something else was faster than.
    bool take_timer(const timer_event& timer) {
        if (fit_session() != fit::same) return false;
        if (stack().empty() || timer.wait_seq != out_.next.wait_seq) return false;
        const node* at = current_node();
        if (at == nullptr || !std::holds_alternative<ask_node>(at->kind)) return false;
        if (at->find_exit("on_timeout") == nullptr) return false;
        leave_wait(*at, "on_timeout");
        return true;
    }

    void take_message(const event& what) {
        const std::size_t frames = stack().size();
        const fit top_fit = fit_session();
        if (stack().empty()) return take_idle(what);
        const node& at = *current_node();
        const bool innermost_lost =
            stack().size() != frames && original_.stack.back().flow != top().flow;
        if (top_fit == fit::same && !innermost_lost && at.waits()) return take_answer(at, what);
        if (top_fit == fit::migrated && at.waits()) return take_answer(at, what);
        if (interrupt(what)) return;
        say_text("common.recovered");
        // Where the question is gone, the message cannot be an answer to the next one.
        const bool lost = top_fit != fit::migrated && !at.waits();
        go(lost ? top_flow().recover.name : at.name);
    }

    /// Moves every frame to the flows as they are now; frames of vanished flows are dropped. Tells
    /// how the innermost one fared.
    fit fit_session() {
        std::erase_if(stack(),
                      [&](const frame& each) { return model_.find_flow(each.flow) == nullptr; });
        fit last = fit::same;
        for (frame& each : stack()) {
            last = fit_frame(each);
        }
        return last;
    }

    fit fit_frame(frame& at) {
        const flow_def& flow = *model_.find_flow(at.flow);
        const node* known = flow.find_node(at.node);
        if (at.revision == flow.revision && known != nullptr) return fit::same;
        at.revision = flow.revision;
        const auto moved = std::ranges::find_if(
            flow.migrate, [&](const auto& each) { return each.first == at.node; });
        if (moved != flow.migrate.end()) {
            at.node = moved->second.name;
            return fit::migrated;
        }
        if (known != nullptr) return fit::same;
        at.node = flow.recover.name;
        at.retries = 0;
        return fit::recovered;
    }

    void take_idle(const event& what) {
        const auto* intents = intents_of(what);
        if (intents == nullptr) {
            say_text(cannot_use_key(what));
            return open_fresh(menu_flow, nullptr);
        }
        for (const intent& each : *intents) {
            if (follow(each)) return;
        }
        open_fresh(welcome_flow, nullptr);
    }

    void take_answer(const node& at, const event& what) {
        if (take_own_intent(at, what)) return;
        if (take_own(at, what)) return;
        if (interrupt(what)) return;
        if (const auto* ask = std::get_if<ask_node>(&at.kind)) return answer_ask(at, *ask, what);
        if (const auto* form = std::get_if<form_node>(&at.kind)) {
            return answer_form(at, *form, what);
        }
        if (text_of(what) != nullptr && at.find_exit("else") != nullptr) {
            return leave_wait(at, "else");
        }
        refuse(at, what, input_problem{"common.choose_again", {}});
    }

    /// The flow's own intent with something to fill in ("cek <nik> <name>" while the NIK is asked
    /// for) says more than the answer that could be read out of its words.
    bool take_own_intent(const node& at, const event& what) {
        const auto* intents = intents_of(what);
        if (intents == nullptr || std::holds_alternative<choose_node>(at.kind)) return false;
        const auto own = std::ranges::find_if(*intents, [&](const intent& each) {
            const auto opens = model_.intents.find(each.id);
            return each.confidence >= interrupt_confidence_min && !each.slots.empty() &&
                   opens != model_.intents.end() && opens->second == top().flow;
        });
        if (own == intents->end()) return false;
        // In place: what was told before and is not told anew still holds.
        fill_again(top_flow(), *own);
        return true;
    }

    /// An answer that the node takes before any word that works everywhere: its own option, or a
    /// whole message that is a valid answer of a type that is not just any text.
    bool take_own(const node& at, const event& what) {
        if (const auto* choose = std::get_if<choose_node>(&at.kind)) {
            const choose_option* picked =
                pick_option(*choose, model_.texts, out_.next.lang, out_.next.wait_seq, what);
            if (picked == nullptr) return false;
            if (!choose->into.empty()) assign(top(), choose->into, picked->value);
            leave_wait(at, fmt::format("option.{}", picked->value));
            return true;
        }
        const event input = as_input(what);
        if (const auto* ask = std::get_if<ask_node>(&at.kind)) {
            if (ask->type->free_text()) return false;
            auto value = ask->type->parse(input);
            if (!value) return false;
            assign(top(), ask->into, *value);
            leave_wait(at, "then");
            return true;
        }
        const auto* form = std::get_if<form_node>(&at.kind);
        const form_field* field = form == nullptr ? nullptr : first_empty_field(*form, top().vars);
        if (field == nullptr || field->type->free_text()) return false;
        if (!field->type->parse(input)) return false;
        answer_form(at, *form, what);
        return true;
    }

    void answer_ask(const node& at, const ask_node& ask, const event& what) {
        auto value = read_answer(*ask.type, what);
        if (!value) return refuse(at, what, value.error());
        assign(top(), ask.into, *value);
        leave_wait(at, "then");
    }

    void answer_form(const node& at, const form_node& form, const event& what) {
        // A form without an empty field only waits where the flow was changed under a citizen.
        if (first_empty_field(form, top().vars) == nullptr) return leave_wait(at, "then");
        form_answer answer = read_form(form, top().vars, what);
        if (answer.filled.empty()) {
            return refuse(at, what, answer.problem.value_or(input_problem{}));
        }
        for (const auto& [name, value] : answer.filled) {
            assign(top(), name, value);
        }
        if (answer.problem) say_problem(*answer.problem);
        top().retries = 0;
        if (first_empty_field(form, top().vars) == nullptr) return leave_wait(at, "then");
        ask_again(at);
    }

    /// An answer of no use: the reason and the question again in one bubble, a limited number of
    /// times.
    void refuse(const node& at, const event& what, const input_problem& problem) {
        const int limit = std::max(env_.limits.retries_max, 1);
        top().retries = std::min(top().retries, limit - 1) + 1;
        if (top().retries >= limit && at.find_exit("retry_exhausted") != nullptr) {
            return leave_wait(at, "retry_exhausted");
        }
        if (text_of(what) == nullptr) {
            say_text(cannot_use_key(what));
        } else {
            say_problem(problem);
        }
        ask_again(at);
    }

    // --- words that work everywhere --------------------------------------------------------

    bool interrupt(const event& what) {
        const auto* intents = intents_of(what);
        if (intents == nullptr) return false;
        return std::ranges::any_of(*intents, [&](const intent& each) {
            return each.confidence >= interrupt_confidence_min && follow(each);
        });
    }

    /// False for an intent that leads nowhere.
    bool follow(const intent& wanted) {
        if (wanted.id == "menu") {
            open_fresh(menu_flow, nullptr);
        } else if (wanted.id == "batal") {
            say_text("common.cancelled");
            open_fresh(menu_flow, nullptr);
        } else if (wanted.id == "kembali") {
            go_back();
        } else if (wanted.id == "bicara_petugas") {
            open_over(officer_flow, wanted);
        } else if (wanted.id == "bahasa") {
            open_over(language_flow, wanted);
        } else if (wanted.id.starts_with("bahasa_")) {
            const auto lang = language_from_string(std::string_view(wanted.id).substr(7));
            if (!lang) return false;
            switch_language(*lang);
        } else {
            const auto found = model_.intents.find(wanted.id);
            if (found == model_.intents.end()) return false;
            open_over(found->second, wanted);
        }
        return true;
    }

    void switch_language(language lang) {
        out_.next.lang = lang;
        say_text("language.switched");
        if (stack().empty()) return open_fresh(menu_flow, nullptr);
        const node* at = current_node();
        if (at != nullptr && at->waits()) {
            ask_again(*at);
        } else {
            go(top().node);
        }
    }

    /// The previous wait of this flow, else the menu.
    void go_back() {
        if (stack().empty()) return open_fresh(menu_flow, nullptr);
        const node* at = current_node();
        const auto* form = at == nullptr ? nullptr : std::get_if<form_node>(&at->kind);
        if (form != nullptr && forget_last_field(*form)) {
            top().retries = 0;
            return ask_again(*at);
        }
        while (!top().back.empty()) {
            const node* earlier = top_flow().find_node(top().back.back());
            top().back.pop_back();
            if (earlier == nullptr || !earlier->waits()) continue;
            forget(*earlier);
            top().retries = 0;
            return ask_again(*earlier);
        }
        open_fresh(menu_flow, nullptr);
    }

    /// Unsets the last filled field that stands before the one being asked for.
    bool forget_last_field(const form_node& form) {
        const form_field* asked = first_empty_field(form, top().vars);
        const form_field* last = nullptr;
        for (const form_field& each : form.fields) {
            if (&each == asked) break;
            last = &each;
        }
        return last != nullptr && top().vars.erase(last->into) > 0;
    }

    /// Unsets what a wait had been told, so that it asks again.
    void forget(const node& at) {
        if (const auto* form = std::get_if<form_node>(&at.kind)) {
            forget_last_field(*form);
            return;
        }
        for (const std::string& each : assigned_variables(at)) {
            top().vars.erase(each);
        }
    }

    // --- frames ----------------------------------------------------------------------------

    [[nodiscard]] std::vector<frame>& stack() { return out_.next.stack; }
    [[nodiscard]] frame& top() { return out_.next.stack.back(); }
    [[nodiscard]] const flow_def& top_flow() { return *model_.find_flow(top().flow); }
    [[nodiscard]] const node* current_node() {
        const flow_def* flow = model_.find_flow(top().flow);
        return flow == nullptr ? nullptr : flow->find_node(top().node);
    }

    void go(std::string_view target) { next_ = std::string(target); }

    void open_fresh(std::string_view name, const intent* opened_by) {
        stack().clear();
        push(name, opened_by);
    }

    /// Opens a flow over the current one; the flow's own intent starts it again in its place.
    void open_over(std::string_view name, const intent& opened_by) {
        const flow_def* flow = model_.find_flow(name);
        if (flow == nullptr) {
            error_ = errc::unknown_flow;
            return;
        }
        if (!stack().empty() && top().flow == name) return start_again(*flow, opened_by);
        // A conversation that wanders from flow to flow begins anew rather than fail at the limit.
        const auto depth = static_cast<int>(stack().size()) + flow->depth;
        if (depth > env_.limits.depth_max) stack().clear();
        push(name, &opened_by);
    }

    void start_again(const flow_def& flow, const intent& opened_by) {
        if (!runs_below()) {
            stack().pop_back();
            return push(flow.name, &opened_by);
        }
        // A sub-flow keeps what its caller gave it.
        fill_again(flow, opened_by);
    }

    void fill_again(const flow_def& flow, const intent& opened_by) {
        top().back.clear();
        top().retries = 0;
        fill_slots(flow, opened_by);
        go(flow.entry.name);
    }

    /// Whether the innermost flow was run by the one below, rather than opened by an interruption.
    bool runs_below() {
        if (stack().size() < 2) return false;
        const frame& below = stack()[stack().size() - 2];
        const flow_def* flow = model_.find_flow(below.flow);
        const node* at = flow == nullptr ? nullptr : flow->find_node(below.node);
        return at != nullptr && std::holds_alternative<run_node>(at->kind);
    }

    void push(std::string_view name, const intent* opened_by) {
        const flow_def* flow = model_.find_flow(name);
        if (flow == nullptr) {
            error_ = errc::unknown_flow;
            return;
        }
        stack().push_back(frame{flow->name, flow->revision, flow->entry.name, {}, 0, {}, {}});
        if (opened_by != nullptr) fill_slots(*flow, *opened_by);
        go(flow->entry.name);
    }

    /// What the opening text already said, where the input type that it is for can use it; what it
    /// cannot use is explained before the question follows.
    void fill_slots(const flow_def& flow, const intent& opened_by) {
        for (const auto& [slot, variable] : flow.slots) {
            const auto raw = opened_by.slots.find(slot);
            const input_type* type = flow.type_of(variable.name);
            if (raw == opened_by.slots.end() || type == nullptr) continue;
            auto value = type->parse(text_event{raw->second, {}});
            if (!value) say_problem(value.error());
            if (!value || value->empty()) continue;
            assign(top(), variable.name, *std::move(value));
            if (std::ranges::find(top().given, variable.name) == top().given.end()) {
                top().given.push_back(variable.name);
            }
        }
    }

    /// Sets a variable within the limits: a long value is cut, and a variable that the flow itself
    /// does not name only gets room that those it names leave over.
    void assign(frame& at, const std::string& name, std::string_view raw) {
        const auto bytes_max = static_cast<std::size_t>(std::max(env_.limits.var_bytes_max, 0));
        std::string value(utf8_prefix_bytes(utf8_repair(raw), bytes_max));
        if (value.empty()) {
            at.vars.erase(name);
            return;
        }
        if (!at.vars.contains(name) && !has_room(at, name)) return;
        at.vars.insert_or_assign(utf8_repair(name), std::move(value));
    }

    bool has_room(const frame& at, const std::string& name) const {
        const flow_def* flow = model_.find_flow(at.flow);
        if (flow == nullptr) return false;
        if (flow->variables.contains(name)) return true;
        const auto reserved = std::ranges::count_if(
            flow->variables, [&](const std::string& each) { return !at.vars.contains(each); });
        const auto used = static_cast<std::ptrdiff_t>(at.vars.size()) + reserved;
        return used < env_.limits.vars_max;
    }

    // --- nodes -----------------------------------------------------------------------------

    /// Enters the next node.
    void pass() {
        const std::string name = *std::exchange(next_, std::nullopt);
        if (++steps_ > env_.limits.steps_max) {
            error_ = errc::too_many_steps;
            return;
        }
        const node* at = top_flow().find_node(name);
        if (at == nullptr) {
            go(top_flow().recover.name);
            return;
        }
        top().node = at->name;
        std::visit([&](const auto& kind) { enter(*at, kind); }, at->kind);
    }

    void enter(const node& at, const say_node& kind) {
        say_text(kind.text);
        leave(at, "then");
    }

    void enter(const node& at, const ask_node& kind) {
        top().retries = 0;
        if (std::erase(top().given, kind.into) > 0 && top().vars.contains(kind.into)) {
            leave(at, "then");
            return;
        }
        ask_again(at);
    }

    void enter(const node& at, const choose_node& /*kind*/) {
        top().retries = 0;
        ask_again(at);
    }

    void enter(const node& at, const form_node& kind) {
        top().retries = 0;
        if (first_empty_field(kind, top().vars) == nullptr) {
            leave(at, "then");
            return;
        }
        ask_again(at);
    }

    void enter(const node& at, const branch_node& kind) {
        const auto value = top().vars.find(kind.variable);
        const std::string exit =
            fmt::format("is.{}", value == top().vars.end() ? std::string() : value->second);
        leave(at, at.find_exit(exit) == nullptr ? std::string_view("else") : exit);
    }

    void enter(const node& at, const set_node& kind) {
        for (const auto& [variable, value] : kind.values) {
            assign(top(), variable, value.render(top().vars, env_.facts));
        }
        leave(at, "then");
    }

    void enter(const node& at, const call_node& kind) {
        var_map args;
        for (const auto& [argument, variable] : kind.with) {
            const auto value = top().vars.find(variable);
            args.emplace(argument, value == top().vars.end() ? std::string() : value->second);
        }
        if (kind.operation == set_language_operation) {
            const auto lang = language_from_string(args["language"]);
            if (lang) {
                out_.next.lang = *lang;
                leave(at, "on.done");
            } else {
                error_ = lang.error();
            }
            return;
        }
        out_.effects.emplace_back(call{kind.operation, std::move(args), ++out_.next.wait_seq});
    }

    void enter(const node& /*at*/, const run_node& kind) {
        if (static_cast<int>(stack().size()) >= env_.limits.depth_max) {
            error_ = errc::stack_too_deep;
            return;
        }
        const var_map ours = top().vars;
        push(kind.flow, nullptr);
        if (error_) return;
        for (const auto& [theirs, variable] : kind.with) {
            const auto value = ours.find(variable);
            if (value != ours.end()) assign(top(), theirs, value->second);
        }
    }

    void enter(const node& at, const handoff_node& kind) {
        out_.effects.emplace_back(handoff{kind.topic});
        leave(at, "then");
    }

    void enter(const node& at, const end_node& kind) {
        out_.path.push_back({top().flow, at.name, "end"});
        const frame ended = std::move(top());
        stack().pop_back();
        if (stack().empty()) return;
        const node* below = current_node();
        if (below == nullptr) return go(top_flow().recover.name);
        // An interruption: the question that it interrupted is asked again in the same bubble.
        if (below->waits()) return ask_again(*below);
        const auto* run = std::get_if<run_node>(&below->kind);
        if (run == nullptr) return go(below->name);
        if (run->flow == ended.flow) {
            for (const auto& [ours, theirs] : run->take) {
                const auto value = ended.vars.find(theirs);
                assign(top(), ours, value == ended.vars.end() ? std::string() : value->second);
            }
            if (leave(*below, fmt::format("on.{}", kind.outcome))) return;
        }
        go(top_flow().recover.name);
    }

    /// Takes an exit of the innermost flow's node; false if there is none of that name.
    bool leave(const node& at, std::string_view exit) {
        const node_exit* found = at.find_exit(exit);
        if (found == nullptr) return false;
        out_.path.push_back({top().flow, at.name, found->name});
        go(found->target);
        return true;
    }

    /// Leaves a wait, which `kembali` may come back to.
    void leave_wait(const node& at, std::string_view exit) {
        top().retries = 0;
        top().back.push_back(at.name);
        if (top().back.size() > back_max) top().back.erase(top().back.begin());
        if (!leave(at, exit)) go(top_flow().recover.name);
    }

    // --- texts -----------------------------------------------------------------------------

    void say_text(std::string_view key) {
        static const var_map none;
        const var_map& vars = stack().empty() ? none : top().vars;
        add_say(model_.texts.text(out_.next.lang, key, vars, env_.facts));
    }

    void say_problem(const input_problem& problem) {
        add_say(model_.texts.text(out_.next.lang, problem.text_key, problem.vars, env_.facts));
    }

    void add_say(std::string text) {
        if (!text.empty()) out_.effects.emplace_back(say{std::move(text)});
    }

    /// Asks a waiting node's question, as a wait of its own: what belongs to the wait before is
    /// stale from now on.
    void ask_again(const node& at) {
        top().node = at.name;
        ++out_.next.wait_seq;
        if (const auto* ask = std::get_if<ask_node>(&at.kind)) {
            say_text(ask->text);
            if (ask->timeout_ms > 0) {
                out_.effects.emplace_back(start_timer{ask->timeout_ms, out_.next.wait_seq});
            }
        } else if (const auto* choose = std::get_if<choose_node>(&at.kind)) {
            say_text(choose->text);
            out_.effects.emplace_back(options_of(*choose));
        } else if (const auto* form = std::get_if<form_node>(&at.kind)) {
            const form_field* field = first_empty_field(*form, top().vars);
            // Only a flow changed under a citizen leaves a filled form waiting; it goes on.
            if (field == nullptr) return go(at.name);
            say_text(field->text);
        }
    }

    prompt options_of(const choose_node& choose) {
        prompt out;
        const language lang = out_.next.lang;
        for (const choose_option& each : choose.options) {
            out.options.push_back(
                {option_id(out_.next.wait_seq, each.value),
                 model_.texts.text(lang, each.text, {}, env_.facts),
                 each.about.empty() ? "" : model_.texts.text(lang, each.about, {}, env_.facts)});
        }
        if (!choose.list.empty()) {
            out.list_label = model_.texts.text(lang, choose.list, {}, env_.facts);
        }
        return out;
    }

    const flow_model& model_;
    const environment& env_;
    session original_;
    step_result out_;
    std::optional<std::string> next_;
    std::optional<errc> error_;
    int steps_ = 0;
};

}  // namespace

std::expected<step_result, errc> step(const flow_set& flows, session current, const event& what,
                                      const environment& env) {
    return stepper(flows.model(), std::move(current), env).run(what);
}

}  // namespace siwareng::dialogs
