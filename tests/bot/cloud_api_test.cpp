// The Cloud API client, and the sender on top of it, against a real server on loopback.
#include "bot/sending/cloud_api.hpp"

#include "bot/sending/message.hpp"
#include "bot/sending/outbox_sender.hpp"
#include "tests/bot/net_support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using net::testing::background;
using net::testing::raw_server;

constexpr std::int64_t now_ms = 1'790'000'000'000;

/// A stand-in for graph.facebook.com that keeps what it was asked.
class graph {
  public:
    explicit graph(background& in)
        : server_(net::testing::start_server(
              in, {}, [this](net::request message) { return answer(std::move(message)); })) {}

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
    void reply(int status, std::string body) {
        const std::lock_guard lock(mutex_);
        status_ = status;
        body_ = std::move(body);
    }
    std::vector<net::request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    void stop() { server_->stop(0ms); }

  private:
    asio::awaitable<net::response> answer(net::request message) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(message);
        net::response made;
        made.status = status_;
        made.content_type = "application/json";
        made.body = body_;
        if (body_.empty()) {
            const auto json = nlohmann::json::parse(message.body);
            made.body =
                nlohmann::json{
                    {"messages",
                     {{{"id", "wamid." + json.value("biz_opaque_callback_data", std::string())}}}}}
                    .dump();
        }
        co_return made;
    }

    mutable std::mutex mutex_;
    std::vector<net::request> requests_;
    int status_ = 200;
    std::string body_;
    std::unique_ptr<net::server> server_;
};

class cloud_api_test : public ::testing::Test {
  protected:
    void open(const std::string& url, std::chrono::milliseconds total = 5s) {
        net::client_options options;
        options.base_url = url;
        options.total_timeout = total;
        client_ = std::move(*net::create_client(in_.strand(), options));
        api_ = create_cloud_api(*client_, "v26.0");
    }
    send_outcome send(std::string body = "{}") {
        return in_.run(api_->send_message(from_, std::move(body)));
    }
    bool mark() { return in_.run(api_->mark_read(from_, "wamid.in")); }

    void TearDown() override {
        in_.call([&] {
            api_.reset();
            if (client_) client_->stop();
            client_.reset();
        });
        if (graph_) graph_->stop();
        in_.join();
    }

    background in_;
    std::unique_ptr<graph> graph_;
    std::unique_ptr<net::client> client_;
    std::unique_ptr<cloud_api> api_;
    channel from_{"tangerang", "106540352242922", "secret-token", 80};
};

TEST_F(cloud_api_test, posts_the_body_with_the_token_to_the_number) {
    graph_ = std::make_unique<graph>(in_);
    open(graph_->url());
    graph_->reply(200, R"({"messages":[{"id":"wamid.1"}],"contacts":[{"wa_id":"62812"}]})");
    const auto outcome = send(R"({"to":"+62812"})");
    ASSERT_TRUE(std::holds_alternative<send_accepted>(outcome));
    EXPECT_EQ(std::get<send_accepted>(outcome).wamid, "wamid.1");

    const auto asked = graph_->requests();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].method, "POST");
    EXPECT_EQ(asked[0].target, "/v26.0/106540352242922/messages");
    EXPECT_EQ(net::find_header(asked[0].headers, "authorization"), "Bearer secret-token");
    EXPECT_EQ(net::find_header(asked[0].headers, "content-type"), "application/json");
    EXPECT_EQ(asked[0].body, R"({"to":"+62812"})");
}

TEST_F(cloud_api_test, a_number_id_cannot_leave_its_place_in_the_path) {
    graph_ = std::make_unique<graph>(in_);
    open(graph_->url());
    from_.phone_number_id = "1/../me?x=";
    send();
    ASSERT_EQ(graph_->requests().size(), 1U);
    EXPECT_EQ(graph_->requests()[0].target, "/v26.0/1%2F..%2Fme%3Fx%3D/messages");
}

