#include "bot/content/content.hpp"
#include "tools/roll_generator.hpp"
#include "tools/tool_commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <unistd.h>

namespace siwareng::tools {
namespace {

int generate(generator_options options) {
    auto content = bot::load_content("");
    if (!content) {
        fmt::print(stderr, "{}\n", content.error());
        return bot::exit_failed;
    }
    options.regions_csv = content->at("regions/wilayah_3603.csv");
    if (isatty(STDERR_FILENO) != 0) {
        options.progress = [](std::int64_t done, std::int64_t total) {
            fmt::print(stderr, "\r{} of {} voters", done, total);
            std::fflush(stderr);
        };
    }
    const auto done = generate_roll(options);
    if (options.progress) {
        fmt::print(stderr, "\n");
    }
    if (!done) {
        fmt::print(stderr, "roll generate: {}\n", done.error());
        return bot::exit_failed;
    }
    return bot::exit_ok;
}

}  // namespace

void add_generate_command(CLI::App& app, int& status) {
    auto* roll = app.get_subcommand("roll");
    auto* command = roll->add_subcommand("generate", "Write a synthetic voter list as CSV");
    auto options = std::make_shared<generator_options>();
    command->add_option("--voters", options->voters, "How many")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}))
        ->type_name("N");
    command->add_option("--seed", options->seed, "The same seed gives the same file")
        ->type_name("S");
    command->add_option("--out", options->voters_csv, "The voters")
        ->required()
        ->type_name("FILE.csv");
    command->add_option("--tps", options->tps_csv, "The polling stations (FILE.tps.csv)")
        ->type_name("FILE.csv");
    command->footer("Example:\n  siwareng roll generate --voters 10000 --seed 1 --out voters.csv");
    command->callback([options, &status] { status = generate(*options); });
}

}  // namespace siwareng::tools
