#pragma once

#include "bot/config.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace siwareng::bot {

/// What `main` hands to the commands, so that nothing below reads the process's environment.
struct command_world {
    /// All environment variables.
    std::vector<std::pair<std::string, std::string>> environment;
    std::function<std::int64_t()> clock_ms;
};

/// Exit statuses of all commands.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  ///< it was right to ask, and it did not work
inline constexpr int exit_usage = 2;   ///< wrong arguments or configuration; nothing was done

/// The options that most commands share.
struct config_options {
    std::string file;
    std::vector<std::string> overrides;
};

/// Adds `--config FILE` (required unless told otherwise) and `--set key=value`.
void add_config_options(CLI::App& command, config_options& into, bool required = true);

/// Loads the configuration, or prints every mistake to standard error and returns nothing.
std::optional<config> load_or_explain(const config_options& options, const command_world& world,
                                      bool secrets_needed);

/// Adds `init`, `serve`, `backup`, `roll import|status`, `flows check|diagram`,
/// `config print|check` and `version`. The chosen one runs inside `CLI::App::parse` and leaves its
/// exit status in `status`.
void add_commands(CLI::App& app, const command_world& world, int& status);

/// `init`: the key file and the database, or nothing.
void add_init_command(CLI::App& app, const command_world& world, int& status);
/// `serve`: the server, until a signal.
void add_serve_command(CLI::App& app, const command_world& world, int& status);
/// `backup`: a consistent copy of the database.
void add_backup_command(CLI::App& app, const command_world& world, int& status);
/// `roll import` and `roll status`; `tools` adds `roll generate` to them.
void add_roll_commands(CLI::App& app, const command_world& world, int& status);
/// `flows check` and `flows diagram`.
void add_flows_commands(CLI::App& app, int& status);
/// `config print` and `config check`.
void add_config_commands(CLI::App& app, const command_world& world, int& status);

/// The office that `--office` names, or the only one; otherwise explains on standard error.
const office_config* choose_office(const config& settings, const std::string& id);

}  // namespace siwareng::bot
