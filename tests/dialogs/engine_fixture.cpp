#include "tests/dialogs/engine_fixture.hpp"

#include "dialogs/flow_model.hpp"
#include "dialogs/input.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace siwareng::dialogs {
namespace {

/// A flow that says its name and waits for one of two taps.
std::string plain_flow(std::string_view name) {
    return fmt::format(R"(
flow = "{0}"
revision = 1
entry = "top"
outcomes = ["done"]
[node.top]
choose = "{0}.text"
options = [
    {{ value = "one", text = "plain.one", then = "bye" }},
    {{ value = "two", text = "plain.two", then = "top" }},
]
retry_exhausted = "bye"
[node.bye]
end = "done"
)",
                       name);
}

/// JSON's escapes are TOML's.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump();
}

}  // namespace

const std::vector<operation_signature>& test_operations() {
    static const std::vector<operation_signature> operations = {
        {"test.check", {"nik", "name"}, {"found", "missing"}},
        {"test.touch", {}, {"done"}},
    };
    return operations;
}

content_files make_content(const std::map<std::string, std::string>& flows,
                           const std::map<std::string, std::string>& texts) {
    content_files out;
    std::map<std::string, std::string> all_texts = {{"plain.one", "Satu"}, {"plain.two", "Dua"}};
    for (const std::string_view name : {welcome_flow, menu_flow, officer_flow, language_flow}) {
        out.emplace(fmt::format("flows/{}.toml", name), plain_flow(name));
        all_texts.emplace(fmt::format("{}.text", name), fmt::format("({})", name));
    }
    for (const auto& [name, text] : flows) {
        out.insert_or_assign(fmt::format("flows/{}.toml", name), text);
    }
    for (const std::string& key : engine_texts()) {
        all_texts.emplace(key, fmt::format("<{}>", key));
    }
    for (const std::string_view type : input_type_names()) {
        for (const std::string& key : find_input_type(type)->text_keys()) {
            all_texts.emplace(key, fmt::format("<{}>", key));
        }
    }
    for (const auto& [key, text] : texts) {
        all_texts.insert_or_assign(key, text);
    }
    for (const language lang : all_languages) {
        std::string file;
        for (const auto& [key, text] : all_texts) {
            const std::string prefix =
                lang == language::id ? "" : fmt::format("{}:", to_string(lang));
            file += fmt::format("{} = {}\n", quoted(key), quoted(prefix + text));
        }
        out.emplace(fmt::format("locale/{}.toml", to_string(lang)), file);
    }
    return out;
}

std::shared_ptr<const flow_set> make_flows(const std::map<std::string, std::string>& flows,
                                           const std::map<std::string, std::string>& texts) {
    auto loaded = load_flows(make_content(flows, texts), test_operations());
    if (loaded) return *std::move(loaded);
    for (const content_problem& each : loaded.error()) {
        std::cerr << to_string(each) << '\n';
    }
    std::abort();
}

std::vector<intent> test_intents(std::string_view text) {
    static const std::map<std::string, std::string, std::less<>> words = {
        {"menu", "menu"},     {"batal", "batal"},     {"kembali", "kembali"},
        {"bahasa", "bahasa"}, {"sunda", "bahasa_su"}, {"petugas", "bicara_petugas"},
    };
    if (const auto found = words.find(text); found != words.end()) {
        return {intent{found->second, 1.0, {}}};
    }
    if (!text.starts_with("cek")) return {};
    intent check{"cek", 1.0, {}};
    if (text.size() >= 20) {
        check.slots.emplace("nik", text.substr(4, 16));
        if (text.size() > 21) check.slots.emplace("name", text.substr(21));
    }
    return {check};
}

std::string conversation::says(std::string_view text) {
    return gets(text_event{std::string(text), test_intents(text)});
}

std::string conversation::taps(std::string_view title) {
    const auto found = std::ranges::find(shown.options, title, &option::title);
    if (found == shown.options.end()) return fmt::format("no button [{}]", title);
    const option& chosen = *found;
    return gets(tap_event{chosen.id, chosen.title, test_intents(chosen.title)});
}

std::string conversation::opens(std::string_view intent_id, const var_map& slots) {
    return gets(text_event{"", {intent{std::string(intent_id), 1.0, slots}}});
}

std::string conversation::gets(const event& what) {
    const auto perform = [&](const call& wanted) -> std::expected<result_event, errc> {
        calls.push_back(wanted);
        if (results.empty()) return result_event{0, "done", {}};
        result_event next = results.front();
        results.erase(results.begin());
        return next;
    };
    calls.clear();
    auto done = run_turn(*flows_, now, what, env, perform);
    if (!done) return fmt::format("error: {}", to_string(done.error()));
    now = std::move(done->next);
    shown = std::move(done->reply);
    effects = std::move(done->effects);
    path = std::move(done->path);
    std::string out = shown.text;
    for (const option& each : shown.options) {
        out += fmt::format("\n[{}]", each.title);
    }
    return out;
}

std::string conversation::where() const {
    if (now.stack.empty()) return "idle";
    return fmt::format("{}/{}", now.stack.back().flow, now.stack.back().node);
}

std::string conversation::var(std::string_view name) const {
    if (now.stack.empty()) return "";
    const auto found = now.stack.back().vars.find(name);
    return found == now.stack.back().vars.end() ? "" : found->second;
}

}  // namespace siwareng::dialogs
