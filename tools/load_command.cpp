#include "tools/load_tool.hpp"
#include "tools/tool_commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace siwareng::tools {

void add_load_command(CLI::App& app, int& status) {
    auto* command = app.add_subcommand("load", "Measure a running server with many citizens");
    auto options = std::make_shared<load_options>();
    auto json = std::make_shared<bool>(false);
    command->add_option("--server", options->server_url, "The server")->capture_default_str();
    command->add_option("--app-secret", options->app_secret, "Signs webhooks")
        ->capture_default_str();
    command->add_option("--phone-number-id", options->phone_number_id, "The business number's id")
        ->capture_default_str();
    command
        ->add_option("--graph-port", options->graph_port,
                     "Port of the Cloud API side; the server's graph_url points there")
        ->capture_default_str();
    command->add_option("--port-file", options->port_file, "Write the port in use here")
        ->type_name("FILE");
    command->add_option("--voters", options->voters_csv, "Voters to ask for")
        ->required()
        ->type_name("CSV");
    command->add_option("--citizens", options->citizens, "How many people write")
        ->capture_default_str();
    command->add_option("--first-number", options->first_number, "The first one's number")
        ->capture_default_str();
    command->add_option("--rate", options->rate, "Messages a second; 0: closed loop")
        ->capture_default_str();
    command->add_option("--in-flight", options->in_flight, "Citizens at once in the closed loop")
        ->capture_default_str();
    command->add_option("--seconds", options->seconds, "How long")->capture_default_str();
    command->add_option("--statuses", options->statuses, "Statuses for each answer")
        ->capture_default_str();
    command->add_flag("--json", *json, "One line of JSON");
    command->footer(
        "Example:\n  siwareng load --server http://127.0.0.1:8080 --voters voters.csv --rate 200\n"
        "The server needs limits.*=0 and whatsapp.pair_interval_ms=0, or it will (rightly) "
        "refuse.");
    command->callback([options, json, &status] {
        const auto report = run_load(*options);
        if (!report) {
            fmt::print(stderr, "load: {}\n", report.error());
            status = bot::exit_usage;
            return;
        }
        fmt::print("{}\n", *json ? to_json(*report) : to_text(*report));
        status = report->lost == 0 && report->repeated == 0 ? bot::exit_ok : bot::exit_failed;
    });
}

}  // namespace siwareng::tools
