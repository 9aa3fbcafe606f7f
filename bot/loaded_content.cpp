#include "bot/loaded_content.hpp"

#include "bot/content/content.hpp"
#include "bot/operations.hpp"

#include <utility>

namespace siwareng::bot {

std::expected<loaded_content, std::vector<std::string>> load_all_content(const std::string& dir) {
    auto files = load_content(dir);
    if (!files) {
        return std::unexpected(std::vector<std::string>{files.error()});
    }
    std::vector<std::string> problems;
    const auto collect = [&](const std::vector<dialogs::content_problem>& found) {
        for (const auto& each : found) {
            problems.push_back(to_string(each));
        }
    };
    loaded_content out;
    out.files = *std::move(files);
    auto flows = dialogs::load_flows(out.files, operation_signatures());
    auto understanding = dialogs::create_understander(out.files);
    auto regions = dialogs::create_region_table(out.files);
    if (!flows) collect(flows.error());
    if (!understanding) collect(understanding.error());
    if (!regions) collect(regions.error());
    if (!problems.empty()) {
        return std::unexpected(problems);
    }
    out.flows = *std::move(flows);
    out.understanding = *std::move(understanding);
    out.regions = *std::move(regions);
    return out;
}

}  // namespace siwareng::bot
