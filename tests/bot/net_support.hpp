#pragma once

#include "bot/net/http.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <utility>
#include <vector>

namespace siwareng::net::testing {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

/// An io_context on two threads, so that a data race shows under ThreadSanitizer.
class background {
  public:
    background() {
        for (int i = 0; i < 2; ++i)
            threads_.emplace_back([this] { context_.run(); });
    }
    background(const background&) = delete;
    background& operator=(const background&) = delete;
    ~background() { join(); }

    asio::any_io_executor executor() { return context_.get_executor(); }
    asio::any_io_executor strand() { return strand_; }

    /// Returns once nothing is left to do: a test that hangs here shows a leaked operation.
    void join() {
        guard_.reset();
        for (auto& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

    /// Runs a coroutine on the strand and waits for what it returns.
    template <class Result>
    Result run(asio::awaitable<Result> work) {
        return asio::co_spawn(strand_, std::move(work), asio::use_future).get();
    }

    /// Runs a function on the strand and waits for it.
    void call(const std::function<void()>& work) {
        asio::post(strand_, asio::use_future([&work] { work(); })).get();
    }

  private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_{context_.get_executor()};
    asio::any_io_executor strand_{asio::make_strand(context_)};
    std::vector<std::thread> threads_;
};

/// A blocking socket: what a client with ideas of its own sends.
class raw_client {
  public:
    explicit raw_client(std::uint16_t port) : socket_(context_) {
        socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
        const timeval limit{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        socket_.set_option(tcp::no_delay(true));
    }

    void send(std::string_view text) {
        boost::system::error_code closed;
        asio::write(socket_, asio::buffer(text.data(), text.size()), closed);
    }
    void end_sending() { socket_.shutdown(tcp::socket::shutdown_send); }

    /// Everything until the server closes.
    std::string read_all() {
        while (read_some()) {
        }
        return std::exchange(received_, {});
    }
    /// One response with a Content-Length (or without a body, after a HEAD).
    std::string read_response(bool with_body = true) {
        std::size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!read_some()) return std::exchange(received_, {});
        }
        end += 4;
        if (with_body) {
            const auto at = received_.find("Content-Length: ");
            if (at < end) end += std::stoul(received_.substr(at + 16));
        }
        while (received_.size() < end) {
            if (!read_some()) break;
        }
        std::string one = received_.substr(0, end);
        received_.erase(0, one.size());
        return one;
    }
    tcp::socket& socket() { return socket_; }

  private:
    bool read_some() {
        std::array<char, 65536> bytes;
        boost::system::error_code error;
        const auto count = socket_.read_some(asio::buffer(bytes), error);
        received_.append(bytes.data(), count);
        return !error;
    }

    asio::io_context context_;
    tcp::socket socket_;
    std::string received_;
};

/// A server that behaves as its script says, one connection after another.
class raw_server {
  public:
    using script = std::function<void(tcp::socket&)>;

    explicit raw_server(std::vector<script> connections)
        : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          thread_([this, list = std::move(connections)] {
              for (const auto& play : list) {
                  tcp::socket socket(context_);
                  boost::system::error_code closed;
                  acceptor_.accept(socket, closed);
                  if (closed) return;
                  play(socket);
              }
          }) {}
    raw_server(const raw_server&) = delete;
    raw_server& operator=(const raw_server&) = delete;
    ~raw_server() {
        // Wakes an accept() that nobody came to.
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        thread_.join();
    }

    std::uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// Reads until the blank line after a header.
    static std::string read_header(tcp::socket& socket) {
        std::string text;
        std::array<char, 4096> bytes;
        boost::system::error_code error;
        while (!text.contains("\r\n\r\n") && !error) {
            text.append(bytes.data(), socket.read_some(asio::buffer(bytes), error));
        }
        return text;
    }
    static void write(tcp::socket& socket, std::string_view text) {
        boost::system::error_code closed;
        asio::write(socket, asio::buffer(text.data(), text.size()), closed);
    }
    /// Waits until the client has closed.
    static void wait_for_close(tcp::socket& socket) {
        std::array<char, 4096> bytes;
        boost::system::error_code error;
        while (!error)
            socket.read_some(asio::buffer(bytes), error);
    }

  private:
    asio::io_context context_;
    tcp::acceptor acceptor_;
    std::uint16_t port_ = acceptor_.local_endpoint().port();
    std::thread thread_;
};

/// Answers with what it was asked.
inline asio::awaitable<response> echo(request message) {
    response answer;
    answer.body = message.method + " " + message.path;
    for (const auto& [name, value] : message.query)
        answer.body += " " + name + "=" + value;
    if (!message.body.empty()) answer.body += "\n" + message.body;
    co_return answer;
}

inline std::unique_ptr<server> start_server(background& in, server_options options = {},
                                            handler answer = echo) {
    auto made = create_server(in.executor(), options, std::move(answer));
    if (!made) throw std::runtime_error(made.error());
    return std::move(*made);
}

inline std::unique_ptr<client> start_client(background& in, client_options options) {
    auto made = create_client(in.strand(), options);
    if (!made) throw std::runtime_error(made.error());
    return std::move(*made);
}

inline std::string url_of(const server& of) {
    return "http://127.0.0.1:" + std::to_string(of.port());
}

/// Waits for a condition of another thread.
inline bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = 5s) {
    for (auto waited = 0ms; waited < limit; waited += 5ms) {
        if (holds()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return holds();
}

}  // namespace siwareng::net::testing
