#include "tests/emulator/emulator_support.hpp"
#include "tools/emulator/encoding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace siwareng::tools::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class emulator_test : public ::testing::Test {
  protected:
    emulator_test() : webhook_(std::make_unique<webhook>(in_)) {}
    ~emulator_test() override {
        emulator_.reset();
        webhook_->stop();
        in_.join();
    }

    void start(emulator_options options = {}) {
        options.webhook_url = webhook_->url();
        options.retry_first_ms = 20;
        options.retry_max_ms = 80;
        emulator_ = std::make_unique<running_emulator>(in_, options);
    }
    bool all_delivered() {
        return eventually(
            [&] { return emulator_->control("GET", "/stats")["webhooks"]["pending"] == 0; });
    }

    background in_;
    std::unique_ptr<webhook> webhook_;
    std::unique_ptr<running_emulator> emulator_;
};

TEST_F(emulator_test, a_citizens_message_comes_signed) {
    start();
    const auto wamid = emulator_->write(
        {{"type", "text"}, {"text", "Halo \u00e4 https://x"}, {"profile_name", "Ani"}});
    ASSERT_TRUE(webhook_->wait_for(1));
    const auto got = webhook_->all()[0];
    EXPECT_TRUE(bot::verify_signature(got.signature, got.body, {app_secret}));
    EXPECT_FALSE(bot::verify_signature(got.signature, got.body, {"other"}));
    const json value = got.value();
    EXPECT_EQ(value["messages"][0]["id"], wamid);
    EXPECT_EQ(value["messages"][0]["from"], citizen);
    EXPECT_EQ(value["messages"][0]["text"]["body"], "Halo \u00e4 https://x");
    EXPECT_EQ(value["contacts"][0]["profile"]["name"], "Ani");
    EXPECT_EQ(value["metadata"]["phone_number_id"], number_id);
    EXPECT_EQ(value["metadata"]["display_phone_number"], "6281100003603");
}

TEST_F(emulator_test, webhooks_are_retried_until_200) {
    start();
    webhook_->will_answer({500, 503, 201, 404});
    emulator_->write_text("satu");
    emulator_->write_text("dua");
    ASSERT_TRUE(all_delivered());
    const auto all = webhook_->all();
    ASSERT_EQ(all.size(), 6U);
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(all[i].body, all[0].body);
    EXPECT_EQ(all[5].value()["messages"][0]["text"]["body"], "dua") << "in order, so it waited";
    const json stats = emulator_->control("GET", "/stats");
    EXPECT_EQ(stats["webhooks"]["delivered"], 2);
    EXPECT_EQ(stats["webhooks"]["retried"], 4);
}

TEST_F(emulator_test, nobody_waits_for_someone_elses_retries) {
    start({.deliveries_max = 1});
    webhook_->will_answer({500, 500, 500});
    emulator_->write({{"type", "text"}, {"text", "A"}}, "628111");
    emulator_->write({{"type", "text"}, {"text", "B"}}, "628222");
    emulator_->write({{"type", "text"}, {"text", "C"}}, "628333");
    ASSERT_TRUE(all_delivered());
    std::vector<std::string> order;
    for (const auto& one : webhook_->all())
        order.push_back(one.value()["messages"][0]["text"]["body"]);
    ASSERT_EQ(order.size(), 6U);
    EXPECT_THAT(std::vector(order.begin(), order.begin() + 3), ElementsAre("A", "B", "C"))
        << "first attempts in the order of production";
}

