#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace siwareng::net {

/// What a read or write came to; `bytes` counts also when `error` is set.
struct io_result {
    boost::system::error_code error;
    std::size_t bytes = 0;
};

/// A TCP connection that may speak TLS. On the strand of its socket; one operation at a time.
class transport {
  public:
    using tcp = boost::asio::ip::tcp;

    explicit transport(tcp::socket socket);
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    tcp::socket& socket() { return socket_; }
    /// From here on the connection speaks TLS; `context` must outlive it.
    void use_tls(boost::asio::ssl::context& context);
    /// The OpenSSL handle, null without TLS.
    SSL* tls_handle();
    /// Sets who must be on the other side; call between use_tls() and the handshake.
    void expect_host(const std::string& host);

    boost::asio::awaitable<boost::system::error_code> handshake(
        boost::asio::ssl::stream_base::handshake_type type);
    boost::asio::awaitable<io_result> read_some(std::span<char> into);
    /// Writes all of it, with one system call where possible. A small body is appended to `head`
    /// under TLS, so that both fit one record. The caller keeps both alive.
    boost::asio::awaitable<io_result> write(std::string& head, std::string_view body);
    /// Tells the peer that nothing more will come: TLS close_notify, TCP FIN.
    boost::asio::awaitable<void> finish_sending();

    /// Ends what is pending; the connection can still be used.
    void cancel();
    void close();
    /// Did the peer close, or send what nobody asked for, while the connection was idle?
    bool is_stale();

  private:
    tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
};

}  // namespace siwareng::net
