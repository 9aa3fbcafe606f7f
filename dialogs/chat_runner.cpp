#include "dialogs/chat_runner.hpp"

#include "dialogs/chat_player.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace siwareng::dialogs {
namespace {

using nlohmann::json;

constexpr std::string_view wildcard = "{{*}}";

bool matches_value(const json& expected, const json& actual) {
    if (expected.is_string() && actual.is_string()) {
        return matches_line(expected.get_ref<const std::string&>(),
                            actual.get_ref<const std::string&>());
    }
    return expected == actual;
}

/// Whether an operation was called as the record says.
bool matches_call(const chat_operation& expected, const call& actual) {
    if (expected.name != actual.operation) return false;
    const json args = json::parse(expected.args, nullptr, false);
    const json seen = actual.args;
    if (!args.is_object() || args.size() != seen.size()) return false;
    for (const auto& [name, value] : args.items()) {
        const auto found = seen.find(name);
        if (found == seen.end() || !matches_value(value, *found)) return false;
    }
    return true;
}

bool matches_reply(const std::vector<std::string>& expected, const bubble& sent) {
    const std::vector<std::string> lines = chat_lines(sent);
    return std::ranges::equal(expected, lines, matches_line);
}

/// The lines that were sent, with the expected ones kept at both ends as far as they match, so that
/// wildcards outlive a rewriting.
std::vector<std::string> merge_lines(const std::vector<std::string>& expected, const bubble& sent) {
    std::vector<std::string> out = chat_lines(sent);
    const std::size_t common = std::min(expected.size(), out.size());
    std::size_t before = 0;
    while (before < common && matches_line(expected[before], out[before])) {
        out[before] = expected[before];
        ++before;
    }
    for (std::size_t behind = 1; behind <= common - before; ++behind) {
        const std::string& wanted = expected[expected.size() - behind];
        std::string& actual = out[out.size() - behind];
        if (!matches_line(wanted, actual)) break;
        actual = wanted;
    }
    return out;
}

bool is_message(const chat_record& record) {
    return std::holds_alternative<chat_text>(record.content) ||
           std::holds_alternative<chat_tap>(record.content) ||
           std::holds_alternative<chat_row>(record.content) ||
           std::holds_alternative<chat_attachment>(record.content) ||
           std::holds_alternative<chat_again>(record.content);
}

/// Writes a turn's records anew from what happened, keeping all that matched.
class turn_rewriter final {
  public:
    turn_rewriter(const std::vector<chat_record>& records, const chat_observation& seen)
        : records_(records), seen_(seen) {
        replies_ = static_cast<std::size_t>(std::ranges::count_if(records, [](const auto& each) {
            return std::holds_alternative<chat_reply>(each.content);
        }));
    }

    std::vector<chat_record> rewrite() {
        add(records_.front());
        for (std::size_t at = 1; at < records_.size(); ++at) {
            const chat_record& each = records_[at];
            const bool before_replies = std::holds_alternative<chat_operation>(each.content) ||
                                        std::holds_alternative<chat_result>(each.content);
            if (!before_replies) finish_operations();
            std::visit([&](const auto& content) { rewrite_record(each, content); }, each.content);
        }
        finish_operations();
        return std::move(out_);
    }

  private:
    void rewrite_record(const chat_record& record, const chat_operation& expected) {
        if (!seen_.operations) return add(record);
        result_follows_ = next_call_ < seen_.operations->size();
        if (!result_follows_) return;
        const call& actual = (*seen_.operations)[next_call_++];
        if (matches_call(expected, actual)) {
            add(record);
        } else {
            add({record.line, record_of(actual)});
        }
    }

    void rewrite_record(const chat_record& record, const chat_result& /*expected*/) {
        // A result that no operation used disappears, which the comparison then shows.
        const bool keep = !seen_.operations || std::exchange(result_follows_, false);
        if (keep) add(record);
    }

    void rewrite_record(const chat_record& record, const chat_reply& expected) {
        const bool last = ++replies_met_ == replies_;
        if (next_reply_ < seen_.sent.size()) {
            const bubble& actual = seen_.sent[next_reply_++];
            if (matches_reply(expected.lines, actual)) {
                add(record);
            } else {
                add({record.line, chat_reply{merge_lines(expected.lines, actual)}});
            }
        } else if (replies_met_ == 1) {
            add({record.line, chat_reply{}});
        }
        if (last) add_replies();
    }

    void rewrite_record(const chat_record& record, const chat_position& expected) {
        if (!seen_.position || matches_line(expected.where, *seen_.position)) return add(record);
        add({record.line, chat_position{*seen_.position}});
    }

    void rewrite_record(const chat_record& record, const chat_variable& expected) {
        if (!seen_.variables) return add(record);
        const auto found = seen_.variables->find(expected.name);
        const std::string value = found == seen_.variables->end() ? "" : found->second;
        if (matches_line(expected.value, value)) return add(record);
        add({record.line, chat_variable{expected.name, value}});
    }

    template <typename other>
    void rewrite_record(const chat_record& record, const other& /*content*/) {
        add(record);
    }

    /// Calls and replies that the file does not have, right after those it has.
    void finish_operations() {
        if (std::exchange(finished_, true)) return;
        while (seen_.operations && next_call_ < seen_.operations->size()) {
            add({0, record_of((*seen_.operations)[next_call_++])});
        }
        if (replies_ > 0) return;
        if (seen_.sent.empty() && is_message(records_.front())) add({0, chat_reply{}});
        add_replies();
    }

