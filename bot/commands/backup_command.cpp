#include "bot/commands/commands.hpp"
#include "storage/ports.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

namespace siwareng::bot {

void add_backup_command(CLI::App& app, const command_world& world, int& status) {
    auto* command = app.add_subcommand("backup", "Copy the database while the server runs");
    auto options = std::make_shared<config_options>();
    auto out = std::make_shared<std::string>();
    add_config_options(*command, *options);
    command->add_option("--out", *out, "The new file")->required()->type_name("FILE");
    command->footer("Example:\n  siwareng backup --config siwareng.toml --out /backup/monday.db");
    command->callback([options, out, &world, &status] {
        const auto settings = load_or_explain(*options, world, false);
        if (!settings) {
            status = exit_usage;
            return;
        }
        const auto done = storage::backup_sqlite_database(settings->database_file(), *out);
        if (!done) {
            fmt::print(stderr, "no backup was made of '{}' in '{}': {}\n",
                       settings->database_file().string(), *out, to_string(done.error()));
            status = exit_failed;
            return;
        }
        fmt::print("made {}\n", *out);
    });
}

}  // namespace siwareng::bot
