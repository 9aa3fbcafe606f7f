#pragma once

#include "bot/commands/commands.hpp"

#include <CLI/CLI.hpp>

namespace siwareng::tools {

/// Adds `chat`, `emulator`, `emulator chat`, `roll generate` and `load`; see `bot::add_commands`.
void add_tool_commands(CLI::App& app, const bot::command_world& world, int& status);

/// `chat`: the dialog in the terminal, without a network.
void add_chat_command(CLI::App& app, const bot::command_world& world, int& status);
/// `emulator` and `emulator chat`.
void add_emulator_commands(CLI::App& app, int& status);
/// `roll generate`; needs the `roll` command.
void add_generate_command(CLI::App& app, int& status);
/// `load`.
void add_load_command(CLI::App& app, int& status);

}  // namespace siwareng::tools
