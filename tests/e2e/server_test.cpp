#include "bot/webhook/signature.hpp"
#include "tests/e2e/harness.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

namespace siwareng::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

/// The text of a Cloud API message body, whatever its type.
std::string text_of(const json& entry) {
    const auto& message = entry.contains("message") ? entry["message"] : entry;
    if (message.contains("text")) {
        return message["text"].value("body", "");
    }
    return message.at("interactive").at("body").value("text", "");
}

std::string signed_webhook(std::uint16_t port, const std::string& body, int& status,
                           const std::string& secret = "demo-app-secret") {
    const auto answer = http_post(port, "/webhook", body,
                                  {{"Content-Type", "application/json"},
                                   {"X-Hub-Signature-256", bot::sign_body(body, secret)}});
    status = answer.status;
    return answer.body;
}

TEST(server, verifies_the_webhook_and_answers_health) {
    office here;
    const auto target = [](const char* token) {
        return fmt::format("/webhook?hub.mode=subscribe&hub.challenge=11%2B58&hub.verify_token={}",
                           token);
    };
    const auto right = http_get(here.server_port(), target("verify-me"));
    EXPECT_EQ(right.status, 200);
    EXPECT_EQ(right.body, "11+58");
    EXPECT_EQ(http_get(here.server_port(), target("wrong")).status, 403);
    EXPECT_EQ(http_get(here.server_port(), target("")).status, 403);
    EXPECT_EQ(http_get(here.server_port(), "/healthz").status, 200);
    EXPECT_EQ(http_get(here.server_port(), "/readyz").status, 200);
    EXPECT_EQ(http_get(here.server_port(), "/nothing").status, 404);
    EXPECT_EQ(http_post(here.server_port(), "/healthz", "").status, 405);
    EXPECT_THAT(http_get(here.server_port(), "/metrics").body,
                HasSubstr("siwareng_webhooks_accepted_total"));
}

TEST(server, refuses_a_wrong_signature_and_takes_what_it_cannot_use) {
    office here;
    int status = 0;
    signed_webhook(here.server_port(), R"({"entry":[]})", status, "wrong");
    EXPECT_EQ(status, 401);
    EXPECT_EQ(http_post(here.server_port(), "/webhook", "{}").status, 401);
    for (const auto* body :
         {R"({"entry":[]})", R"({"object":"x","entry":[{"changes":[{"field":"y"}]}]})", "[]",
          "not json", R"({"entry":[{"changes":[{"value":{"messages":[7]}}]}]})"}) {
        signed_webhook(here.server_port(), body, status);
        EXPECT_EQ(status, 200) << body;
    }
    EXPECT_EQ(here.metric("siwareng_webhooks_bad_signature_total"), 2);
}

TEST(server, answers_a_citizen_in_one_bubble_and_follows_its_statuses) {
    office here;
    here.say_text("6281200000001", "halo");
    const auto replies = here.wait_for_replies("6281200000001", 1);
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_THAT(text_of(replies[0]), HasSubstr("KPU Kabupaten Tangerang"));
    // `sent` says what the send's own answer said already.
    EXPECT_TRUE(eventually([&] {
        return here.metric("siwareng_statuses_applied_total") +
                   here.metric("siwareng_statuses_stale_total") >=
               3;
    })) << here.server_log();
    EXPECT_GE(here.metric("siwareng_statuses_applied_total"), 2);
    EXPECT_EQ(here.metric("siwareng_messages_handled_total"), 1);
}

TEST(server, a_redelivery_does_nothing) {
    office here;
    const auto wamid = here.say_text("6281200000002", "menu");
    here.wait_for_replies("6281200000002", 1);
    for (int i = 0; i < 5; ++i) {
        here.again("6281200000002", wamid);
    }
    EXPECT_TRUE(eventually([&] { return here.metric("siwareng_messages_repeated_total") == 5; }));
    EXPECT_EQ(here.replies("6281200000002").size(), 1u);
}

TEST(server, a_thousand_updates_in_one_body_are_all_handled) {
    office here({"whatsapp.mark_read=false"});
    json messages = json::array();
    for (int i = 0; i < 1000; ++i) {
        messages.push_back({{"from", fmt::format("62813{:08}", i)},
                            {"id", fmt::format("wamid.many{}", i)},
                            {"timestamp", "1790000000"},
                            {"type", "reaction"},
                            {"reaction", {{"message_id", "wamid.x"}}},
                            {"filler", std::string(2500, 'x')}});
    }
    const json body = {{"object", "whatsapp_business_account"},
                       {"entry",
                        {{{"id", "1"},
                          {"changes",
                           {{{"field", "messages"},
                             {"value",
                              {{"metadata", {{"phone_number_id", "106540352242922"}}},
                               {"messages", messages}}}}}}}}}};
    const auto text = body.dump();
    EXPECT_GT(text.size(), 2'500'000u);
    int status = 0;
    signed_webhook(here.server_port(), text, status);
    EXPECT_EQ(status, 200);
    EXPECT_EQ(here.metric("siwareng_messages_kept_total"), 1000);
    EXPECT_EQ(here.metric("siwareng_contacts"), 1000);
}

