#include "bot/loaded_content.hpp"
#include "bot/local_office.hpp"
#include "dialogs/chat_player.hpp"
#include "dialogs/voter/nik.hpp"
#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"
#include "storage/seal.hpp"
#include "tools/roll_generator.hpp"
#include "tools/terminal.hpp"
#include "tools/tool_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <vector>

namespace siwareng::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t demo_voters = 300;
constexpr int voters_shown = 3;

struct chat_arguments {
    bot::config_options settings;
    std::string voters_csv;
    std::string tps_csv;
    std::string store_file;
    std::string record_file;
    std::string language;
    std::string citizen = "6281234567890";
};

/// What cannot be done, in words for the person at the terminal.
class chat_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A folder for the roll of this one chat.
class scratch_folder {
  public:
    scratch_folder() {
        std::string name = (fs::temp_directory_path() / "siwareng-chat-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw chat_error("cannot make a temporary folder");
        }
        path_ = name;
    }
    ~scratch_folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// Imports CSV files into a roll under a key that is lost afterwards.
std::shared_ptr<const storage::roll_library> import_scratch_roll(const scratch_folder& folder,
                                                                 const chat_arguments& arguments,
                                                                 const bot::loaded_content& content,
                                                                 const bot::config& settings,
                                                                 std::int64_t now_ms) {
    const auto& office = settings.offices.front();
    const std::shared_ptr<const storage::keyring> keys = storage::create_random_keyring();
    storage::roll_import_options options;
    options.office = office.id;
    options.region = office.region;
    options.folder = folder.path() / "roll";
    options.voters_csv = arguments.voters_csv;
    if (!arguments.tps_csv.empty()) {
        options.tps_csv = arguments.tps_csv;
    }
    options.rejects_csv = folder.path() / "rejected.csv";
    options.known_regions = content.regions->villages_below(office.region);
    options.nik_ok = [](std::string_view nik) { return dialogs::nik::parse(nik).has_value(); };
    options.now_ms = now_ms;
    const auto imported = storage::import_roll(options, *keys);
    if (!imported) {
        throw chat_error(imported.error().message);
    }
    if (imported->rejected > 0) {
        fmt::print("{} rows of {} were rejected\n", imported->rejected, arguments.voters_csv);
    }
    auto library = storage::open_roll_library(options.folder, keys);
    for (const auto& problem : library->refresh({office.id})) {
        throw chat_error(problem);
    }
    return library;
}

/// A few invented voters, when the person brought none.
void generate_voters(const scratch_folder& folder, const bot::loaded_content& content,
                     chat_arguments& arguments) {
    generator_options options;
    options.voters = demo_voters;
    options.voters_csv = folder.path() / "voters.csv";
    options.tps_csv = folder.path() / "tps.csv";
    options.regions_csv = content.files.at("regions/wilayah_3603.csv");
    if (const auto made = generate_roll(options); !made) {
        throw chat_error(made.error());
    }
    arguments.voters_csv = options.voters_csv.string();
    arguments.tps_csv = options.tps_csv.string();
    std::ifstream in(options.voters_csv);
    std::string line;
    std::getline(in, line);
    fmt::print("Voters to try (all invented):\n");
    for (int shown = 0; shown < voters_shown && std::getline(in, line);) {
        const auto first = line.find(',');
        const auto second = line.find(',', first + 1);
        const auto third = line.find(',', second + 1);
        if (line.find('"') == std::string::npos && line.ends_with(",")) {
            fmt::print("  cek {} {}\n", line.substr(first + 1, second - first - 1),
                       line.substr(second + 1, third - second - 1));
            ++shown;
        }
    }
    fmt::print("\n");
}

std::unique_ptr<storage::store> open_store(const std::string& file) {
    if (file.empty()) {
        return storage::create_memory_store();
    }
    const fs::path key_file = file + ".key";
    std::error_code code;
    if (!fs::exists(key_file, code) && !fs::exists(file, code)) {
        if (const auto made = storage::create_key_file(key_file); !made) {
            throw chat_error(fmt::format("cannot make the key file '{}': {}", key_file.string(),
                                         to_string(made.error())));
        }
    }
    auto keys = storage::load_keyring(key_file);
    if (!keys) {
        throw chat_error(
            fmt::format("key file '{}': {}", key_file.string(), to_string(keys.error())));
    }
    const std::shared_ptr<const storage::keyring> shared = *std::move(keys);
    if (!fs::exists(file, code)) {
        const auto made = storage::create_sqlite_database(file, *shared);
        if (!made) {
            throw chat_error(fmt::format("cannot make '{}': {}", file, to_string(made.error())));
        }
    }
    storage::sqlite_options options;
    options.file = file;
    auto store = storage::open_sqlite_store(options, shared);
    if (!store) {
        throw chat_error(fmt::format("cannot open '{}': {}", file, to_string(store.error())));
    }
    return *std::move(store);
}

constexpr const char* help_text = R"(What you type is sent as a citizen's message. Besides:
  [Title]                   tap a button        (3)   tap row 3 of the list
  {image ktp.jpg "caption"} send a file; also document, video, audio, voice, sticker
  {location -6.1 106.5}     send a place        {contacts}  {reaction}
  /again      the same webhook once more        /restart    the program starts anew
  + 11m       let time pass (s, m, h, d)        %lang en    set the language
  /where      the node and its variables        /help       this text
  /quit       leave (or Ctrl-D)
)";

