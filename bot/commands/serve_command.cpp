#include "bot/commands/commands.hpp"
#include "bot/serve.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace siwareng::bot {

void add_serve_command(CLI::App& app, const command_world& world, int& status) {
    auto* command = app.add_subcommand("serve", "Run the server");
    auto options = std::make_shared<config_options>();
    add_config_options(*command, *options);
    command->footer(
        "Example:\n  siwareng serve --config /etc/siwareng/siwareng.toml --set server.port=8081");
    command->callback([options, &world, &status] {
        const auto settings = load_or_explain(*options, world, true);
        if (!settings) {
            status = exit_usage;
            return;
        }
        spdlog::set_default_logger(spdlog::stderr_color_mt("siwareng"));
        spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
        spdlog::set_level(spdlog::level::from_str(settings->log_level));
        spdlog::flush_on(spdlog::level::info);
        status = serve(*settings);
    });
}

}  // namespace siwareng::bot