TEST_F(cloud_api_test, reads_what_the_api_says) {
    graph_ = std::make_unique<graph>(in_);
    open(graph_->url());
    graph_->reply(400, R"({"error":{"code":131056,"message":"(#131056) Pair rate limit hit"}})");
    const auto refused = send();
    ASSERT_TRUE(std::holds_alternative<send_refused>(refused));
    EXPECT_EQ(std::get<send_refused>(refused).action, error_action::retry_pair);
    graph_->reply(502, "<html>bad gateway</html>");
    EXPECT_TRUE(std::holds_alternative<send_in_doubt>(send()));
}

TEST_F(cloud_api_test, a_refused_connection_is_surely_not_sent) {
    std::uint16_t port = 0;
    {
        const raw_server gone({});
        port = gone.port();
    }
    open("http://127.0.0.1:" + std::to_string(port));
    EXPECT_TRUE(std::holds_alternative<send_not_sent>(send()));
    EXPECT_FALSE(mark());
}

TEST_F(cloud_api_test, silence_and_a_close_are_in_doubt) {
    const raw_server silent({[](auto& socket) {
                                 raw_server::read_header(socket);
                                 raw_server::wait_for_close(socket);
                             },
                             [](auto& socket) { raw_server::read_header(socket); }});
    open(silent.url(), 200ms);
    EXPECT_TRUE(std::holds_alternative<send_in_doubt>(send()));
    EXPECT_TRUE(std::holds_alternative<send_in_doubt>(send()));
}

TEST_F(cloud_api_test, a_stopped_client_sends_nothing) {
    graph_ = std::make_unique<graph>(in_);
    open(graph_->url());
    in_.call([&] { client_->stop(); });
    EXPECT_TRUE(std::holds_alternative<send_not_sent>(send()));
    EXPECT_TRUE(graph_->requests().empty());
}

TEST_F(cloud_api_test, marks_as_read) {
    graph_ = std::make_unique<graph>(in_);
    open(graph_->url());
    graph_->reply(200, R"({"success":true})");
    EXPECT_TRUE(mark());
    const auto body = nlohmann::json::parse(graph_->requests().at(0).body);
    EXPECT_EQ(body.at("status"), "read");
    EXPECT_EQ(body.at("message_id"), "wamid.in");
    for (const auto* answer : {R"({"success":false})", "{}", "[]", "true", ""}) {
        graph_->reply(200, *answer ? answer : " ");
        EXPECT_FALSE(mark()) << answer;
    }
    graph_->reply(400, R"({"success":true})");
    EXPECT_FALSE(mark());
}

TEST_F(cloud_api_test, the_sender_delivers_a_whole_outbox_through_real_sockets) {
    graph_ = std::make_unique<graph>(in_);
    open(graph_->url());
    const auto store = storage::create_memory_store();
    constexpr int contacts = 40;
    constexpr int each = 5;
    ASSERT_TRUE(store->run([&](storage::transaction& tx) {
        for (int i = 0; i < contacts * each; ++i) {
            const auto who = tx.resolve_contact(
                "tangerang",
                {{storage::address_kind::phone, "62811" + std::to_string(i % contacts)}}, "",
                now_ms);
            tx.save_turn(who.id, "{}", now_ms + 1000);
            storage::outbound row;
            row.office = "tangerang";
            row.contact = who.id;
            row.payload = to_json(dialogs::bubble{.text = "Halo", .options = {}, .list_label = ""});
            row.created_ms = now_ms;
            tx.enqueue(row, false);
        }
    }));

    sender_options options;
    from_.messages_per_s = 0;
    options.channels = {from_};
    options.poll_ms = 10;
    options.pair_interval_ms = 0;
    auto sender = create_outbox_sender(in_.strand(), *store, *api_, options, [] { return now_ms; });
    sender->start();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    constexpr std::uint64_t all = std::uint64_t{contacts} * each;
    while (sender->counters().accepted < all && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(5ms);
    }
    std::promise<void> stopped;
    sender->stop([&] { stopped.set_value(); });
    stopped.get_future().wait();

    EXPECT_EQ(store->open_reader()->stats().outbox_queued, 0);
    EXPECT_EQ(store->open_reader()->stats().outbox_sending, 0);
    std::map<std::string, std::vector<int>> by_contact;
    for (const auto& asked : graph_->requests()) {
        const auto body = nlohmann::json::parse(asked.body);
        by_contact[body.at("to").get<std::string>()].push_back(
            std::stoi(body.at("biz_opaque_callback_data").get<std::string>()));
    }
    EXPECT_EQ(by_contact.size(), static_cast<std::size_t>(contacts));
    for (const auto& [to, ids] : by_contact) {
        EXPECT_EQ(ids.size(), static_cast<std::size_t>(each)) << "each message exactly once";
        EXPECT_TRUE(std::ranges::is_sorted(ids)) << "in order";
    }
    in_.call([&] { sender.reset(); });
}

}  // namespace
}  // namespace siwareng::bot