TEST(server, nothing_personal_is_in_the_log_or_the_database) {
    office here;
    here.say("6281277778888", {{"type", "text"},
                               {"text", "cek 3603121708850001 Siti Rahmawati"},
                               {"name", "Budi Wargadinata"}});
    here.wait_for_replies("6281277778888", 1);
    here.say("6281277778888", {{"type", "image"}, {"caption", "KTP saya rahasia"}});
    here.wait_for_replies("6281277778888", 2);
    EXPECT_TRUE(eventually([&] { return here.emulator_idle(); }));
    ASSERT_EQ(here.stop_server(), 0);
    std::string all = here.server_log();
    for (const auto& entry : fs::recursive_directory_iterator(here.folder())) {
        const auto name = entry.path().filename().string();
        if (entry.is_regular_file() && !name.starts_with("emulator")) {
            all += read_file(entry.path());
        }
    }
    EXPECT_GT(all.size(), 10'000u);
    for (const auto* secret : {"3603121708850001", "Rahmawati", "6281277778888", "Wargadinata",
                               "KTP saya rahasia", "NjI4MTI3Nzc3ODg4OA"}) {
        EXPECT_EQ(all.find(secret), std::string::npos) << secret;
    }
}

TEST(server, a_new_roll_is_used_without_a_restart) {
    office here;
    ASSERT_EQ(here.metric("siwareng_roll_voters") > 0, true);
    const auto csv = (here.folder() / "new.csv").string();
    ASSERT_EQ(
        run_command({"roll", "generate", "--voters", "500", "--seed", "3", "--out", csv}).status,
        0);
    const auto imported =
        run_command({"roll", "import", "--config", here.config_file().string(), csv});
    ASSERT_EQ(imported.status, 0) << imported.output;
    EXPECT_TRUE(eventually([&] { return here.metric("siwareng_roll_voters") == 500; }));
}

TEST(server, two_servers_never_share_a_database) {
    office here;
    const auto second =
        run_command({"serve", "--config", here.config_file().string(), "--set", "server.port=0"});
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.output, HasSubstr("in use by another siwareng"));
}

TEST(server, a_backup_is_made_while_it_runs) {
    office here;
    here.say_text("6281200000003", "menu");
    here.wait_for_replies("6281200000003", 1);
    const auto copy = (here.folder() / "copy.db").string();
    const auto made =
        run_command({"backup", "--config", here.config_file().string(), "--out", copy});
    EXPECT_EQ(made.status, 0) << made.output;
    EXPECT_GT(fs::file_size(copy), 4096u);
    EXPECT_EQ(
        run_command({"backup", "--config", here.config_file().string(), "--out", copy}).status, 1);
}

/// Counts what a burst led to: answers a citizen, and messages answered more or less than once.
struct burst_result {
    std::size_t answered = 0;
    std::size_t missing = 0;
    std::size_t repeated = 0;
};

burst_result count_replies(office& here, const std::vector<std::string>& citizens,
                           std::size_t messages) {
    burst_result out;
    for (const auto& citizen : citizens) {
        const auto count = here.replies(citizen).size();
        out.answered += std::min(count, messages);
        out.missing += messages - std::min(count, messages);
        out.repeated += count > messages ? count - messages : 0;
    }
    return out;
}

std::vector<std::string> burst(office& here, int citizens, int messages) {
    std::vector<std::string> numbers;
    for (int i = 0; i < citizens; ++i) {
        numbers.push_back(fmt::format("62815{:08}", i));
    }
    for (int m = 0; m < messages; ++m) {
        for (const auto& number : numbers) {
            here.say_text(number, m % 2 == 0 ? "menu" : "halo");
        }
    }
    return numbers;
}

TEST(server, killed_in_the_middle_of_a_burst_it_answers_every_message_exactly_once) {
    office here({"whatsapp.pair_interval_ms=0", "whatsapp.doubt_wait_ms=8000"});
    std::atomic<bool> over = false;
    std::thread killer([&] {
        // Odd delays, so that the kills fall into different moments of a turn.
        for (const auto pause : {130ms, 370ms, 210ms, 590ms}) {
            std::this_thread::sleep_for(pause);
            here.kill_server();
            here.start_server();
        }
        over = true;
    });
    const auto citizens = burst(here, 30, 4);
    killer.join();
    EXPECT_TRUE(over);
    EXPECT_TRUE(eventually(
        [&] { return here.emulator_idle() && count_replies(here, citizens, 4).missing == 0; },
        60s));
    // Whatever is still in doubt would be sent again by now.
    EXPECT_TRUE(eventually([&] { return here.metric("siwareng_outbox_in_doubt") == 0; }, 20s));
    const auto result = count_replies(here, citizens, 4);
    EXPECT_EQ(result.answered, 120u) << here.server_log();
    EXPECT_EQ(result.missing, 0u);
    EXPECT_EQ(result.repeated, 0u);
    EXPECT_EQ(here.metric("siwareng_inbound_failed"), 0);
}

TEST(server, a_graceful_stop_under_load_loses_nothing) {
    office here({"whatsapp.pair_interval_ms=0", "whatsapp.doubt_wait_ms=8000"});
    std::thread stopper([&] {
        std::this_thread::sleep_for(300ms);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(here.stop_server(), 0);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 11s);
        here.start_server();
    });
    const auto citizens = burst(here, 30, 3);
    stopper.join();
    EXPECT_TRUE(eventually(
        [&] { return here.emulator_idle() && count_replies(here, citizens, 3).missing == 0; },
        60s));
    const auto result = count_replies(here, citizens, 3);
    EXPECT_EQ(result.missing, 0u) << here.server_log();
    EXPECT_EQ(result.repeated, 0u);
}

}  // namespace
}  // namespace siwareng::e2e
