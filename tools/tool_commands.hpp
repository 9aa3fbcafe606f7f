#pragma once

#include <CLI/CLI.hpp>

#include "bot/commands/commands.hpp"

namespace siwareng::tools {

/// Adds `chat`, `emulator`, `emulator chat`, `roll generate` and `load`; see `bot::add_commands`.
void add_tool_commands(CLI::App& app, const bot::command_world& world, int& status);

void add_chat_command(CLI::App& app, const bot::command_world& world, int& status);
void add_emulator_commands(CLI::App& app, int& status);
void add_generate_command(CLI::App& app, int& status);
void add_load_command(CLI::App& app, int& status);

}  // namespace siwareng::tools
