#include "tests/bot/net_support.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace siwareng::net::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

asio::awaitable<response> wait_then_answer(std::chrono::milliseconds wait) {
    asio::steady_timer timer(co_await asio::this_coro::executor, wait);
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    response answer;
    answer.body = error ? "cancelled" : "late";
    co_return answer;
}

class net_server : public ::testing::Test {
  protected:
    void start(server_options options = {}, handler answer = echo) {
        server_ = start_server(in_, options, std::move(answer));
    }
    void TearDown() override {
        server_.reset();
        in_.join();
    }
    raw_client connect() { return raw_client(server_->port()); }

    background in_;
    std::unique_ptr<server> server_;
};

TEST_F(net_server, answers_get_post_and_head) {
    start();
    auto client = connect();
    client.send("GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto got = client.read_response();
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(got, EndsWith("\r\n\r\nGET /a b c=d"));
    client.send("POST /p HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_THAT(client.read_response(), EndsWith("POST /p\nhello"));
    client.send("HEAD /h HTTP/1.1\r\n\r\nGET /after HTTP/1.1\r\n\r\n");
    const auto head = client.read_response(false);
    EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
    EXPECT_THAT(head, EndsWith("\r\n\r\n"));
    EXPECT_THAT(client.read_response(), EndsWith("GET /after"));
    EXPECT_EQ(server_->counters().requests, 4U);
    EXPECT_EQ(server_->counters().bad_requests, 0U);
}

TEST_F(net_server, pipelined_requests_are_answered_in_order) {
    start();
    auto client = connect();
    std::string all;
    for (int i = 0; i < 200; ++i) {
        all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
    }
    client.send(all);
    for (int i = 0; i < 200; ++i) {
        ASSERT_THAT(client.read_response(), EndsWith("POST /" + std::to_string(i) + "\nhi"));
    }
}

TEST_F(net_server, bytes_may_come_one_by_one) {
    start();
    auto client = connect();
    for (const char c : std::string("POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")) {
        client.send(std::string(1, c));
    }
    EXPECT_THAT(client.read_response(), EndsWith("POST /x\nabc"));
}

TEST_F(net_server, chunked_and_large_bodies) {
    start();
    auto client = connect();
    client.send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    EXPECT_THAT(client.read_response(), EndsWith("POST /c\nabc"));
    const std::string large(4UL * 1024 * 1024, 'z');
    client.send("POST /l HTTP/1.1\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n");
    client.send(large);
    const auto got = client.read_response();
    EXPECT_TRUE(got.ends_with("POST /l\n" + large));
}

TEST_F(net_server, expect_continue) {
    start();
    auto client = connect();
    client.send("POST /e HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok");
    EXPECT_THAT(client.read_response(), EndsWith("POST /e\nok"));
}

TEST_F(net_server, http_1_0_and_close) {
    start();
    auto old = connect();
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(old.read_all(), HasSubstr("Connection: close\r\n"));
    auto kept = connect();
    kept.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(kept.read_response(), HasSubstr("Connection: keep-alive\r\n"));
    kept.send("GET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(kept.read_all(), EndsWith("GET /2"));
    auto half = connect();
    half.send("GET /half HTTP/1.1\r\n\r\n");
    half.end_sending();
    EXPECT_THAT(half.read_all(), EndsWith("GET /half"));
}

TEST_F(net_server, refuses_what_it_cannot_read) {
    start({.body_bytes_max = 100, .header_bytes_max = 512});
    const std::vector<std::pair<std::string, std::string>> cases{
        {"nonsense\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nX: " + std::string(1000, 'x') + "\r\n\r\n", "431"},
        {"GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n", "431"},
        {"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'y'), "413"},
        {"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + std::string(9'000'000, 'y'), "413"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'y'),
         "413"},
    };
    for (const auto& [text, status] : cases) {
        SCOPED_TRACE(text.substr(0, 60));
        auto client = connect();
        client.send(text);
        const auto got = client.read_all();
        EXPECT_THAT(got, StartsWith("HTTP/1.1 " + status + " "));
        EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
    }
    EXPECT_EQ(server_->counters().bad_requests, cases.size());
    EXPECT_EQ(server_->counters().requests, 0U);
}

TEST_F(net_server, slow_requests_are_told_so_and_idle_connections_closed) {
    start({.header_timeout = 150ms, .body_timeout = 150ms, .idle_timeout = 300ms});
    auto header = connect();
    header.send("GET / HTTP/1.1\r\nHost:");
    EXPECT_THAT(header.read_all(), StartsWith("HTTP/1.1 408 "));
    auto body = connect();
    body.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_THAT(body.read_all(), StartsWith("HTTP/1.1 408 "));
    auto idle = connect();
    EXPECT_EQ(idle.read_all(), "");
    auto after = connect();
    after.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(after.read_response(), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(after.read_all(), "") << "closed without a word once idle";
    EXPECT_EQ(server_->counters().bad_requests, 2U);
}

TEST_F(net_server, a_trickling_client_does_not_extend_its_time) {
    start({.header_timeout = 300ms});
    auto client = connect();
    std::string got;
    std::thread reader([&] { got = client.read_all(); });
    for (int i = 0; i < 20; ++i) {
        client.send("G");
        std::this_thread::sleep_for(25ms);
    }
    reader.join();
    EXPECT_THAT(got, StartsWith("HTTP/1.1 408 "));
}

TEST_F(net_server, slow_clients_hold_nobody_up) {
    start({.header_timeout = 5s});
    std::vector<std::unique_ptr<raw_client>> slow;
    for (int i = 0; i < 300; ++i) {
        slow.push_back(std::make_unique<raw_client>(server_->port()));
        slow.back()->send("POST / HTTP/1.1\r\nContent-Le");
    }
    auto client = connect();
    const auto begin = std::chrono::steady_clock::now();
    client.send("GET /fast HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.read_response(), EndsWith("GET /fast"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_EQ(server_->counters().connections_open, 301U);
}

TEST_F(net_server, closes_connections_over_the_limit) {
    start({.connections_max = 2});
    auto first = connect();
    auto second = connect();
    ASSERT_TRUE(eventually([&] { return server_->counters().connections_open == 2; }));
    auto third = connect();
    EXPECT_EQ(third.read_all(), "");
    EXPECT_EQ(server_->counters().connections_refused, 1U);
    first.send("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(first.read_all(), EndsWith("GET /1"));
    ASSERT_TRUE(eventually([&] { return server_->counters().connections_open == 1; }));
    auto fourth = connect();
    fourth.send("GET /4 HTTP/1.1\r\n\r\n");
    EXPECT_THAT(fourth.read_response(), EndsWith("GET /4"));
}

asio::awaitable<response> fail(request message) {
    if (message.path == "/throw") throw std::runtime_error("a citizen's words");
    response answer;
    if (message.path == "/split") answer.headers = {{"X", "a\r\nSet-Cookie: b"}};
    co_return answer;
}

TEST_F(net_server, a_failing_handler_is_a_500_and_the_connection_lives) {
    start({}, fail);
    auto client = connect();
    for (const auto* path : {"/throw", "/split"}) {
        client.send(std::string("GET ") + path + " HTTP/1.1\r\n\r\n");
        const auto got = client.read_response();
        EXPECT_THAT(got, StartsWith("HTTP/1.1 500 "));
        EXPECT_THAT(got, HasSubstr("Content-Length: 0\r\n"));
        EXPECT_THAT(got, Not(HasSubstr("Set-Cookie")));
    }
    client.send("GET /fine HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(net_server, stop_lets_requests_finish_within_the_grace) {
    start({}, [](request) { return wait_then_answer(200ms); });
    auto idle = connect();
    auto busy = connect();
    busy.send("GET / HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server_->counters().requests == 1; }));
    const auto begin = std::chrono::steady_clock::now();
    server_->stop(5s);
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 150ms);
    const auto got = busy.read_all();
    EXPECT_THAT(got, EndsWith("late"));
    EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
    in_.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s) << "the grace timer held run() up";
    EXPECT_THROW(raw_client{server_->port()}, boost::system::system_error);
}

TEST_F(net_server, stop_cancels_handlers_when_the_grace_is_over) {
    std::atomic<bool> cancelled = false;
    start({}, [&cancelled](request) -> asio::awaitable<response> {
        auto answer = wait_then_answer(30s);
        return [](asio::awaitable<response> inner,
                  std::atomic<bool>& flag) -> asio::awaitable<response> {
            auto got = co_await std::move(inner);
            flag = got.body == "cancelled";
            co_return got;
        }(std::move(answer), cancelled);
    });
    auto busy = connect();
    busy.send("GET / HTTP/1.1\r\n\r\n");
    auto half = connect();
    half.send("GET / HT");
    ASSERT_TRUE(eventually([&] { return server_->counters().requests == 1; }));
    const auto begin = std::chrono::steady_clock::now();
    server_->stop(100ms);
    EXPECT_EQ(busy.read_all(), "");
    EXPECT_EQ(half.read_all(), "");
    in_.join();
    EXPECT_TRUE(cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_EQ(server_->counters().connections_open, 0U);
}

TEST_F(net_server, says_why_it_cannot_listen) {
    start();
    const auto taken = create_server(in_.executor(), {.port = server_->port()}, echo);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error(), HasSubstr(":" + std::to_string(server_->port())));
    EXPECT_THAT(taken.error(), HasSubstr("in use"));
    EXPECT_FALSE(create_server(in_.executor(), {.address = "nowhere"}, echo));
    const auto unreadable = create_server(
        in_.executor(), {.tls_certificate_file = "/no/cert", .tls_key_file = "/no/key"}, echo);
    ASSERT_FALSE(unreadable);
    EXPECT_THAT(unreadable.error(), HasSubstr("/no/cert"));
    EXPECT_FALSE(create_server(in_.executor(), {.tls_certificate_file = "/no/cert"}, echo));
}

TEST_F(net_server, many_connections_at_once) {
    start();
    auto client = start_client(in_, {.base_url = url_of(*server_), .connections_max = 100});
    std::vector<std::future<std::expected<response, net_error>>> answers;
    constexpr int count = 1000;
    answers.reserve(count);
    for (int i = 0; i < count; ++i) {
        answers.push_back(asio::co_spawn(
            in_.strand(), client->send("POST", "/" + std::to_string(i), {}, std::to_string(i)),
            asio::use_future));
    }
    for (int i = 0; i < count; ++i) {
        const auto got = answers[static_cast<std::size_t>(i)].get();
        ASSERT_TRUE(got) << got.error().message;
        EXPECT_EQ(got->body, "POST /" + std::to_string(i) + "\n" + std::to_string(i));
    }
    EXPECT_LE(server_->counters().connections_open, 100U);
    in_.call([&] { client->stop(); });
}

}  // namespace
}  // namespace siwareng::net::testing
