#include "bot/commands/commands.hpp"
#include "bot/loaded_content.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;

std::optional<loaded_content> load_or_print(const std::string& dir) {
    auto content = load_all_content(dir);
    if (!content) {
        for (const auto& problem : content.error()) {
            fmt::print(stderr, "{}\n", problem);
        }
        fmt::print(stderr, "{} problem(s)\n", content.error().size());
        return std::nullopt;
    }
    return *std::move(content);
}

int check(const std::string& dir) {
    const auto content = load_or_print(dir);
    if (!content) {
        return exit_failed;
    }
    const auto names = content->flows->flow_names();
    fmt::print("{} flows, {} exits: all is well\n", names.size(), content->flows->exits().size());
    return exit_ok;
}

int draw(const std::string& dir, const std::string& flow, const std::string& out) {
    const auto content = load_or_print(dir);
    if (!content) {
        return exit_failed;
    }
    for (const auto& name : content->flows->flow_names()) {
        if (!flow.empty() && flow != name) {
            continue;
        }
        const auto diagram = content->flows->diagram(name);
        if (out.empty()) {
            fmt::print("{}", diagram);
            continue;
        }
        const auto file = fs::path(out) / (name + ".md");
        std::ofstream stream(file, std::ios::binary);
        stream << "# " << name << "\n\n```mermaid\n" << diagram << "```\n";
        if (!stream.flush()) {
            fmt::print(stderr, "cannot write '{}'\n", file.string());
            return exit_failed;
        }
    }
    return exit_ok;
}

}  // namespace

void add_flows_commands(CLI::App& app, int& status) {
    auto* flows = app.add_subcommand("flows", "Check and draw the conversations");
    flows->require_subcommand(1);
    flows->footer("Example:\n  siwareng flows check --dir /etc/siwareng/content");

    auto dir = std::make_shared<std::string>();
    auto* check_command = flows->add_subcommand("check", "Validate all flows and texts");
    check_command->add_option("--dir", *dir, "Folder of overrides (content.dir)")->type_name("DIR");
    check_command->footer("Example:\n  siwareng flows check");
    check_command->callback([dir, &status] { status = check(*dir); });

    auto flow = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    auto* diagram_command = flows->add_subcommand("diagram", "Draw flows as Mermaid charts");
    diagram_command->add_option("flow", *flow, "One flow; all if left out");
    diagram_command->add_option("--dir", *dir, "Folder of overrides (content.dir)")
        ->type_name("DIR");
    diagram_command->add_option("--out", *out, "Write one .md file a flow into this folder")
        ->type_name("DIR");
    diagram_command->footer("Example:\n  siwareng flows diagram voter_status");
    diagram_command->callback([dir, flow, out, &status] { status = draw(*dir, *flow, *out); });
}

}  // namespace siwareng::bot