class terminal_chat {
  public:
    terminal_chat(dialogs::chat_driver& office, std::string record_file)
        : player_(office), record_file_(std::move(record_file)), colours_(stdout_has_colours()) {}

    int run() {
        const auto reader = create_line_reader();
        if (reader->interactive()) {
            fmt::print("Type as a citizen would; /help for more, /quit to leave.\n\n");
        }
        while (auto line = reader->next("> ")) {
            if (*line == "/quit") {
                break;
            }
            take(*line);
        }
        return save() ? bot::exit_ok : bot::exit_failed;
    }

  private:
    void take(const std::string& line) {
        if (line.find_first_not_of(" \t") == std::string::npos) {
            return;
        }
        if (line == "/help") {
            fmt::print("{}", help_text);
        } else if (line == "/where") {
            show_position();
        } else if (const auto action = action_of(line)) {
            play(*action);
        }
    }

    /// A line in the notation of `.chat` files; anything else is text.
    static std::optional<dialogs::chat_content> action_of(const std::string& line) {
        if (line == "/again") {
            return dialogs::chat_again{};
        }
        if (line == "/restart") {
            return dialogs::chat_restart{};
        }
        const bool own_record = line.starts_with("+ ") || line.starts_with('%');
        const bool marked = line.starts_with('[') || line.starts_with('(') || line.starts_with('{');
        const auto parsed = dialogs::parse_chat((own_record ? "" : "> ") + line + "\n");
        if (parsed && parsed->records.size() == 1) {
            return parsed->records.front().content;
        }
        if (own_record || marked) {
            fmt::print("{}\n", parsed ? "not understood; /help" : parsed.error().message);
            return std::nullopt;
        }
        return dialogs::chat_text{line};
    }

    void play(const dialogs::chat_content& action) {
        const auto seen = player_.play(action);
        if (!seen) {
            fmt::print("({})\n\n", seen.error());
            return;
        }
        last_ = *seen;
        for (const auto& bubble : seen->sent) {
            const auto lines = dialogs::chat_lines(bubble);
            const auto options = std::min(bubble.options.size(), lines.size());
            const auto cut = lines.end() - static_cast<std::ptrdiff_t>(options);
            print_bubble({lines.begin(), cut}, {cut, lines.end()}, colours_);
        }
        const auto records = dialogs::record_turn(action, *seen);
        recorded_.records.insert(recorded_.records.end(), records.begin(), records.end());
    }

    void show_position() const {
        fmt::print("{}\n", last_.position.value_or("idle"));
        for (const auto& [name, value] : last_.variables.value_or(dialogs::var_map{})) {
            fmt::print("  {} = {}\n", name, value);
        }
    }

