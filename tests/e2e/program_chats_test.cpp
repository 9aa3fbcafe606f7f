// The golden conversations on the third level: the real program, through the emulator's signed
// webhooks. Positions, variables and operations cannot be seen from there; the bubbles can.
#include "dialogs/chat_runner.hpp"
#include "tests/e2e/harness.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

namespace siwareng::e2e {
namespace {

namespace fs = std::filesystem;
using dialogs::chat_observation;
using nlohmann::json;
using namespace std::chrono_literals;

/// A message of the Cloud API read back as the bubble that it shows.
dialogs::bubble bubble_of(const json& entry) {
    const auto& message = entry.contains("message") ? entry["message"] : entry;
    dialogs::bubble out;
    if (message.contains("text")) {
        out.text = message["text"].value("body", "");
        return out;
    }
    const auto& interactive = message.at("interactive");
    out.text = interactive.at("body").value("text", "");
    const auto& action = interactive.at("action");
    if (interactive.value("type", "") == "button") {
        for (const auto& button : action.at("buttons")) {
            const auto& reply = button.at("reply");
            out.options.push_back({reply.value("id", ""), reply.value("title", ""), ""});
        }
        return out;
    }
    out.list_label = action.value("button", "");
    for (const auto& section : action.at("sections")) {
        for (const auto& row : section.at("rows")) {
            out.options.push_back(
                {row.value("id", ""), row.value("title", ""), row.value("description", "")});
        }
    }
    return out;
}

/// Faults and clock steps need a hold on the program that this level has not.
bool playable(const dialogs::chat_file& file) {
    return std::ranges::none_of(file.records, [](const dialogs::chat_record& record) {
        return std::holds_alternative<dialogs::chat_clock>(record.content) ||
               std::holds_alternative<dialogs::chat_deploy>(record.content) ||
               std::holds_alternative<dialogs::chat_crash>(record.content) ||
               std::holds_alternative<dialogs::chat_language>(record.content);
    });
}

class program_driver final : public dialogs::chat_driver {
  public:
    program_driver(office& here, std::string citizen) : here_(here), citizen_(std::move(citizen)) {}

    void script(std::vector<dialogs::result_event>) override {}
    observed send(const dialogs::chat_input& what) override {
        const auto before = here_.replies(citizen_).size();
        const bool silent = std::holds_alternative<dialogs::other_event>(what.what) &&
                            std::get<dialogs::other_event>(what.what).type == "reaction";
        last_wamid_ = here_.say(citizen_, message_of(what));
        return silent ? nothing_new(before) : answer_after(before);
    }
    observed repeat() override {
        const auto before = here_.replies(citizen_).size();
        here_.again(citizen_, last_wamid_);
        return nothing_new(before);
    }
    observed advance(std::int64_t) override { return std::unexpected("no clock here"); }
    observed restart() override {
        here_.kill_server();
        here_.start_server();
        return chat_observation{};
    }
    observed deploy(std::string_view, int) override { return std::unexpected("not here"); }
    observed crash(dialogs::crash_point) override { return std::unexpected("not here"); }
    observed set_language(dialogs::language) override { return std::unexpected("not here"); }

  private:
    static json message_of(const dialogs::chat_input& what) {
        if (const auto* text = std::get_if<dialogs::text_event>(&what.what)) {
            return {{"type", "text"}, {"text", text->text}};
        }
        if (const auto* tap = std::get_if<dialogs::tap_event>(&what.what)) {
            return {{"type", "tap"},
                    {"id", tap->id},
                    {"title", tap->title},
                    {"kind", what.list_row ? "list" : "button"}};
        }
        if (const auto* media = std::get_if<dialogs::media_event>(&what.what)) {
            return {
                {"type", media->kind}, {"caption", media->caption}, {"filename", media->filename}};
        }
        if (const auto* place = std::get_if<dialogs::location_event>(&what.what)) {
            return {{"type", "location"},
                    {"latitude", place->latitude},
                    {"longitude", place->longitude}};
        }
        const auto& type = std::get<dialogs::other_event>(what.what).type;
        return {{"type", type}, {"message_id", "wamid.any"}, {"emoji", "👍"}};
    }

    observed answer_after(std::size_t before) {
        const auto replies = here_.wait_for_replies(citizen_, before + 1);
        chat_observation seen;
        for (std::size_t i = before; i < replies.size(); ++i) {
            seen.sent.push_back(bubble_of(replies[i]));
        }
        return seen;
    }

    /// Nothing is to come: wait until the program has surely seen the webhook.
    observed nothing_new(std::size_t before) {
        if (!eventually([&] { return here_.emulator_idle(); })) {
            return std::unexpected("a webhook was not delivered");
        }
        std::this_thread::sleep_for(50ms);
        chat_observation seen;
        const auto replies = here_.replies(citizen_);
        for (std::size_t i = before; i < replies.size(); ++i) {
            seen.sent.push_back(bubble_of(replies[i]));
        }
        return seen;
    }

    office& here_;
    std::string citizen_;
    std::string last_wamid_;
};

TEST(program_chats, every_golden_conversation_holds_through_the_true_path) {
    // All conversations share one store here, and with it the failed checks of a NIK.
    office here({"limits.failed_checks_per_nik_day=0"});
    int number = 0;
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(SIWARENG_SOURCE_DIR) / "tests/chats")) {
        const auto path = entry.path();
        if (path.extension() != ".chat" || path.string().find("engine_only") != std::string::npos) {
            continue;
        }
        const auto parsed = dialogs::parse_chat(read_file(path));
        ASSERT_TRUE(parsed) << path << ": " << parsed.error().message;
        if (!playable(*parsed)) {
            continue;
        }
        // A new citizen for each conversation, so that none knows of another.
        program_driver driver(here, fmt::format("62816{:08}", ++number));
        const auto outcome = dialogs::run_chat(*parsed, path.filename().string(), driver);
        EXPECT_TRUE(outcome.passed) << outcome.report;
    }
    EXPECT_GE(number, 30);
    EXPECT_EQ(here.metric("siwareng_inbound_failed"), 0);
}

}  // namespace
}  // namespace siwareng::e2e
