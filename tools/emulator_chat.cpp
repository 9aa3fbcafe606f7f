#include "tools/emulator_chat.hpp"

#include "bot/net/deadline.hpp"
#include "bot/net/http.hpp"
#include "tools/emulator/chat_view.hpp"
#include "tools/emulator/encoding.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <editline/readline.h>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <poll.h>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace siwareng::tools {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds poll_step{1'000};
/// After an answer: a second message of the same turn would come at once.
constexpr milliseconds straggler_wait{100};
constexpr milliseconds again_silence{1'000};
constexpr int idle_step_ms = 300;

constexpr std::string_view help_text =
    "Type a message and press Enter; a number taps that button or list row.\n"
    "  /image [FILE]      a photo (a grey dot without a file); /document, /video, /sticker "
    "likewise\n"
    "  /voice [FILE]      a voice note\n"
    "  /location LAT LON  a place\n"
    "  /contact           a contact card\n"
    "  /again             deliver the last webhook once more: nothing must happen\n"
    "  /as NUMBER         play another citizen\n"
    "  /help, /quit\n";

struct file_type {
    std::string_view extension;
    std::string_view mime_type;
};

constexpr std::array file_types{
    file_type{".jpg", "image/jpeg"},      file_type{".jpeg", "image/jpeg"},
    file_type{".png", "image/png"},       file_type{".webp", "image/webp"},
    file_type{".pdf", "application/pdf"}, file_type{".mp4", "video/mp4"},
    file_type{".3gp", "video/3gpp"},      file_type{".ogg", "audio/ogg; codecs=opus"},
    file_type{".mp3", "audio/mpeg"},      file_type{".txt", "text/plain"},
};

/// Calls the control API, one call at a time, and waits for each.
class control_client {
  public:
    /// An error text for a URL that cannot be used.
    std::optional<std::string> open(const std::string& base_url) {
        auto made = net::create_client(io_.get_executor(), {.base_url = base_url});
        if (!made) return made.error();
        client_ = std::move(*made);
        return std::nullopt;
    }

    /// The JSON that came, or an error text.
    std::expected<json, std::string> call(std::string method, std::string target,
                                          const json& body) {
        std::optional<std::expected<net::response, net::net_error>> got;
        std::string text = body.is_null() ? std::string{} : body.dump();
        asio::co_spawn(io_,
                       client_->send(std::move(method), std::move(target), {}, std::move(text)),
                       [&](const std::exception_ptr& problem, auto answer) {
                           if (problem) std::rethrow_exception(problem);
                           got = std::move(answer);
                       });
        io_.restart();
        while (!got && io_.run_one() > 0) {
        }
        if (!got) return std::unexpected("the call did not end");
        if (!*got) return std::unexpected("the emulator does not answer: " + got->error().message);
        json parsed = json::parse((*got)->body, nullptr, false);
        if (parsed.is_discarded()) return std::unexpected("the emulator's answer is not JSON");
        if ((*got)->status != 200) {
            return std::unexpected(parsed.value("error", "the emulator refused the call"));
        }
        return parsed;
    }

  private:
    asio::io_context io_;
    std::unique_ptr<net::client> client_;
};

/// One citizen's side of a conversation.
class chat {
  public:
    chat(const emulator_chat_options& options, control_client& api, std::ostream& out, bool colours)
        : options_(options), api_(api), out_(out), colours_(colours), wa_id_(options.wa_id) {}

    /// Meets the citizen where the conversation stands; false when the emulator is not there.
    bool begin() {
        json settings = json::object();
        if (!options_.profile_name.empty()) settings["profile_name"] = options_.profile_name;
        const auto who = api_.call("POST", citizen_path(""), settings);
        if (!who) return fail(who.error());
        // What was said before is not repeated, but its last options can still be tapped.
        last_seq_ = 0;
        option_list_.clear();
        const auto before = fetch(milliseconds{0});
        if (!before) return false;
        for (const json& sent : (*before)["messages"])
            remember(sent);
        return true;
    }

    /// Handles a line. False when the chat is over.
    bool handle(const std::string& line) {
        if (line.empty()) return true;
        if (line == "/quit" || line == "/exit") return false;
        if (line.starts_with('/')) {
            command(line);
        } else if (const chat_option* option = tapped_option(option_list_, line)) {
            send({{"type", "tap"},
                  {"id", option->id},
                  {"title", option->title},
                  {"description", option->description},
                  {"kind", option->in_list ? "list" : "button"}});
        } else {
            send({{"type", "text"}, {"text", line}});
        }
        return alive_;
    }

    /// Shows what came without being asked for. True if there was something.
    bool show_news() {
        const auto news = fetch(milliseconds{0});
        return news && show(*news, true);
    }

    [[nodiscard]] bool alive() const { return alive_; }
    [[nodiscard]] std::string prompt() const { return "> "; }

  private:
    std::string citizen_path(std::string_view below) const {
        return fmt::format("/emulator/citizens/{}{}", wa_id_, below);
    }

    bool fail(std::string_view words) {
        fmt::print(stderr, "chat: {}\n", words);
        alive_ = false;
        return false;
    }

    void note(std::string_view words) { out_ << "(" << words << ")" << std::endl; }

    std::optional<json> fetch(milliseconds wait) {
        auto got = api_.call(
            "GET",
            citizen_path(fmt::format("/messages?after={}&wait_ms={}", last_seq_, wait.count())),
            nullptr);
        if (!got) {
            fail(got.error());
            return std::nullopt;
        }
        return std::move(*got);
    }

    chat_bubble remember(const json& sent) {
        last_seq_ = sent["seq"].get<std::uint64_t>();
        chat_bubble bubble = read_bubble(sent["message"]);
        if (!bubble.options.empty()) option_list_ = bubble.options;
        return bubble;
    }

    bool show(const json& news, bool over_prompt) {
        if (news["messages"].empty()) return false;
        if (over_prompt && colours_) out_ << "\r\x1b[2K";
        for (const json& sent : news["messages"]) {
            out_ << draw_bubble(remember(sent), colours_);
            if (colours_) out_ << '\n';
        }
        out_ << std::flush;
        return true;
    }

    void send(const json& form) {
        const auto sent = api_.call("POST", citizen_path("/messages"), form);
        if (!sent) {
            fail(sent.error());
            return;
        }
        wait_for_answer(milliseconds(options_.silence_ms), "no answer");
    }

    /// Until an answer came, or the bot has taken the webhook and stayed silent.
    void wait_for_answer(milliseconds silence, std::string_view without) {
        const auto begin = net::deadline::now();
        while (alive_) {
            const auto news = fetch(std::min(poll_step, silence));
            if (!news) return;
            if (show(*news, false)) {
                if (const auto more = fetch(straggler_wait)) show(*more, false);
                return;
            }
            const auto waited = net::deadline::now() - begin;
            const bool taken = (*news)["webhooks_pending"] == 0;
            if (taken && waited >= silence) return note(without);
            if (waited >= milliseconds(options_.answer_timeout_ms)) {
                return note("the bot does not take the webhook");
            }
        }
    }

    void command(const std::string& line) {
        std::istringstream words(line);
        std::string name;
        std::string argument;
        words >> name >> std::ws;
        std::getline(words, argument);
        if (name == "/again") {
            again();
        } else if (name == "/as") {
            play(argument);
        } else if (name == "/location") {
            location(argument);
        } else if (name == "/contact") {
            send({{"type", "contacts"}});
        } else if (name == "/image" || name == "/document" || name == "/video" ||
                   name == "/sticker" || name == "/voice") {
            file(name.substr(1), argument);
        } else {
            out_ << help_text << std::flush;
        }
    }

    void again() {
        const auto done = api_.call("POST", citizen_path("/again"), json::object());
        if (!done) return note(done.error());
        wait_for_answer(again_silence, "no second answer");
    }

    void play(const std::string& number) {
        const std::string before = std::exchange(wa_id_, number);
        const bool usable = !number.empty() && number.find_first_of("/?# ") == std::string::npos;
        if (usable && begin()) return note("now " + wa_id_);
        wa_id_ = before;
        alive_ = true;
        note("/as needs a number");
    }

    void location(const std::string& argument) {
        std::istringstream numbers(argument);
        double latitude = 0;
        double longitude = 0;
        if (!(numbers >> latitude >> longitude)) return note("/location LAT LON");
        send({{"type", "location"}, {"latitude", latitude}, {"longitude", longitude}});
    }

    void file(const std::string& type, const std::string& path) {
        json form{{"type", type}};
        if (!path.empty()) {
            std::ifstream in(path, std::ios::binary);
            if (!in) return note("cannot read " + path);
            const std::string bytes{std::istreambuf_iterator<char>(in), {}};
            const std::filesystem::path named(path);
            form["data"] = base64_encode(bytes);
            form["filename"] = named.filename().string();
            for (const auto& known : file_types) {
                if (named.extension() == known.extension) form["mime_type"] = known.mime_type;
            }
        }
        send(form);
    }

    const emulator_chat_options& options_;
    control_client& api_;
    std::ostream& out_;
    bool colours_;
    std::string wa_id_;
    std::uint64_t last_seq_ = 0;
    std::vector<chat_option> option_list_;
    bool alive_ = true;
};

/// What libedit's callback, which takes no argument of ours, needs to know.
struct terminal_session {
    chat* with = nullptr;
    bool over = false;
};

terminal_session on_terminal;

/// A line is complete, or the input has ended: then it is null.
void on_line(char* text) {
    const std::unique_ptr<char, decltype(&std::free)> line(text, &std::free);
    if (!line) {
        on_terminal.over = true;
        return;
    }
    std::string words(line.get());
    while (words.ends_with('\n') || words.ends_with('\r'))
        words.pop_back();
    if (!words.empty()) add_history(words.c_str());
    if (!on_terminal.with->handle(words)) on_terminal.over = true;
    // libedit takes the terminal out of its editing mode for each finished line.
    if (!on_terminal.over) {
        rl_callback_handler_install(on_terminal.with->prompt().c_str(), &on_line);
    }
}

/// Reads keys as they come, and shows in between what the bot says on its own: an officer's answer,
/// for one. Not by `rl_event_hook`, with which libedit reads bytes for characters.
void talk_on_terminal(chat& with) {
    // Without a character type, libedit drops every letter beyond ASCII.
    std::setlocale(LC_CTYPE, "C.UTF-8");
    using_history();
    on_terminal = {.with = &with, .over = false};
    rl_callback_handler_install(with.prompt().c_str(), &on_line);
    while (!on_terminal.over && with.alive()) {
        pollfd keyboard{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&keyboard, 1, idle_step_ms);
        if (ready > 0) {
            rl_callback_read_char();
        } else if (ready == 0 && with.show_news()) {
            rl_forced_update_display();
        }
    }
    rl_callback_handler_remove();
    on_terminal = {};
}

void talk_through_pipe(chat& with, std::istream& in, std::ostream& out) {
    std::string line;
    while (with.alive() && std::getline(in, line)) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) out << with.prompt() << line << std::endl;
        if (!with.handle(line)) break;
    }
}

}  // namespace

int run_emulator_chat(const emulator_chat_options& options) {
    control_client api;
    if (const auto problem = api.open(options.base_url)) {
        fmt::print(stderr, "chat: {}\n", *problem);
        return 1;
    }
    const bool terminal = options.in == nullptr && ::isatty(STDIN_FILENO) == 1;
    const bool colours = options.out == nullptr && ::isatty(STDOUT_FILENO) == 1;
    std::ostream& out = options.out != nullptr ? *options.out : std::cout;
    std::istream& in = options.in != nullptr ? *options.in : std::cin;
    chat talk(options, api, out, colours);
    if (!talk.begin()) return 1;
    if (terminal) {
        out << "/help lists the commands, /quit ends the chat." << std::endl;
        talk_on_terminal(talk);
    } else {
        talk_through_pipe(talk, in, out);
    }
    return talk.alive() ? 0 : 1;
}

}  // namespace siwareng::tools
