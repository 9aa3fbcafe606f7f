#include "bot/commands/commands.hpp"
#include "bot/loaded_content.hpp"
#include "dialogs/voter/nik.hpp"
#include "storage/roll/roll.hpp"
#include "storage/seal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;

struct import_arguments {
    config_options settings;
    std::string office;
    std::string csv;
    std::string tps;
    std::string rejects;
    bool quiet = false;
};

/// One line that redraws itself on a terminal, silent otherwise.
void show_progress(std::uint64_t done, std::uint64_t total) {
    constexpr std::uint64_t width = 40;
    const auto filled = total == 0 ? width : width * done / total;
    fmt::print(stderr, "\r[{:#<{}}{: <{}}] {:3} %", "", filled, "", width - filled,
               total == 0 ? 100 : 100 * done / total);
    std::fflush(stderr);
}

std::optional<std::unique_ptr<storage::keyring>> open_keys(const config& settings) {
    auto keys = storage::load_keyring(settings.storage.key_file);
    if (!keys) {
        fmt::print(stderr, "key file '{}': {}; siwareng init --config FILE makes one\n",
                   settings.storage.key_file, to_string(keys.error()));
        return std::nullopt;
    }
    return *std::move(keys);
}

int import(const import_arguments& arguments, const command_world& world) {
    const auto settings = load_or_explain(arguments.settings, world, false);
    const auto* office = settings ? choose_office(*settings, arguments.office) : nullptr;
    if (office == nullptr) {
        return exit_usage;
    }
    const auto content = load_all_content(settings->content_dir);
    if (!content) {
        for (const auto& problem : content.error()) {
            fmt::print(stderr, "{}\n", problem);
        }
        return exit_usage;
    }
    const auto keys = open_keys(*settings);
    if (!keys) {
        return exit_failed;
    }
    storage::roll_import_options options;
    options.office = office->id;
    options.region = office->region;
    options.folder = settings->roll_folder();
    options.voters_csv = arguments.csv;
    if (!arguments.tps.empty()) {
        options.tps_csv = arguments.tps;
    }
    options.rejects_csv =
        arguments.rejects.empty() ? arguments.csv + ".rejected.csv" : arguments.rejects;
    options.known_regions = content->regions->villages_below(office->region);
    options.nik_ok = [](std::string_view nik) { return dialogs::nik::parse(nik).has_value(); };
    options.now_ms = world.clock_ms();
    const bool bar = !arguments.quiet && isatty(STDERR_FILENO) != 0;
    if (bar) {
        options.progress = show_progress;
    }
    const auto started = std::chrono::steady_clock::now();
    const auto result = storage::import_roll(options, **keys);
    if (bar) {
        fmt::print(stderr, "\n");
    }
    if (!result) {
        fmt::print(stderr, "roll import: {}\nThe roll that was in use stays.\n",
                   result.error().message);
        return exit_failed;
    }
    const auto seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print("office {}: version {} with {} voters and {} polling stations in {:.1f} s\n",
               office->id, result->info.version, result->info.voters, result->info.stations,
               seconds);
    if (result->duplicates > 0) {
        fmt::print("{} rows share their NIK with another row\n", result->duplicates);
    }
    for (const auto& note : result->notes) {
        fmt::print("note: {}\n", note);
    }
    if (result->rejected > 0) {
        fmt::print("{} of {} rows were rejected: see {}\n", result->rejected, result->rows,
                   options.rejects_csv.string());
    }
    return exit_ok;
}

struct status_arguments {
    config_options settings;
    int probe = 0;
};

/// Look-ups of numbers that nobody has: the same work as a hit but for opening the seal.
void probe(const storage::roll& roll, int look_ups) {
    const auto started = std::chrono::steady_clock::now();
    std::size_t found = 0;
    for (int i = 0; i < look_ups; ++i) {
        found += roll.find_by_nik(fmt::format("3603{:012}", 10'000'000'000LL + i * 7919LL)).size();
    }
    const auto us =
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - started)
            .count();
    fmt::print("  {} look-ups: {:.2f} us each ({} found)\n", look_ups, us / look_ups, found);
}

int status_of(const status_arguments& arguments, const command_world& world) {
    const auto settings = load_or_explain(arguments.settings, world, false);
    if (!settings) {
        return exit_usage;
    }
    auto keys = open_keys(*settings);
    if (!keys) {
        return exit_failed;
    }
    std::vector<std::string> ids;
    for (const auto& office : settings->offices) {
        ids.push_back(office.id);
    }
    const auto library = storage::open_roll_library(settings->roll_folder(), *std::move(keys));
    int status = exit_ok;
    for (const auto& problem : library->refresh(ids)) {
        fmt::print(stderr, "{}\n", problem);
        status = exit_failed;
    }
    for (const auto& id : ids) {
        const auto roll = library->current(id);
        if (roll == nullptr) {
            fmt::print("office {}: no roll; import one: siwareng roll import --config FILE CSV\n",
                       id);
            continue;
        }
        const auto& info = roll->info();
        fmt::print(
            "office {}: version {} of {:%Y-%m-%d %H:%M} UTC, {} voters, {} polling stations, "
            "{} rows rejected\n  {}\n",
            id, info.version, fmt::gmtime(static_cast<std::time_t>(info.created_ms / 1000)),
            info.voters, info.stations, info.rejected, info.file.string());
        if (arguments.probe > 0) {
            probe(*roll, arguments.probe);
        }
    }
    return status;
}

}  // namespace

void add_roll_commands(CLI::App& app, const command_world& world, int& status) {
    auto* roll = app.add_subcommand("roll", "The voter roll: generate, import, status");
    roll->require_subcommand(1);
    roll->footer("Example:\n  siwareng roll status --config siwareng.toml");

    auto* import_command = roll->add_subcommand("import", "Build a new roll and swap it in");
    auto import_options = std::make_shared<import_arguments>();
    add_config_options(*import_command, import_options->settings);
    import_command->add_option("csv", import_options->csv, "The voters")
        ->required()
        ->type_name("CSV");
    import_command->add_option("--tps", import_options->tps, "The polling stations")
        ->type_name("CSV");
    import_command->add_option("--office", import_options->office,
                               "Which office, if there are several");
    import_command
        ->add_option("--rejects", import_options->rejects,
                     "Where rejected rows go (CSV.rejected.csv); holds personal data")
        ->type_name("CSV");
    import_command->add_flag("--quiet", import_options->quiet, "No progress bar");
    import_command->footer(
        "Example:\n  siwareng roll import --config siwareng.toml voters.csv --tps tps.csv");
    import_command->callback(
        [import_options, &world, &status] { status = import(*import_options, world); });

    auto* status_command = roll->add_subcommand("status", "Which rolls are in use");
    auto status_options = std::make_shared<status_arguments>();
    add_config_options(*status_command, status_options->settings);
    status_command->add_option("--probe", status_options->probe, "Time this many look-ups")
        ->type_name("N");
    status_command->footer("Example:\n  siwareng roll status --config siwareng.toml --probe 10000");
    status_command->callback(
        [status_options, &world, &status] { status = status_of(*status_options, world); });
}

}  // namespace siwareng::bot
