#include "bot/commands/commands.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace siwareng::bot {

void add_config_options(CLI::App& command, config_options& into, bool required) {
    command.add_option("--config", into.file, "Configuration file (TOML)")
        ->required(required)
        ->type_name("FILE");
    command.add_option("--set", into.overrides, "Override one setting: section.key=value")
        ->type_name("KEY=VALUE");
}

std::optional<config> load_or_explain(const config_options& options, const command_world& world,
                                      bool secrets_needed) {
    auto settings =
        load_config({options.file, world.environment, options.overrides, secrets_needed});
    if (!settings) {
        for (const auto& error : settings.error()) {
            fmt::print(stderr, "{}\n", to_string(error));
        }
        return std::nullopt;
    }
    return *std::move(settings);
}

const office_config* choose_office(const config& settings, const std::string& id) {
    if (id.empty() && settings.offices.size() == 1) {
        return &settings.offices.front();
    }
    const auto* office = settings.find_office(id);
    if (office == nullptr) {
        std::string known;
        for (const auto& each : settings.offices) {
            known += (known.empty() ? "" : ", ") + each.id;
        }
        fmt::print(stderr, "--office: {}; configured are: {}\n",
                   id.empty() ? "say which office" : "no office '" + id + "'", known);
    }
    return office;
}

void add_commands(CLI::App& app, const command_world& world, int& status) {
    add_init_command(app, world, status);
    add_serve_command(app, world, status);
    add_roll_commands(app, world, status);
    add_flows_commands(app, status);
    add_config_commands(app, world, status);
    add_backup_command(app, world, status);
    app.add_subcommand("version", "Print the version")->callback([] {
        fmt::print("siwareng {}\n", SIWARENG_VERSION);
    });
}

}  // namespace siwareng::bot
