#include "bot/net/transport.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <tuple>
#include <utility>

namespace siwareng::net {
namespace {

namespace asio = boost::asio;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
/// Up to here a copy is cheaper than a second TLS record.
constexpr std::size_t tls_joined_bytes_max = 64UL * 1024;

}  // namespace

transport::transport(tcp::socket socket) : socket_(std::move(socket)) {}

void transport::use_tls(asio::ssl::context& context) {
    tls_.emplace(socket_, context);
}

SSL* transport::tls_handle() {
    return tls_ ? tls_->native_handle() : nullptr;
}

void transport::expect_host(const std::string& host) {
    boost::system::error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    // Server name indication is for names only, RFC 6066.
    if (not_an_address) SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
    tls_->set_verify_mode(asio::ssl::verify_peer);
    tls_->set_verify_callback(asio::ssl::host_name_verification(host));
}

asio::awaitable<boost::system::error_code> transport::handshake(
    asio::ssl::stream_base::handshake_type type) {
    auto [error] = co_await tls_->async_handshake(type, token);
    co_return error;
}

asio::awaitable<io_result> transport::read_some(std::span<char> into) {
    const asio::mutable_buffer target(into.data(), into.size());
    if (tls_) {
        auto [error, bytes] = co_await tls_->async_read_some(target, token);
        co_return io_result{error, bytes};
    }
    auto [error, bytes] = co_await socket_.async_read_some(target, token);
    co_return io_result{error, bytes};
}

asio::awaitable<io_result> transport::write(std::string& head, std::string_view body) {
    if (tls_ && body.size() <= tls_joined_bytes_max) {
        head.append(body);
        body = {};
    }
    const std::array<asio::const_buffer, 2> both{asio::buffer(head),
                                                 asio::buffer(body.data(), body.size())};
    if (tls_) {
        auto [error, bytes] = co_await asio::async_write(*tls_, both, token);
        co_return io_result{error, bytes};
    }
    auto [error, bytes] = co_await asio::async_write(socket_, both, token);
    co_return io_result{error, bytes};
}

asio::awaitable<void> transport::finish_sending() {
    if (tls_) {
        // Whether the peer answers with its own close_notify makes no difference to anyone.
        std::ignore = co_await tls_->async_shutdown(token);
    }
    boost::system::error_code already_closed;
    socket_.shutdown(tcp::socket::shutdown_send, already_closed);
}

void transport::cancel() {
    boost::system::error_code not_open;
    socket_.cancel(not_open);
}

void transport::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

bool transport::is_stale() {
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace siwareng::net
