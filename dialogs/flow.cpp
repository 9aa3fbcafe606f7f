#include "dialogs/flow.hpp"

#include "dialogs/diagram.hpp"
#include "dialogs/flow_check.hpp"
#include "dialogs/flow_loader.hpp"
#include "dialogs/flow_model.hpp"
#include "dialogs/locale.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

namespace siwareng::dialogs {
namespace {

class loaded_flows final : public flow_set {
  public:
    explicit loaded_flows(flow_model model) : model_(std::move(model)) {}

    [[nodiscard]] std::vector<std::string> flow_names() const override {
        std::vector<std::string> out;
        for (const auto& [name, flow] : model_.flows) {
            out.push_back(name);
        }
        return out;
    }

    [[nodiscard]] std::vector<path_entry> exits() const override {
        std::vector<path_entry> out;
        for (const auto& [name, flow] : model_.flows) {
            for (const node& each : flow.nodes) {
                for (const node_exit& exit : each.exits) {
                    out.push_back({name, each.name, exit.name});
                }
                if (std::holds_alternative<end_node>(each.kind)) {
                    out.push_back({name, each.name, "end"});
                }
            }
        }
        return out;
    }

    [[nodiscard]] std::string diagram(std::string_view flow,
                                      const std::vector<path_entry>& taken) const override {
        const flow_def* found = model_.find_flow(flow);
        return found == nullptr ? std::string() : draw_flow(*found, taken);
    }

    [[nodiscard]] std::string text(language lang, std::string_view key,
                                   const var_map& vars) const override {
        return model_.texts.text(lang, key, vars, {});
    }

    [[nodiscard]] const flow_model& model() const override { return model_; }

  private:
    flow_model model_;
};

/// In the order of files and lines, as a person works through them; without repetitions, which
/// arise where several nodes use the same faulty text.
void tidy(std::vector<content_problem>& problems) {
    const auto order = [](const content_problem& each) {
        return std::tie(each.file, each.line, each.message);
    };
    std::ranges::sort(problems, {}, order);
    const auto rest = std::ranges::unique(problems);
    problems.erase(rest.begin(), rest.end());
}

}  // namespace

std::expected<std::shared_ptr<const flow_set>, std::vector<content_problem>> load_flows(
    const content_files& files, const std::vector<operation_signature>& operations) {
    std::vector<content_problem> problems;
    flow_model model;
    model.texts = load_catalog(files, problems);
    std::set<std::string, std::less<>> unsound;
    constexpr std::string_view prefix = "flows/";
    constexpr std::string_view suffix = ".toml";
    for (const auto& [file, text] : files) {
        if (!file.starts_with(prefix) || !file.ends_with(suffix)) continue;
        loaded_flow loaded = load_flow(file, text, problems);
        const std::string name =
            file.substr(prefix.size(), file.size() - prefix.size() - suffix.size());
        loaded.flow.name = name;
        if (!loaded.sound) unsound.insert(name);
        model.flows.emplace(name, std::move(loaded.flow));
    }
    const check_context context{model, operations, unsound, problems};
    check_references(context);
    check_graphs(context);
    tidy(problems);
    if (!problems.empty()) return std::unexpected(std::move(problems));
    for (auto& [name, flow] : model.flows) {
        flow.depth = stack_depth(model, flow);
        for (const located_name& each : flow.intents) {
            model.intents.emplace(each.name, name);
        }
    }
    return std::make_shared<const loaded_flows>(std::move(model));
}

}  // namespace siwareng::dialogs
