#include "tools/tool_commands.hpp"

namespace siwareng::tools {

void add_tool_commands(CLI::App& app, const bot::command_world& world, int& status) {
    add_chat_command(app, world, status);
    add_emulator_commands(app, status);
    add_generate_command(app, status);
    add_load_command(app, status);
}

}  // namespace siwareng::tools
