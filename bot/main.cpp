#include "bot/clock.hpp"
#include "bot/commands/commands.hpp"
#include "tools/tool_commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace {

siwareng::bot::command_world read_world() {
    siwareng::bot::command_world world;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) {
            world.environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    world.clock_ms = siwareng::bot::system_clock_ms;
    return world;
}

/// Thousands of idle connections need more file descriptors than most systems give by default.
void raise_open_files_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    raise_open_files_limit();
    const auto world = read_world();
    int status = siwareng::bot::exit_ok;
    CLI::App app("Siwareng: a WhatsApp chatbot for election offices", "siwareng");
    app.require_subcommand(1);
    app.footer("Example:\n  siwareng chat");
    try {
        siwareng::bot::add_commands(app, world, status);
        siwareng::tools::add_tool_commands(app, world, status);
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? siwareng::bot::exit_ok : siwareng::bot::exit_usage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "siwareng: {}\n", error.what());
        return siwareng::bot::exit_failed;
    }
    return status;
}
