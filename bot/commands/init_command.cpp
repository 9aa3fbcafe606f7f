#include "bot/commands/commands.hpp"
#include "storage/ports.hpp"
#include "storage/seal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;

int init(const config& settings) {
    const fs::path key_file = settings.storage.key_file;
    const auto database = settings.database_file();
    std::error_code code;
    if (fs::exists(database, code)) {
        fmt::print(stderr, "'{}' exists already: nothing was changed\n", database.string());
        return exit_failed;
    }
    const bool had_key = fs::exists(key_file, code);
    if (!had_key) {
        if (const auto made = storage::create_key_file(key_file); !made) {
            fmt::print(stderr, "cannot write the key file '{}': {}\n", key_file.string(),
                       to_string(made.error()));
            return exit_failed;
        }
    }
    const auto keys = storage::load_keyring(key_file);
    auto made = keys ? storage::create_sqlite_database(database, **keys)
                     : std::expected<void, storage::errc>(std::unexpected(keys.error()));
    if (!made) {
        // A key without its database is of no use: nothing half done stays.
        if (!had_key) {
            fs::remove(key_file, code);
        }
        fmt::print(stderr, "cannot make '{}': {}\n", database.string(), to_string(made.error()));
        return exit_failed;
    }
    fmt::print("{} {}\nmade {}\n", had_key ? "kept" : "made", key_file.string(), database.string());
    fmt::print("Keep a copy of the key file apart from the database's backups.\n");
    return exit_ok;
}

}  // namespace

void add_init_command(CLI::App& app, const command_world& world, int& status) {
    auto* command = app.add_subcommand("init", "Make the key file and the database");
    auto options = std::make_shared<config_options>();
    add_config_options(*command, *options);
    command->footer("Example:\n  siwareng init --config /etc/siwareng/siwareng.toml");
    command->callback([options, &world, &status] {
        const auto settings = load_or_explain(*options, world, false);
        status = settings ? init(*settings) : exit_usage;
    });
}

}  // namespace siwareng::bot
