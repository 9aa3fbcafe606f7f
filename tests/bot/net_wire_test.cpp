#include "bot/net/message_parser.hpp"
#include "bot/net/wire.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace siwareng::net {
namespace {

struct parsed {
    std::string outcome;  ///< "done", "need_more", or the error
    request message;
    std::size_t left = 0;
};

/// Feeds `text` in pieces of `piece` bytes.
parsed parse(std::string_view text, std::size_t piece, const parse_limits& limits) {
    request_parser parser(limits);
    std::string held;
    std::size_t fed = 0;
    while (!parser.done()) {
        const auto used = parser.feed(held);
        if (!used) {
            const std::vector<std::string> names{"bad_message", "header_too_large",
                                                 "body_too_large"};
            return {names.at(static_cast<std::size_t>(used.error())), {}, 0};
        }
        held.erase(0, *used);
        if (parser.done() || (*used > 0 && !held.empty())) continue;
        if (fed == text.size()) return {"need_more", std::move(parser.message()), held.size()};
        held += text.substr(fed, piece);
        fed += std::min(piece, text.size() - fed);
    }
    return {"done", std::move(parser.message()), held.size() + text.size() - fed};
}

struct parse_case {
    std::string_view name;
    std::string_view text;
    std::string_view outcome;
    std::string_view body = "";
    std::size_t left = 0;
};

const std::vector<parse_case> parse_cases{
    {"get", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "done"},
    {"post", "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "done", "abc"},
    {"two at once", "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET", "done", "abc", 3},
    {"chunked",
     "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
     "done", "abcde"},
    {"trailers are no headers",
     "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Evil: 1\r\n\r\n",
     "done", "a"},
    {"half a header", "GET / HTTP/1.1\r\nHost:", "need_more"},
    {"half a body", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "need_more", "abc"},
    {"not HTTP", "\x16\x03\x01\x02 hello\r\n\r\n", "bad_message"},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad_message"},
    {"space in a name", "GET / HTTP/1.1\r\nHo st: a\r\n\r\n", "bad_message"},
    {"length is a word", "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "bad_message"},
    {"length is negative", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "bad_message"},
    {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
     "bad_message"},
    {"length and chunks",
     "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "bad_message"},
    {"unknown coding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "bad_message"},
    {"chunked not last", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
     "bad_message"},
    {"bad chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad_message"},
    {"long body", "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "body_too_large"},
    {"huge body", "POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
     "body_too_large"},
    {"long chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", "body_too_large"},
};

TEST(net_parser, table_in_every_split) {
    for (const auto& c : parse_cases) {
        for (const std::size_t piece : {1UL, 2UL, 7UL, 4096UL}) {
            SCOPED_TRACE(std::string(c.name) + " in pieces of " + std::to_string(piece));
            const auto got = parse(c.text, piece, {.header_bytes_max = 256, .body_bytes_max = 100});
            EXPECT_EQ(got.outcome, c.outcome);
            EXPECT_EQ(got.message.body, c.body);
            if (got.outcome == "done") EXPECT_EQ(got.left, c.left);
            EXPECT_TRUE(find_header(got.message.headers, "x-evil").empty());
        }
    }
}

TEST(net_parser, header_limit) {
    const std::string text = "GET / HTTP/1.1\r\nX: " + std::string(300, 'a') + "\r\n\r\n";
    EXPECT_EQ(parse(text, 4096, {.header_bytes_max = 256, .body_bytes_max = 1}).outcome,
              "header_too_large");
    const std::string target = "GET /" + std::string(300, 'a') + " HTTP/1.1\r\n\r\n";
    EXPECT_EQ(parse(target, 4096, {.header_bytes_max = 256, .body_bytes_max = 1}).outcome,
              "header_too_large");
}

TEST(net_parser, keep_alive_and_expectation) {
    request_parser parser({});
    ASSERT_TRUE(
        parser.feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    EXPECT_TRUE(parser.header_done());
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_TRUE(parser.expects_continue());
    EXPECT_EQ(parser.content_length(), 2U);
    parser.reset();
    ASSERT_TRUE(parser.feed("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_FALSE(parser.keep_alive());
    EXPECT_TRUE(parser.done());
}

TEST(net_parser, responses) {
    response_parser parser({});
    parser.reset(true);
    ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    EXPECT_TRUE(parser.done()) << "the response to a HEAD has no body";
    parser.reset();
    ASSERT_TRUE(parser.feed("HTTP/1.1 404 Nope\r\nContent-Type: a/b\r\n\r\n"));
    EXPECT_FALSE(parser.done());
    ASSERT_TRUE(parser.feed("until the end"));
    EXPECT_TRUE(parser.finish());
    EXPECT_EQ(parser.message().status, 404);
    EXPECT_EQ(parser.message().content_type, "a/b");
    EXPECT_EQ(parser.message().body, "until the end");
    parser.reset();
    ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    EXPECT_FALSE(parser.finish()) << "a body was promised";
    parser.reset();
    EXPECT_FALSE(parser.finish());
}

TEST(net_target, table) {
    struct target_case {
        std::string_view target, path;
        header_list query;
    };
    const std::vector<target_case> cases{
        {"/", "/", {}},
        {"/webhook?hub.mode=subscribe&hub.challenge=1%2B1&x",
         "/webhook",
         {{"hub.mode", "subscribe"}, {"hub.challenge", "1+1"}, {"x", ""}}},
        {"/a%20b+c?d+e=f%zz&&=g", "/a b+c", {{"d e", "f%zz"}, {"", "g"}}},
        {"http://host:1/p?q=1#f", "/p", {{"q", "1"}}},
        {"http://host", "/", {}},
        {"*", "*", {}},
        {"/?next=http://x/", "/", {{"next", "http://x/"}}},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.target);
        request message;
        message.target = c.target;
        split_target(message);
        EXPECT_EQ(message.path, c.path);
        EXPECT_EQ(message.query, c.query);
    }
}

TEST(net_url, encode_and_decode) {
    EXPECT_EQ(url_encode("a b/ü~"), "a%20b%2F%C3%BC~");
    EXPECT_EQ(url_decode(url_encode("a b/ü~"), false), "a b/ü~");
    EXPECT_EQ(url_decode("%4", true), "%4");
    EXPECT_EQ(url_decode("a+%2B", true), "a +");
}

TEST(net_url, origins) {
    struct url_case {
        std::string_view url, host, port, host_header, path;
        bool tls;
    };
    const std::vector<url_case> good{
        {"https://graph.facebook.com", "graph.facebook.com", "443", "graph.facebook.com", "", true},
        {"http://127.0.0.1:8081/base/", "127.0.0.1", "8081", "127.0.0.1:8081", "/base", false},
        {"http://[::1]:80", "::1", "80", "[::1]:80", "", false},
        {"https://[::1]/x", "::1", "443", "[::1]", "/x", true},
    };
    for (const auto& c : good) {
        SCOPED_TRACE(c.url);
        const auto got = parse_origin(c.url);
        ASSERT_TRUE(got) << got.error();
        EXPECT_EQ(got->host, c.host);
        EXPECT_EQ(got->port, c.port);
        EXPECT_EQ(got->host_header, c.host_header);
        EXPECT_EQ(got->path, c.path);
        EXPECT_EQ(got->tls, c.tls);
    }
    for (const auto* url :
         {"", "ftp://x", "http://", "http://:80", "http://a:b", "http://a:", "http://a:65536",
          "http://a:123456", "http://u@h", "http://h?q", "http://h#f", "http://[::1",
          "http://[::1]x", "http://a b", "http://a\r\nb"}) {
        EXPECT_FALSE(parse_origin(url)) << url;
    }
}

TEST(net_wire, heads) {
    std::string out;
    write_head(out, {.status = 200, .content_type = "a/b", .body = "xyz", .headers = {{"X", "1"}}},
               true);
    EXPECT_EQ(out,
              "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n"
              "X-Content-Type-Options: nosniff\r\nX: 1\r\nConnection: keep-alive\r\n\r\n");
    write_head(out, {.status = 204, .content_type = {}, .body = {}, .headers = {}}, false);
    EXPECT_EQ(out,
              "HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\n"
              "Connection: close\r\n\r\n");
    EXPECT_THROW(
        write_head(out,
                   {.status = 200, .content_type = "a", .body = {}, .headers = {{"X", "\r\n"}}},
                   true),
        std::invalid_argument);
    const auto to = parse_origin("http://h:1/base");
    write_head(out, *to, "GET", "/x", {}, 0);
    EXPECT_EQ(out, "GET /base/x HTTP/1.1\r\nHost: h:1\r\nUser-Agent: siwareng\r\n\r\n");
    write_head(out, *to, "POST", "/x", {{"A", "b"}}, 0);
    EXPECT_EQ(out,
              "POST /base/x HTTP/1.1\r\nHost: h:1\r\nUser-Agent: siwareng\r\n"
              "Content-Length: 0\r\nA: b\r\n\r\n");
}

TEST(net_wire, input_buffer_keeps_its_limit_and_its_bytes) {
    input_buffer buffer(5000);
    EXPECT_EQ(buffer.prepare().size(), 4096U);
    std::fill_n(buffer.prepare().begin(), 4096, 'a');
    buffer.commit(4096);
    EXPECT_EQ(buffer.prepare().size(), 904U);
    std::fill_n(buffer.prepare().begin(), 904, 'b');
    buffer.commit(904);
    EXPECT_TRUE(buffer.prepare().empty());
    buffer.consume(4000);
    EXPECT_EQ(buffer.prepare().size(), 4000U);
    EXPECT_EQ(buffer.data(), std::string(96, 'a') + std::string(904, 'b'));
    buffer.consume(1000);
    EXPECT_TRUE(buffer.empty());
}

}  // namespace
}  // namespace siwareng::net