TEST_F(emulator_test, a_webhook_that_is_not_there_yet_gets_everything_later) {
    const std::string url = [&] {
        const net::testing::raw_server gone({});
        return gone.url();
    }();
    emulator_options options;
    options.webhook_url = url + "/webhook";
    options.retry_first_ms = 10;
    options.retry_max_ms = 40;
    emulator_ = std::make_unique<running_emulator>(in_, options);
    for (int i = 0; i < 20; ++i)
        emulator_->write_text(std::to_string(i));
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(emulator_->control("GET", "/stats")["webhooks"]["pending"], 20);
    std::vector<std::string> seen;
    std::mutex mutex;
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    auto late = net::testing::start_server(
        in_, {.port = port},
        [&](net::request request) -> net::testing::asio::awaitable<net::response> {
            const std::scoped_lock lock(mutex);
            seen.push_back(json::parse(
                request.body)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"]);
            return [](net::request) -> net::testing::asio::awaitable<net::response> {
                co_return net::response{};
            }(std::move(request));
        });
    ASSERT_TRUE(all_delivered());
    const std::scoped_lock lock(mutex);
    ASSERT_EQ(seen.size(), 20U);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(seen[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(emulator_test, again_delivers_the_same_bytes) {
    start();
    const auto first = emulator_->write_text("satu");
    emulator_->write_text("dua");
    ASSERT_TRUE(all_delivered());
    emulator_->control("POST", "/citizens/" + citizen + "/again", {{"wamid", first}});
    emulator_->control("POST", "/citizens/" + citizen + "/again");
    ASSERT_TRUE(webhook_->wait_for(4));
    const auto all = webhook_->all();
    EXPECT_EQ(all[2].body, all[0].body);
    EXPECT_EQ(all[2].signature, all[0].signature);
    EXPECT_EQ(all[3].body, all[1].body);
    EXPECT_EQ(emulator_->call("POST", "/emulator/citizens/628999/again", "{}").status, 404);
}

TEST_F(emulator_test, a_sent_message_is_accepted_and_its_statuses_follow) {
    start();
    emulator_->write_text("Halo");
    const auto got = emulator_->send({{"messaging_product", "whatsapp"},
                                      {"to", "+62 812-3456-7890"},
                                      {"type", "text"},
                                      {"text", {{"body", "Jawaban"}}},
                                      {"biz_opaque_callback_data", "42"}});
    ASSERT_EQ(got.status, 200) << got.body;
    const json answer = json::parse(got.body);
    EXPECT_EQ(answer["messaging_product"], "whatsapp");
    EXPECT_EQ(answer["contacts"][0]["input"], "+62 812-3456-7890");
    EXPECT_EQ(answer["contacts"][0]["wa_id"], citizen);
    const std::string wamid = answer["messages"][0]["id"];
    EXPECT_TRUE(wamid.starts_with("wamid."));
    ASSERT_TRUE(webhook_->wait_for(4));
    ASSERT_TRUE(all_delivered());
    EXPECT_THAT(webhook_->statuses(wamid), ElementsAre("sent", "delivered", "read"));
    for (const auto& one : webhook_->all()) {
        const json value = one.value();
        if (!value.contains("statuses")) continue;
        const json& status = value["statuses"][0];
        EXPECT_EQ(status["biz_opaque_callback_data"], "42");
        EXPECT_EQ(status["recipient_id"], citizen);
        EXPECT_EQ(value["contacts"][0]["wa_id"], citizen);
        EXPECT_EQ(value["contacts"][0]["user_id"], status["recipient_user_id"]);
        if (status["status"] == "sent") {
            EXPECT_EQ(status["pricing"]["category"], "service");
            EXPECT_EQ(status["pricing"]["type"], "regular");
        }
    }
    const json inbox = emulator_->control("GET", "/citizens/" + citizen + "/messages?after=0");
    ASSERT_EQ(inbox["messages"].size(), 1U);
    EXPECT_EQ(inbox["messages"][0]["wamid"], wamid);
    EXPECT_EQ(inbox["messages"][0]["message"]["text"]["body"], "Jawaban");
    EXPECT_EQ(inbox["messages"][0]["statuses"].size(), 3U);
}

TEST_F(emulator_test, statuses_keep_their_order_through_failing_deliveries) {
    start();
    webhook_->will_answer({500, 200, 500, 500, 200, 500});
    const auto wamid = emulator_->send_text("x");
    ASSERT_TRUE(eventually([&] { return webhook_->statuses(wamid).size() == 3; }));
    EXPECT_THAT(webhook_->statuses(wamid), ElementsAre("sent", "delivered", "read"));
}

TEST_F(emulator_test, statuses_can_be_left_out) {
    start({.delivered_after_ms = -1, .read_after_ms = 1});
    const auto wamid = emulator_->send_text("x");
    ASSERT_TRUE(eventually([&] { return webhook_->statuses(wamid).size() == 2; }));
    EXPECT_THAT(webhook_->statuses(wamid), ElementsAre("read", "sent"));
    emulator_->control("POST", "/citizens/" + citizen, {{"reads", false}});
    const auto unread = emulator_->send_text("y");
    ASSERT_TRUE(eventually([&] { return webhook_->statuses(unread).size() == 1; }));
    EXPECT_TRUE(all_delivered());
    EXPECT_THAT(webhook_->statuses(unread), ElementsAre("sent"));
}

struct refusal {
    std::string name;
    net::response got;
    int http_status;
    int code;
};

TEST_F(emulator_test, refuses_with_metas_envelope) {
    start();
    const std::string path = "/v26.0/" + number_id + "/messages";
    const net::header_list good{{"Authorization", "Bearer " + access_token}};
    const std::vector<refusal> refusals{
        {"no token", emulator_->call("POST", path, "{}"), 401, 190},
        {"wrong token", emulator_->call("POST", path, "{}", {{"Authorization", "Bearer tokem"}}),
         401, 190},
        {"other scheme", emulator_->call("POST", path, "{}", {{"Authorization", "Basic token"}}),
         401, 190},
        {"unknown number", emulator_->graph("POST", "1/messages", "{}"), 400, 100},
        {"not JSON", emulator_->graph("POST", number_id + "/messages", "{"), 400, 100},
        {"no product", emulator_->graph("POST", number_id + "/messages", "{}"), 400, 100},
        {"no such edge", emulator_->graph("POST", number_id + "/faxes", "{}"), 400, 2500},
        {"no version", emulator_->call("POST", "/" + number_id + "/messages", "{}", good), 400,
         2500},
        {"unreadable path", emulator_->call("GET", "/v26.0/%ff%fe/x/y", "", good), 400, 2500},
    };
    std::set<std::string> traces;
    for (const auto& r : refusals) {
        SCOPED_TRACE(r.name);
        EXPECT_EQ(r.got.status, r.http_status);
        EXPECT_THAT(r.got.content_type, HasSubstr("application/json"));
        const json error = json::parse(r.got.body)["error"];
        EXPECT_EQ(error["code"], r.code);
        EXPECT_FALSE(error["message"].get<std::string>().empty());
        traces.insert(error["fbtrace_id"].get<std::string>());
    }
    EXPECT_EQ(traces.size(), refusals.size());
    const auto long_title =
        emulator_->send({{"messaging_product", "whatsapp"},
                         {"to", "+6281234567890"},
                         {"type", "interactive"},
                         {"interactive",
                          {{"type", "button"},
                           {"body", {{"text", "x"}}},
                           {"action",
                            {{"buttons",
                              {{{"type", "reply"},
                                {"reply", {{"id", "1"}, {"title", std::string(21, 'x')}}}}}}}}}}});
    EXPECT_EQ(long_title.status, 400);
    const json error = json::parse(long_title.body)["error"];
    EXPECT_EQ(error["message"], "(#131009) Parameter value is not valid");
    EXPECT_EQ(error["type"], "OAuthException");
    EXPECT_EQ(error["error_data"]["messaging_product"], "whatsapp");
    EXPECT_THAT(error["error_data"]["details"].get<std::string>(), HasSubstr("Max length: 20"));
    EXPECT_EQ(emulator_->control("GET", "/stats")["messages"]["refused"], refusals.size() + 1);
}

TEST_F(emulator_test, receipts_are_for_messages_that_came) {
    start();
    const auto wamid = emulator_->write_text("Halo");
    const json receipt{{"messaging_product", "whatsapp"},
                       {"status", "read"},
                       {"message_id", wamid},
                       {"typing_indicator", {{"type", "text"}}}};
    const auto good = emulator_->send(receipt);
    EXPECT_EQ(good.status, 200);
    EXPECT_EQ(json::parse(good.body), json::parse(R"({"success":true})"));
    json unknown = receipt;
    unknown["message_id"] = "wamid.unknown";
    EXPECT_EQ(json::parse(emulator_->send(unknown).body)["error"]["code"], 131009);
}

TEST_F(emulator_test, user_ids_without_a_number) {
    start();
    const std::string user_id = "ID.13491208655302741918";
    emulator_->write({{"type", "text"}, {"text", "x"}, {"username", "ani"}}, user_id);
    ASSERT_TRUE(webhook_->wait_for(1));
    const json value = webhook_->all()[0].value();
    EXPECT_FALSE(value["messages"][0].contains("from"));
    EXPECT_EQ(value["messages"][0]["from_user_id"], user_id);
    EXPECT_FALSE(value["contacts"][0].contains("wa_id"));
    EXPECT_EQ(value["contacts"][0]["profile"]["username"], "ani");

    const auto got = emulator_->send({{"messaging_product", "whatsapp"},
                                      {"recipient", user_id},
                                      {"text", {{"body", "Jawaban"}}}});
    ASSERT_EQ(got.status, 200) << got.body;
    const json answer = json::parse(got.body);
    EXPECT_EQ(answer["contacts"][0], (json{{"input", user_id}, {"user_id", user_id}}));
    const std::string wamid = answer["messages"][0]["id"];
    ASSERT_TRUE(eventually([&] { return webhook_->statuses(wamid).size() == 3; }));
    const json status = webhook_->all().back().value();
    EXPECT_FALSE(status["statuses"][0].contains("recipient_id"));
    EXPECT_EQ(status["statuses"][0]["recipient_user_id"], user_id);
    EXPECT_EQ(emulator_->control("GET", "/citizens/" + user_id + "/messages")["messages"].size(),
              1U);
}

TEST_F(emulator_test, a_hidden_number_is_absent_and_can_be_reached_by_user_id) {
    start();
    const json who = emulator_->control("POST", "/citizens/" + citizen, {{"hide_phone", true}});
    emulator_->write_text("x");
    ASSERT_TRUE(webhook_->wait_for(1));
    const json value = webhook_->all()[0].value();
    EXPECT_FALSE(value["messages"][0].contains("from"));
    EXPECT_EQ(value["messages"][0]["from_user_id"], who["user_id"]);
    emulator_->send({{"messaging_product", "whatsapp"},
                     {"recipient", who["user_id"]},
                     {"text", {{"body", "y"}}}});
    EXPECT_EQ(emulator_->control("GET", "/citizens/" + citizen + "/messages")["messages"].size(),
              1U);
}

json failed_status(const webhook& hook, const std::string& wamid) {
    for (const auto& one : hook.all()) {
        const json value = one.value();
        if (value.contains("statuses") && value["statuses"][0]["id"] == wamid &&
            value["statuses"][0]["status"] == "failed") {
            return value;
        }
    }
    return nullptr;
}

TEST_F(emulator_test, what_cannot_be_delivered_fails_later) {
    start({.enforce_window = true});
    const auto wait_for_failure = [&](const std::string& wamid) {
        json found;
        eventually([&] {
            found = failed_status(*webhook_, wamid);
            return !found.is_null();
        });
        return found;
    };
    const json closed = wait_for_failure(emulator_->send_text("jendela"));
    ASSERT_FALSE(closed.is_null());
    EXPECT_FALSE(closed.contains("contacts"));
    EXPECT_EQ(closed["statuses"][0]["errors"][0]["code"], 131047);
    emulator_->write_text("buka");
    const auto open = emulator_->send_text("terbuka");
    ASSERT_TRUE(eventually([&] { return webhook_->statuses(open).size() == 3; }));
    const auto reaction =
        json::parse(emulator_
                        ->send({{"messaging_product", "whatsapp"},
                                {"to", "+" + citizen},
                                {"type", "reaction"},
                                {"reaction", {{"message_id", "wamid.unknown"}, {"emoji", "x"}}}})
                        .body)["messages"][0]["id"];
    EXPECT_EQ(wait_for_failure(reaction)["statuses"][0]["errors"][0]["code"], 131009);
    emulator_->control("POST", "/citizens/" + citizen, {{"unreachable", true}});
    const json gone = wait_for_failure(emulator_->send_text("x"));
    EXPECT_EQ(gone["statuses"][0]["errors"][0]["code"], 131026);
    EXPECT_EQ(emulator_->control("GET", "/citizens/" + citizen + "/messages")["messages"].size(),
              1U)
        << "what failed never reached the citizen";
}

TEST_F(emulator_test, rates_and_templates) {
    // The emulator outlives this body and asks for the time until it is gone.
    const auto now = std::make_shared<std::atomic<std::int64_t>>(1'700'000'000'000);
    start({.enforce_pair_rate = true,
           .messages_per_s = 50,
           .templates = {"pengingat"},
           .clock_ms = [now] { return now->load(); }});
    for (int i = 0; i < 45; ++i)
        emulator_->send_text("x");
    const json over = {
        {"messaging_product", "whatsapp"}, {"to", "+" + citizen}, {"text", {{"body", "x"}}}};
    EXPECT_EQ(json::parse(emulator_->send(over).body)["error"]["code"], 131056);
    *now += 6000;
    EXPECT_EQ(emulator_->send(over).status, 200);
    int accepted = 0;
    int limited = 0;
    for (int i = 0; i < 60; ++i) {
        json other = over;
        other["to"] = "+62899" + std::to_string(100000 + i);
        const auto got = emulator_->send(other);
        if (got.status == 200) {
            ++accepted;
        } else if (json::parse(got.body)["error"]["code"] == 130429) {
            ++limited;
        }
    }
    EXPECT_EQ(accepted, 49);
    EXPECT_EQ(limited, 11);
    *now += 10'000;
    json tpl{{"messaging_product", "whatsapp"},
             {"to", "+" + citizen},
             {"type", "template"},
             {"template", {{"name", "pengingat"}, {"language", {{"code", "id"}}}}}};
    const auto good = emulator_->send(tpl);
    EXPECT_EQ(json::parse(good.body)["messages"][0]["message_status"], "accepted");
    tpl["template"]["name"] = "lain";
    const auto unknown = emulator_->send(tpl);
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(json::parse(unknown.body)["error"]["code"], 132001);
}

TEST_F(emulator_test, media_goes_round) {
    start();
    const std::string bytes("\x89PNG\0\r\n--X", 11);
    const std::string form =
        "--B\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
        "Content-Type: image/png\r\n\r\n" +
        bytes + "\r\n--B--\r\n";
    const net::header_list multipart{{"Content-Type", "multipart/form-data; boundary=B"}};
    const auto uploaded = emulator_->graph("POST", number_id + "/media", form, multipart);
    ASSERT_EQ(uploaded.status, 200) << uploaded.body;
    const std::string id = json::parse(uploaded.body)["id"];

    const json described = json::parse(emulator_->graph("GET", id).body);
    EXPECT_EQ(described["mime_type"], "image/png");
    EXPECT_EQ(described["file_size"], bytes.size());
    EXPECT_EQ(described["sha256"], hex(sha256(bytes)));
    EXPECT_EQ(described["id"], id);
    const std::string url = described["url"];
    ASSERT_TRUE(url.starts_with(emulator_->url()));
    const std::string target = url.substr(emulator_->url().size());
    EXPECT_EQ(emulator_->call("GET", target).status, 401) << "the download needs the token too";
    const auto file =
        emulator_->call("GET", target, "", {{"Authorization", "Bearer " + access_token}});
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(file.body, bytes);
    EXPECT_EQ(file.content_type, "image/png");

    const auto send = [&](const std::string& type) {
        return emulator_->send({{"messaging_product", "whatsapp"},
                                {"to", "+" + citizen},
                                {"type", type},
                                {type, {{"id", id}}}});
    };
    EXPECT_EQ(send("image").status, 200);
    const auto mismatch = json::parse(send("video").body)["messages"][0]["id"];
    ASSERT_TRUE(eventually([&] { return !failed_status(*webhook_, mismatch).is_null(); }));
    EXPECT_EQ(failed_status(*webhook_, mismatch)["statuses"][0]["errors"][0]["code"], 131053);

    EXPECT_EQ(json::parse(emulator_->graph("DELETE", id).body)["success"], true);
    EXPECT_EQ(json::parse(emulator_->graph("GET", id).body)["error"]["code"], 100);
    EXPECT_EQ(json::parse(send("image").body)["error"]["code"], 100);
    EXPECT_EQ(
        emulator_->call("GET", target, "", {{"Authorization", "Bearer " + access_token}}).status,
        404);
    EXPECT_EQ(emulator_->graph("POST", number_id + "/media", "x", multipart).status, 400);
}

TEST_F(emulator_test, a_citizens_photo_can_be_fetched) {
    start();
    emulator_->write({{"type", "image"}, {"data", base64_encode("gambar")}, {"caption", "KTP"}});
    ASSERT_TRUE(webhook_->wait_for(1));
    const json image = webhook_->all()[0].value()["messages"][0]["image"];
    const json described =
        json::parse(emulator_->graph("GET", image["id"].get<std::string>()).body);
    const std::string target = described["url"].get<std::string>().substr(emulator_->url().size());
    EXPECT_EQ(
        emulator_->call("GET", target, "", {{"Authorization", "Bearer " + access_token}}).body,
        "gambar");
}

TEST_F(emulator_test, a_tap_is_completed_from_what_was_sent) {
    start();
    const auto sent = emulator_->send(
        {{"messaging_product", "whatsapp"},
         {"to", "+" + citizen},
         {"type", "interactive"},
         {"interactive",
          {{"type", "list"},
           {"body", {{"text", "x"}}},
           {"action",
            {{"button", "Pilih"},
             {"sections",
              {{{"rows", {{{"id", "cek"}, {"title", "Cek"}, {"description", "Status"}}}}}}}}}}}});
    ASSERT_EQ(sent.status, 200) << sent.body;
    const std::string shown = json::parse(sent.body)["messages"][0]["id"];
    const auto wamid = emulator_->write({{"type", "tap"}, {"id", "cek"}});
    ASSERT_TRUE(eventually([&] {
        for (const auto& one : webhook_->all()) {
            const json value = one.value();
            if (!value.contains("messages")) continue;
            const json& message = value["messages"][0];
            return message["id"] == wamid && message["context"]["id"] == shown &&
                   message["interactive"]["list_reply"]["description"] == "Status";
        }
        return false;
    }));
}

TEST_F(emulator_test, the_inbox_is_waited_for) {
    start();
    std::thread later([&] {
        std::this_thread::sleep_for(100ms);
        net::testing::raw_client sender(emulator_->port());
        const json message{{"messaging_product", "whatsapp"},
                           {"to", "+" + citizen},
                           {"text", {{"body", "datang"}}}};
        const std::string body = message.dump();
        sender.send("POST /v26.0/" + number_id + "/messages HTTP/1.1\r\nAuthorization: Bearer " +
                    access_token + "\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
        sender.read_response();
    });
    const auto begin = std::chrono::steady_clock::now();
    const json got =
        emulator_->control("GET", "/citizens/" + citizen + "/messages?after=0&wait_ms=5000");
    later.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    ASSERT_EQ(got["messages"].size(), 1U);
    EXPECT_EQ(got["messages"][0]["message"]["text"]["body"], "datang");
    const auto last = got["last_seq"].get<std::uint64_t>();
    const json none = emulator_->control(
        "GET", "/citizens/" + citizen + "/messages?wait_ms=50&after=" + std::to_string(last));
    EXPECT_TRUE(none["messages"].empty());
    EXPECT_EQ(none["last_seq"], last);
}

TEST_F(emulator_test, stop_ends_a_waiting_call) {
    start();
    std::thread stopper([&] {
        std::this_thread::sleep_for(100ms);
        emulator_->stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const json got = emulator_->control("GET", "/citizens/" + citizen + "/messages?wait_ms=30000");
    stopper.join();
    EXPECT_TRUE(got["messages"].empty());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
}

TEST_F(emulator_test, raw_bodies_are_signed_and_their_answer_returned) {
    start();
    webhook_->will_answer({401});
    const auto got = emulator_->call("POST", "/emulator/raw", "not even JSON");
    EXPECT_EQ(json::parse(got.body)["http_status"], 401);
    const auto all = webhook_->all();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].body, "not even JSON");
    EXPECT_TRUE(bot::verify_signature(all[0].signature, all[0].body, {app_secret}));
}

TEST_F(emulator_test, the_control_api_refuses_pages_from_elsewhere_and_mistakes) {
    start();
    const auto with_origin = [&](const std::string& origin) {
        return emulator_->call("GET", "/emulator/stats", "", {{"Origin", origin}});
    };
    EXPECT_EQ(with_origin("https://evil.example").status, 403);
    EXPECT_EQ(with_origin("http://localhost.evil.example").status, 403);
    EXPECT_EQ(with_origin("null").status, 403);
    const auto local = with_origin("http://localhost:5173");
    EXPECT_EQ(local.status, 200);
    EXPECT_EQ(net::find_header(local.headers, "access-control-allow-origin"),
              "http://localhost:5173");
    const auto preflight = emulator_->call("OPTIONS", "/emulator/citizens/" + citizen + "/messages",
                                           "", {{"Origin", "http://127.0.0.1:8080"}});
    EXPECT_EQ(preflight.status, 204);
    const std::string messages = "/emulator/citizens/" + citizen + "/messages";
    EXPECT_EQ(emulator_->call("POST", messages, "{").status, 400);
    EXPECT_EQ(emulator_->call("POST", messages, R"({"type":"fax"})").status, 400);
    EXPECT_EQ(emulator_->call("POST", messages, R"({"type":"text","text":7})").status, 400);
    EXPECT_EQ(emulator_->call("POST", "/emulator/citizens/a%20b/messages", "{}").status, 400);
    EXPECT_EQ(emulator_->call("PUT", messages, "{}").status, 405);
    EXPECT_EQ(emulator_->call("GET", "/emulator/nothing").status, 404);
    EXPECT_TRUE(webhook_->all().empty());
}

TEST_F(emulator_test, the_log_tells_everything_in_order) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("siwareng_emulator_log_" + std::to_string(::getpid()));
    emulator_options options;
    options.log_file = path;
    start(options);
    webhook_->will_answer({500});
    const auto written = emulator_->write_text("Halo");
    ASSERT_TRUE(all_delivered());
    const auto sent = emulator_->send_text("Jawaban", {{"biz_opaque_callback_data", "7"}});
    emulator_->send(json::object());
    ASSERT_TRUE(eventually([&] { return webhook_->statuses(sent).size() == 3; }));
    ASSERT_TRUE(all_delivered());
    std::ifstream in(path);
    std::uint64_t last = 0;
    std::vector<std::string> events;
    int failed_attempts = 0;
    for (std::string line; std::getline(in, line);) {
        const json entry = json::parse(line);
        EXPECT_GT(entry["seq"], last);
        last = entry["seq"];
        EXPECT_GT(entry["ms"], 0);
        const std::string event = entry["event"];
        if (event == "webhook" && entry["http_status"] != 200) ++failed_attempts;
        if (event == "accepted") {
            EXPECT_EQ(entry["wamid"], sent);
            EXPECT_EQ(entry["callback"], "7");
            EXPECT_EQ(entry["citizen"], citizen);
        }
        if (event == "citizen_message") EXPECT_EQ(entry["wamid"], written);
        if (event != "webhook") events.push_back(event);
    }
    EXPECT_EQ(failed_attempts, 1);
    EXPECT_THAT(events, ElementsAre("started", "citizen_message", "accepted", "refused", "status",
                                    "status", "status"));
    std::filesystem::remove(path);
}

TEST_F(emulator_test, works_without_a_webhook) {
    emulator_ = std::make_unique<running_emulator>(in_, emulator_options{});
    emulator_->send_text("x");
    emulator_->write_text("y");
    EXPECT_EQ(emulator_->control("GET", "/citizens/" + citizen + "/messages")["messages"].size(),
              1U);
    EXPECT_EQ(emulator_->control("GET", "/stats")["webhooks"]["pending"], 0);
}

TEST_F(emulator_test, unusable_options_are_an_error_text) {
    emulator_options options;
    options.webhook_url = "localhost/webhook";
    EXPECT_FALSE(create_emulator(in_.executor(), options));
    options.webhook_url = "";
    options.log_file = "/no/such/folder/log";
    const auto made = create_emulator(in_.executor(), options);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error(), HasSubstr("/no/such/folder/log"));
}

TEST_F(emulator_test, a_thousand_messages_lose_nothing) {
    start({.sent_after_ms = 0, .delivered_after_ms = 1, .read_after_ms = 2});
    webhook_->will_answer(std::deque<int>(50, 503));
    for (int i = 0; i < 250; ++i) {
        emulator_->write({{"type", "text"}, {"text", std::to_string(i)}},
                         "62812" + std::to_string(1000 + i % 25));
    }
    for (int i = 0; i < 250; ++i) {
        emulator_->send_text("x", {{"to", "+62812" + std::to_string(1000 + i % 25)}});
    }
    ASSERT_TRUE(eventually(
        [&] { return emulator_->control("GET", "/stats")["webhooks"]["delivered"] == 1000; }, 20s));
    std::map<std::string, std::vector<std::string>> per_message;
    for (const auto& one : webhook_->all()) {
        const json value = one.value();
        if (one.answered != 200 || !value.contains("statuses")) continue;
        per_message[value["statuses"][0]["id"]].push_back(value["statuses"][0]["status"]);
    }
    EXPECT_EQ(per_message.size(), 250U);
    for (const auto& [wamid, names] : per_message) {
        EXPECT_THAT(names, ElementsAre("sent", "delivered", "read"));
    }
}

}  // namespace
}  // namespace siwareng::tools::testing
