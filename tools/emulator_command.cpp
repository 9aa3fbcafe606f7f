#include "tools/emulator.hpp"
#include "tools/emulator_chat.hpp"
#include "tools/tool_commands.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

namespace siwareng::tools {
namespace {

namespace asio = boost::asio;

/// Runs until SIGINT or SIGTERM. With a port file, writes the chosen port there once it listens.
int run_emulator(const emulator_options& options, const std::string& port_file) {
    asio::io_context io;
    auto made = create_emulator(io.get_executor(), options);
    if (!made) {
        fmt::print(stderr, "emulator: {}\n", made.error());
        return bot::exit_failed;
    }
    auto& emulator = *made;
    fmt::print("emulator on http://{}:{}\n", options.address, emulator->port());
    std::fflush(stdout);
    if (!port_file.empty()) {
        std::FILE* file = std::fopen(port_file.c_str(), "w");
        if (file == nullptr) {
            fmt::print(stderr, "emulator: cannot write '{}'\n", port_file);
            return bot::exit_failed;
        }
        fmt::print(file, "{}\n", emulator->port());
        std::fclose(file);
    }
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code& error, int) {
        if (!error) {
            emulator->stop();
        }
    });
    io.run();
    return bot::exit_ok;
}

}  // namespace

void add_emulator_commands(CLI::App& app, int& status) {
    auto* command = app.add_subcommand("emulator", "A WhatsApp Cloud API on this machine");
    command->require_subcommand(0, 1);
    auto options = std::make_shared<emulator_options>();
    auto port_file = std::make_shared<std::string>();
    options->app_secret = "demo-app-secret";
    options->access_token = "demo-access-token";
    options->phone_number_id = "106540352242922";
    options->display_phone = "6281100003603";
    options->port = 8090;
    options->webhook_url = "http://127.0.0.1:8080/webhook";
    command->add_option("--address", options->address, "Address to listen on")
        ->capture_default_str();
    command->add_option("--port", options->port, "Port; 0 lets the system choose")
        ->capture_default_str();
    command->add_option("--webhook", options->webhook_url, "Where webhooks go")
        ->capture_default_str();
    command->add_option("--app-secret", options->app_secret, "Signs webhooks")
        ->capture_default_str();
    command->add_option("--access-token", options->access_token, "What sends must carry")
        ->capture_default_str();
    command->add_option("--phone-number-id", options->phone_number_id, "The business number's id")
        ->capture_default_str();
    command->add_option("--display-phone", options->display_phone, "The business number")
        ->capture_default_str();
    command->add_option("--log", options->log_file, "Write all that happens here, JSON lines")
        ->type_name("FILE");
    command->add_option("--port-file", *port_file, "Write the port in use here")->type_name("FILE");
    command->footer(
        "Example:\n  siwareng emulator --port 8090 --webhook http://127.0.0.1:8080/webhook\n"
        "  siwareng emulator chat --url http://127.0.0.1:8090");

    auto chat = std::make_shared<emulator_chat_options>();
    auto* chat_command = command->add_subcommand("chat", "Play a citizen in the terminal");
    chat_command->add_option("--url", chat->base_url, "The emulator")->capture_default_str();
    chat_command->add_option("--as", chat->wa_id, "The citizen's number")->capture_default_str();
    chat_command->footer(
        "Example:\n  siwareng emulator chat --url http://127.0.0.1:8090 --as 6281234567890");
    chat_command->callback([chat, &status] { status = run_emulator_chat(*chat); });
    command->callback([command, options, port_file, &status] {
        if (command->get_subcommands().empty()) {
            status = run_emulator(*options, *port_file);
        }
    });
}

}  // namespace siwareng::tools
