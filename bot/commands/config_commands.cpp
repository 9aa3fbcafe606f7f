#include "bot/commands/commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace siwareng::bot {

void add_config_commands(CLI::App& app, const command_world& world, int& status) {
    auto* config_command = app.add_subcommand("config", "Print and check the configuration");
    config_command->require_subcommand(1);
    config_command->footer("Example:\n  siwareng config check --config siwareng.toml");

    auto options = std::make_shared<config_options>();
    auto reference = std::make_shared<bool>(false);
    auto* print = config_command->add_subcommand("print", "Every value in force, secrets hidden");
    add_config_options(*print, *options, false);
    print->add_flag("--reference", *reference,
                    "Print the commented file with all defaults instead");
    print->footer("Example:\n  siwareng config print --config siwareng.toml");
    print->callback([options, reference, &world, &status] {
        if (*reference) {
            fmt::print("{}", config_reference());
            return;
        }
        const auto settings = load_or_explain(*options, world, false);
        if (settings) {
            fmt::print("{}", print_config(*settings));
        }
        status = settings ? exit_ok : exit_usage;
    });

    auto* check = config_command->add_subcommand("check", "Is everything there that serve needs?");
    add_config_options(*check, *options);
    check->footer("Example:\n  siwareng config check --config siwareng.toml");
    check->callback([options, &world, &status] {
        const auto settings = load_or_explain(*options, world, true);
        if (!settings) {
            status = exit_usage;
            return;
        }
        for (const auto& line : disabled_limits(*settings)) {
            fmt::print("note: {}\n", line);
        }
        fmt::print("{} office(s): all is well\n", settings->offices.size());
    });
}

}  // namespace siwareng::bot