    void add_replies() {
        while (next_reply_ < seen_.sent.size()) {
            add({0, chat_reply{chat_lines(seen_.sent[next_reply_++])}});
        }
    }

    void add(chat_record record) { out_.push_back(std::move(record)); }

    const std::vector<chat_record>& records_;
    const chat_observation& seen_;
    std::vector<chat_record> out_;
    std::size_t replies_ = 0;
    std::size_t replies_met_ = 0;
    std::size_t next_call_ = 0;
    std::size_t next_reply_ = 0;
    bool result_follows_ = false;
    bool finished_ = false;
};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// The lines that differ between two texts, with those before them and behind them for orientation.
std::string line_difference(std::string_view expected, std::string_view seen) {
    const auto ours = lines_of(expected);
    const auto theirs = lines_of(seen);
    const auto [first, other] = std::ranges::mismatch(ours, theirs);
    const auto same_before = static_cast<std::size_t>(first - ours.begin());
    std::size_t same_behind = 0;
    while (same_behind < std::min(ours.size(), theirs.size()) - same_before &&
           ours[ours.size() - 1 - same_behind] == theirs[theirs.size() - 1 - same_behind]) {
        ++same_behind;
    }
    std::string out;
    const auto add = [&](char mark, std::string_view line) {
        out += fmt::format("{} {}\n", mark, line);
    };
    for (std::size_t at = 0; at < same_before; ++at) {
        add(' ', ours[at]);
    }
    for (std::size_t at = same_before; at < ours.size() - same_behind; ++at) {
        add('-', ours[at]);
    }
    for (std::size_t at = same_before; at < theirs.size() - same_behind; ++at) {
        add('+', theirs[at]);
    }
    for (std::size_t at = ours.size() - same_behind; at < ours.size(); ++at) {
        add(' ', ours[at]);
    }
    return out;
}

class chat_run final {
  public:
    chat_run(const chat_file& file, std::string_view name, chat_driver& driver)
        : file_(file), name_(name), driver_(driver), player_(driver) {}

    chat_outcome run() {
        outcome_.passed = true;
        std::size_t at = 0;
        while (at < file_.records.size() && !file_.records[at].acts()) {
            const chat_record& record = file_.records[at++];
            outcome_.rewritten.records.push_back(record);
            if (std::holds_alternative<chat_comment>(record.content)) continue;
            fail(record.line, "nothing has happened yet that this could be the outcome of\n", true);
        }
        while (at < file_.records.size() && !outcome_.broken) {
            std::size_t end = at + 1;
            while (end < file_.records.size() && !file_.records[end].acts()) {
                ++end;
            }
            const auto begin = file_.records.begin();
            run_turn({begin + static_cast<std::ptrdiff_t>(at),
                      begin + static_cast<std::ptrdiff_t>(end)});
            at = end;
        }
        return std::move(outcome_);
    }

  private:
    void run_turn(const std::vector<chat_record>& turn) {
        driver_.script(scripted(turn));
        auto seen = player_.play(turn.front().content);
        if (!seen) return fail(turn.front().line, seen.error() + "\n", true);
        std::vector<chat_record> rewritten = turn_rewriter(turn, *seen).rewrite();
        const std::string expected = print_chat({turn});
        const std::string happened = print_chat({rewritten});
        auto& records = outcome_.rewritten.records;
        std::ranges::move(rewritten, std::back_inserter(records));
        if (expected == happened) return;
        fail(turn.front().line, "\n" + line_difference(expected, happened), false);
    }

    static std::vector<result_event> scripted(const std::vector<chat_record>& turn) {
        std::vector<result_event> out;
        for (const chat_record& each : turn) {
            const auto* result = std::get_if<chat_result>(&each.content);
            if (result == nullptr) continue;
            result_event made;
            made.outcome = result->outcome;
            const json vars = json::parse(result->vars, nullptr, false);
            if (vars.is_object()) {
                for (const auto& [name, value] : vars.items()) {
                    if (value.is_string()) made.vars.emplace(name, value.get<std::string>());
                }
            }
            out.push_back(std::move(made));
        }
        return out;
    }

    /// Only the first difference is reported: those behind it mostly follow from it.
    void fail(int line, std::string_view message, bool broken) {
        if (outcome_.passed) outcome_.report = fmt::format("{}:{}: {}", name_, line, message);
        outcome_.passed = false;
        outcome_.broken = outcome_.broken || broken;
    }

    const chat_file& file_;
    std::string_view name_;
    chat_driver& driver_;
    chat_outcome outcome_;
    chat_player player_;
};

}  // namespace

bool matches_line(std::string_view expected, std::string_view line) {
    std::size_t next = expected.find(wildcard);
    if (next == std::string_view::npos) return expected == line;
    if (!line.starts_with(expected.substr(0, next))) return false;
    line.remove_prefix(next);
    while (true) {
        expected.remove_prefix(next + wildcard.size());
        next = expected.find(wildcard);
        if (next == std::string_view::npos) return line.ends_with(expected);
        const std::size_t found = line.find(expected.substr(0, next));
        if (found == std::string_view::npos) return false;
        line.remove_prefix(found + next);
    }
}

chat_outcome run_chat(const chat_file& file, std::string_view name, chat_driver& driver) {
    return chat_run(file, name, driver).run();
}

}  // namespace siwareng::dialogs
