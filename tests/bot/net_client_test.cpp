#include "tests/bot/net_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace siwareng::net::testing {
namespace {

using ::testing::HasSubstr;

using outcome = std::expected<response, net_error>;

class net_client : public ::testing::Test {
  protected:
    void open(client_options options) { client_ = start_client(in_, std::move(options)); }
    outcome send(std::string method, std::string target, std::string body = {}) {
        return in_.run(client_->send(std::move(method), std::move(target), {}, std::move(body)));
    }
    std::future<outcome> send_later(std::string target) {
        return asio::co_spawn(in_.strand(), client_->send("POST", std::move(target), {}, "x"),
                              asio::use_future);
    }
    void TearDown() override {
        if (client_) in_.call([&] { client_.reset(); });
        in_.join();
    }

    background in_;
    std::unique_ptr<client> client_;
};

/// How a request to a server of one scripted connection ends.
struct ending {
    std::string_view name;
    raw_server::script script;
    net_errc code;
    std::string_view words;
};

void read_then(tcp::socket& socket, std::string_view text) {
    raw_server::read_header(socket);
    raw_server::write(socket, text);
}

TEST_F(net_client, endings_without_a_response) {
    const std::vector<ending> endings{
        {"closes after reading", [](tcp::socket& s) { raw_server::read_header(s); },
         net_errc::in_doubt, "closed the connection"},
        {"never answers",
         [](tcp::socket& s) {
             raw_server::read_header(s);
             raw_server::wait_for_close(s);
         },
         net_errc::in_doubt, "before the deadline"},
        {"half a header", [](tcp::socket& s) { read_then(s, "HTTP/1.1 200 OK\r\nConte"); },
         net_errc::in_doubt, "closed the connection"},
        {"half a body",
         [](tcp::socket& s) { read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); },
         net_errc::in_doubt, "closed the connection"},
        {"too large, said",
         [](tcp::socket& s) { read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"); },
         net_errc::in_doubt, "too large"},
        {"too large, sent",
         [](tcp::socket& s) { read_then(s, "HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x')); },
         net_errc::in_doubt, "too large"},
        {"garbage", [](tcp::socket& s) { read_then(s, "SSH-2.0-OpenSSH\r\n\r\n"); },
         net_errc::in_doubt, "not HTTP"},
        {"endless header",
         [](tcp::socket& s) { read_then(s, "HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x')); },
         net_errc::in_doubt, "header is too large"},
        {"only interim responses",
         [](tcp::socket& s) {
             std::string many;
             for (int i = 0; i < 20; ++i)
                 many += "HTTP/1.1 100 Continue\r\n\r\n";
             read_then(s, many);
         },
         net_errc::in_doubt, "interim"},
    };
    for (const auto& e : endings) {
        SCOPED_TRACE(e.name);
        raw_server server({e.script});
        open({.base_url = server.url(), .total_timeout = 300ms, .body_bytes_max = 1000});
        const auto got = send("POST", "/m", "{}");
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, e.code);
        EXPECT_THAT(got.error().message, HasSubstr(e.words));
        in_.call([&] { client_.reset(); });
    }
}

TEST_F(net_client, reads_every_form_of_a_body) {
    const std::vector<std::pair<std::string, std::string>> forms{
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
         "abc"},
        {"HTTP/1.1 200 OK\r\n\r\nabc", "abc"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
        {"HTTP/1.1 204 No Content\r\n\r\n", ""},
        {"HTTP/1.0 200 OK\r\n\r\nabc", "abc"},
    };
    for (const auto& [text, body] : forms) {
        for (const bool slowly : {false, true}) {
            SCOPED_TRACE(text);
            raw_server server({[&](tcp::socket& s) {
                raw_server::read_header(s);
                for (std::size_t i = 0; slowly && i < text.size(); ++i) {
                    raw_server::write(s, text.substr(i, 1));
                }
                if (!slowly) raw_server::write(s, text);
            }});
            open({.base_url = server.url()});
            const auto got = send("GET", "/");
            ASSERT_TRUE(got) << got.error().message;
            EXPECT_EQ(got->body, body);
            in_.call([&] { client_.reset(); });
        }
    }
}

TEST_F(net_client, a_refused_port_is_not_sent) {
    std::uint16_t free_port = 0;
    {
        const raw_server gone({});
        free_port = gone.port();
    }
    open({.base_url = "http://127.0.0.1:" + std::to_string(free_port)});
    const auto got = send("POST", "/", "x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, net_errc::not_sent);
    EXPECT_THAT(got.error().message, HasSubstr("refused"));
}

TEST_F(net_client, an_unknown_host_is_not_sent) {
    open({.base_url = "http://does-not-exist.invalid:1", .connect_timeout = 3s});
    const auto got = send("POST", "/", "x");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, net_errc::not_sent);
}

TEST_F(net_client, a_name_is_resolved) {
    auto server = start_server(in_);
    open({.base_url = "http://localhost:" + std::to_string(server->port()) + "/base"});
    const auto got = send("GET", "/x");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, "GET /base/x");
}

TEST_F(net_client, keeps_a_connection_alive) {
    std::atomic<int> connections = 0;
    raw_server server({[&](tcp::socket& s) {
        ++connections;
        for (int i = 0; i < 3; ++i)
            read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        raw_server::wait_for_close(s);
    }});
    open({.base_url = server.url()});
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(send("GET", "/"));
    EXPECT_EQ(connections, 1);
    in_.call([&] { client_->stop(); });
}

TEST_F(net_client, a_connection_that_the_peer_closed_is_not_used_again) {
    const auto once = [](tcp::socket& s) {
        read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    // Unasked bytes are as bad: they would be taken for the next response.
    const auto babbling = [](tcp::socket& s) {
        read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        std::this_thread::sleep_for(20ms);
        raw_server::write(s, "HTTP/1.1 500 Surprise\r\n\r\n");
        raw_server::wait_for_close(s);
    };
    raw_server server({once, babbling, once});
    open({.base_url = server.url()});
    for (int i = 0; i < 3; ++i) {
        const auto got = send("POST", "/", "x");
        ASSERT_TRUE(got) << got.error().message;
        EXPECT_EQ(got->status, 200);
        std::this_thread::sleep_for(60ms);
    }
}

TEST_F(net_client, a_connection_that_idled_too_long_is_not_used_again) {
    std::atomic<int> connections = 0;
    const auto once = [&](tcp::socket& s) {
        ++connections;
        read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        raw_server::wait_for_close(s);
    };
    raw_server server({once, once});
    open({.base_url = server.url(), .idle_timeout = 20ms});
    ASSERT_TRUE(send("GET", "/"));
    std::this_thread::sleep_for(50ms);
    ASSERT_TRUE(send("GET", "/"));
    EXPECT_EQ(connections, 2);
    in_.call([&] { client_->stop(); });
}

TEST_F(net_client, connection_close_is_respected) {
    const auto once = [](tcp::socket& s) {
        read_then(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        raw_server::wait_for_close(s);
    };
    raw_server server({once, once});
    open({.base_url = server.url()});
    ASSERT_TRUE(send("GET", "/"));
    ASSERT_TRUE(send("GET", "/"));
}

TEST_F(net_client, waits_for_a_free_connection_but_not_beyond_the_deadline) {
    std::promise<void> go_on;
    raw_server server({[&](tcp::socket& s) {
        raw_server::read_header(s);
        go_on.get_future().wait();
        for (int i = 0; i < 3; ++i) {
            raw_server::write(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            if (i < 2) raw_server::read_header(s);
        }
        raw_server::wait_for_close(s);
    }});
    open({.base_url = server.url(), .connections_max = 1, .total_timeout = 5s});
    auto first = send_later("/1");
    auto second = send_later("/2");
    auto third = send_later("/3");
    std::this_thread::sleep_for(50ms);
    go_on.set_value();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_TRUE(third.get());
    in_.call([&] { client_->stop(); });
}

TEST_F(net_client, no_free_connection_is_not_sent) {
    raw_server server({[](tcp::socket& s) { raw_server::wait_for_close(s); }});
    open({.base_url = server.url(), .connections_max = 1, .total_timeout = 200ms});
    auto first = send_later("/1");
    std::vector<std::future<outcome>> others;
    for (int i = 0; i < 50; ++i)
        others.push_back(send_later("/2"));
    const auto held = first.get();
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code, net_errc::in_doubt);
    int not_sent = 0;
    for (auto& other : others) {
        const auto waited = other.get();
        ASSERT_FALSE(waited);
        if (waited.error().code == net_errc::not_sent) ++not_sent;
    }
    // They start one after the other, so the last deadlines end after the first one's: on a slow
    // machine the connection that it gives back has time for some of those, one after the other.
    EXPECT_GE(not_sent, 40);
}

TEST_F(net_client, stop_cancels_what_waits_and_lets_go_on_what_was_sent) {
    std::promise<void> go_on;
    raw_server server({[&](tcp::socket& s) {
        raw_server::read_header(s);
        go_on.get_future().wait();
        raw_server::write(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }});
    open({.base_url = server.url(), .connections_max = 1});
    auto first = send_later("/1");
    auto second = send_later("/2");
    std::this_thread::sleep_for(50ms);
    in_.call([&] { client_->stop(); });
    const auto waited = second.get();
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, net_errc::cancelled);
    go_on.set_value();
    EXPECT_TRUE(first.get());
    const auto late = send("POST", "/3");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, net_errc::cancelled);
}

TEST_F(net_client, an_early_refusal_of_a_large_body_is_an_answer) {
    auto server = start_server(in_, {.body_bytes_max = 1000});
    open({.base_url = url_of(*server)});
    const auto got = send("POST", "/", std::string(200'000, 'x'));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 413);
}

TEST_F(net_client, head_has_no_body) {
    auto server = start_server(in_);
    open({.base_url = url_of(*server)});
    const auto got = send("HEAD", "/x");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, "");
    EXPECT_EQ(find_header(got->headers, "content-length"), "7");
    EXPECT_EQ(send("GET", "/y")->body, "GET /y");
}

TEST_F(net_client, line_breaks_in_headers_are_refused) {
    open({.base_url = "http://127.0.0.1:1"});
    const auto got =
        in_.run(client_->send("GET", "/", {{"Authorization", "Bearer x\r\nEvil: 1"}}, ""));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, net_errc::not_sent);
    EXPECT_FALSE(send("GET", "/a b"));
}

TEST_F(net_client, unusable_options_are_an_error_text) {
    EXPECT_FALSE(create_client(in_.strand(), {.base_url = "graph.facebook.com"}));
    EXPECT_FALSE(create_client(in_.strand(), {.base_url = "http://h", .connections_max = 0}));
    const auto got =
        create_client(in_.strand(), {.base_url = "https://h", .ca_file = "/no/such/ca.pem"});
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error(), HasSubstr("/no/such/ca.pem"));
}

}  // namespace
}  // namespace siwareng::net::testing