    /// False if the recording could not be written.
    [[nodiscard]] bool save() const {
        if (record_file_.empty()) {
            return true;
        }
        std::ofstream out(record_file_, std::ios::binary);
        out << "# Recorded by `siwareng chat --record`.\n" << dialogs::print_chat(recorded_);
        if (!out.flush()) {
            fmt::print(stderr, "cannot write '{}'\n", record_file_);
            return false;
        }
        fmt::print("recorded in {}\n", record_file_);
        return true;
    }

    dialogs::chat_player player_;
    std::string record_file_;
    bool colours_;
    dialogs::chat_observation last_;
    dialogs::chat_file recorded_;
};

int chat(chat_arguments arguments, const bot::command_world& world) {
    auto settings = bot::local_settings("3603", "KPU Kabupaten Tangerang", "36.03");
    if (!arguments.settings.file.empty()) {
        auto loaded = bot::load_or_explain(arguments.settings, world, false);
        if (!loaded) {
            return bot::exit_usage;
        }
        settings = *std::move(loaded);
    }
    const auto content = bot::load_all_content(settings.content_dir);
    if (!content) {
        for (const auto& problem : content.error()) {
            fmt::print(stderr, "{}\n", problem);
        }
        return bot::exit_usage;
    }
    const scratch_folder scratch;
    std::shared_ptr<const storage::roll_library> rolls;
    if (!arguments.settings.file.empty() && arguments.voters_csv.empty()) {
        auto keys = storage::load_keyring(settings.storage.key_file);
        if (!keys) {
            throw chat_error(fmt::format("key file '{}': {}", settings.storage.key_file,
                                         to_string(keys.error())));
        }
        auto library = storage::open_roll_library(settings.roll_folder(), *std::move(keys));
        for (const auto& problem : library->refresh({settings.offices.front().id})) {
            throw chat_error(problem);
        }
        rolls = std::move(library);
    } else {
        if (arguments.voters_csv.empty()) {
            generate_voters(scratch, *content, arguments);
        }
        rolls = import_scratch_roll(scratch, arguments, *content, settings, world.clock_ms());
    }
    bot::local_office_options options;
    options.settings = std::move(settings);
    options.content = *content;
    options.rolls = std::move(rolls);
    options.open_store = [file = arguments.store_file] { return open_store(file); };
    options.clock_ms = world.clock_ms;
    options.citizen = arguments.citizen;
    const auto office = bot::create_local_office(std::move(options));
    if (!arguments.language.empty()) {
        const auto lang = dialogs::language_from_string(arguments.language);
        if (!lang || !office->set_language(*lang)) {
            throw chat_error("--lang is id, en, su or jv");
        }
    }
    return terminal_chat(*office, arguments.record_file).run();
}

}  // namespace

void add_chat_command(CLI::App& app, const bot::command_world& world, int& status) {
    auto* command =
        app.add_subcommand("chat", "Talk to the bot in the terminal, without a network");
    auto arguments = std::make_shared<chat_arguments>();
    bot::add_config_options(*command, arguments->settings, false);
    command
        ->add_option("--voters", arguments->voters_csv, "Voters to use (invented ones if left out)")
        ->type_name("CSV");
    command->add_option("--tps", arguments->tps_csv, "Their polling stations")->type_name("CSV");
    command->add_option("--store", arguments->store_file, "Keep the conversation in this file")
        ->type_name("FILE");
    command
        ->add_option("--record", arguments->record_file, "Write the conversation as a .chat file")
        ->type_name("FILE");
    command->add_option("--lang", arguments->language, "id, en, su or jv")->type_name("LANG");
    command->add_option("--as", arguments->citizen, "The citizen's number")->capture_default_str();
    command->footer("Example:\n  siwareng chat --record tests/chats/voter_status/new.chat");
    command->callback([arguments, &world, &status] {
        try {
            status = chat(*arguments, world);
        } catch (const chat_error& error) {
            fmt::print(stderr, "chat: {}\n", error.what());
            status = bot::exit_failed;
        }
    });
}

}  // namespace siwareng::tools
