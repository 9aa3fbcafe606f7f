#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HTTP/1.1 for the whole program, without Beast in any interface: Beast stays in four
/// translation units of this folder at most.
namespace siwareng::net {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The first header of that name, compared without case; empty when absent.
std::string_view find_header(const header_list& headers, std::string_view name);

/// What a client asked.
struct request {
    std::string method = {};  ///< "GET", "POST" ...
    std::string target = {};  ///< as received: "/webhook?hub.mode=subscribe"
    std::string path = {};    ///< decoded, without the query
    header_list query = {};   ///< decoded, in order
    header_list headers = {};
    std::string body = {};
    std::string remote = {};  ///< the peer's address, for rate limits; not logged
};

/// What is answered.
struct response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    header_list headers = {};
};

/// Answers one request. Exceptions become a 500 with an empty body and a line in the log.
using handler = std::function<boost::asio::awaitable<response>(request)>;

/// Where a server listens, and its limits.
struct server_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: the system chooses
    std::uint64_t body_bytes_max = 4ULL * 1024 * 1024;
    std::uint32_t header_bytes_max = 16 * 1024;
    std::size_t connections_max = 4096;                ///< further ones are closed at once
    std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte to the whole header
    std::chrono::milliseconds body_timeout{20'000};
    std::chrono::milliseconds idle_timeout{75'000};
    std::chrono::milliseconds write_timeout{20'000};
    /// Serve TLS with these PEM files; both empty: plain HTTP.
    std::string tls_certificate_file = {};
    std::string tls_key_file = {};
};

/// What a server saw, for metrics.
struct server_counters {
    std::uint64_t connections_open = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t requests = 0;
    std::uint64_t bad_requests = 0;  ///< unreadable, too large or too slow
};

/// Always answers `X-Content-Type-Options: nosniff`. Keep-alive; 413 for a body over the limit, 431
/// for a header over it, 408 for a slow one, 400 for what is not HTTP.
class server {
  public:
    virtual ~server() = default;
    server() = default;
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    [[nodiscard]] virtual server_counters counters() const = 0;
    /// Stops accepting, lets requests in progress finish until `grace` is over, then closes what is
    /// left. Idle connections are closed at once. Safe from any thread; returns at once.
    virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// Listens at once; an address in use or an unreadable certificate is an error text that says so.
std::expected<std::unique_ptr<server>, std::string> create_server(
    const boost::asio::any_io_executor& executor, const server_options& options, handler answer);

/// How a request ended without a response.
enum class net_errc : std::uint8_t {
    not_sent,   ///< no connection, or not one byte of the request left: surely not received
    in_doubt,   ///< it left, and no whole response came before the deadline or the close
    cancelled,  ///< the client was stopped before the request left
};

/// A request without a response.
struct net_error {
    net_errc code = net_errc::not_sent;
    std::string message = {};  ///< the system's words: "connection refused"
};

/// Whom a client talks to, and its limits.
struct client_options {
    std::string base_url = {};  ///< "https://graph.facebook.com", "http://127.0.0.1:8081"
    std::size_t connections_max = 32;
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds total_timeout{10'000};
    /// A pooled connection that was idle longer is not used again: a peer that closes it at that
    /// moment would put the request in doubt.
    std::chrono::milliseconds idle_timeout{15'000};
    std::uint64_t body_bytes_max = 128ULL * 1024 * 1024;
    /// Extra trust anchors (PEM), for tests; empty: the system's.
    std::string ca_file = {};
};

/// A pool of keep-alive connections to one origin. Certificates and host names are verified.
/// Never retries by itself. All calls on the executor's strand that it was made with.
class client {
  public:
    virtual ~client() = default;
    client() = default;
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// `target` begins with "/" and is appended to the base URL's path. Host, Content-Length and
    /// User-Agent are set here.
    virtual boost::asio::awaitable<std::expected<response, net_error>> send(std::string method,
                                                                            std::string target,
                                                                            header_list headers,
                                                                            std::string body) = 0;
    /// Ends what waits for a connection (cancelled) and closes idle ones.
    virtual void stop() = 0;
};

/// An unusable URL is an error text.
std::expected<std::unique_ptr<client>, std::string> create_client(
    const boost::asio::any_io_executor& executor, const client_options& options);

/// %-decoding of a path or query part ("+" is a space in a query).
std::string url_decode(std::string_view text, bool plus_is_space);
/// %-encoding of everything but unreserved characters.
std::string url_encode(std::string_view text);

}  // namespace siwareng::net
