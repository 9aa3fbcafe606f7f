#include "bot/net/deadline.hpp"
#include "bot/net/http.hpp"
#include "bot/net/message_parser.hpp"
#include "bot/net/transport.hpp"
#include "bot/net/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/core/demangle.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <typeinfo>
#include <unordered_map>
#include <utility>

namespace siwareng::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// How long a refused client may still send before the connection is closed under it. Closing at
/// once would make the kernel answer with a reset, which can overtake the response.
constexpr std::chrono::milliseconds linger_timeout{1'000};
/// TLS: how long the peer's close_notify is waited for.
constexpr std::chrono::milliseconds finish_timeout{500};
/// After accept() failed for want of descriptors or memory.
constexpr std::chrono::milliseconds accept_pause{50};
/// A body grows in steps of at least this much as its bytes come in, whatever length was promised.
constexpr std::size_t body_step_bytes = 64UL * 1024;
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

class connection;

/// A connection as the server's table knows it: to be touched on its strand only.
struct table_entry {
    asio::any_io_executor strand;
    std::weak_ptr<connection> link;
};

/// What the server and its connections share. The acceptor and the flags beside it live on
/// `strand`; the table is locked, since connections end on strands of their own.
struct server_core {
    server_core(const asio::any_io_executor& on, const server_options& opts, handler h)
        : executor(on),
          strand(asio::make_strand(on)),
          options(opts),
          answer(std::move(h)),
          acceptor(strand),
          grace_timer(strand),
          pause_timer(strand) {}

    asio::any_io_executor executor;
    asio::any_io_executor strand;
    server_options options;
    handler answer;
    std::optional<asio::ssl::context> tls;
    tcp::acceptor acceptor;
    asio::steady_timer grace_timer;
    asio::steady_timer pause_timer;
    std::atomic<bool> stopping{false};

    std::mutex mutex;
    std::unordered_map<const connection*, table_entry> table;

    std::atomic<std::uint64_t> open{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> bad_requests{0};
};

/// What the log may know about an exception: never its text, which may quote a citizen's message.
std::string_view log_target(std::string_view path) {
    // Only the first segment, as further ones may hold numbers and names.
    return path.substr(0, path.find('/', 1));
}

class connection final : public std::enable_shared_from_this<connection> {
  public:
    connection(std::shared_ptr<server_core> core, tcp::socket socket, std::string remote)
        : core_(std::move(core)),
          transport_(std::move(socket)),
          limit_(transport_.socket().get_executor(), [this] { transport_.cancel(); }),
          input_(core_->options.header_bytes_max + body_step_bytes),
          parser_({.header_bytes_max = core_->options.header_bytes_max,
                   .body_bytes_max = core_->options.body_bytes_max}),
          remote_(std::move(remote)) {}

    asio::awaitable<void> run() {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation(),
                                                           asio::enable_terminal_cancellation());
        co_await asio::this_coro::throw_if_cancelled(false);
        if (core_->tls) {
            transport_.use_tls(*core_->tls);
            limit_.set(core_->options.header_timeout);
            idle_ = true;
            const error_code failed = co_await transport_.handshake(asio::ssl::stream_base::server);
            idle_ = false;
            if (failed) {
                ++core_->bad_requests;
                co_return;
            }
        }
        bool more = true;
        while (more)
            more = co_await serve_one();
        limit_.set(finish_timeout);
        co_await transport_.finish_sending();
        if (refused_) co_await linger();
        limit_.rest();
    }

    /// The server stops: an idle connection ends now, a busy one after its response.
    void drain() {
        draining_ = true;
        signal_.emit(asio::cancellation_type::total);
        if (idle_) transport_.close();
    }

    /// The grace is over.
    void kill() {
        draining_ = true;
        signal_.emit(asio::cancellation_type::terminal);
        transport_.close();
    }

    asio::cancellation_slot slot() { return signal_.slot(); }

  private:
    /// One request and its response. False when the connection is to be closed.
    asio::awaitable<bool> serve_one() {
        parser_.reset();
        if (!co_await read_header()) co_return false;
        if (!parser_.done() && !co_await read_body()) co_return false;
        limit_.lift();
        ++core_->requests;
        const bool peer_keeps = parser_.keep_alive();
        request message = std::move(parser_.message());
        message.remote = remote_;
        const bool head_only = message.method == "HEAD";
        const response answer = co_await ask_handler(std::move(message));
        const bool keep = peer_keeps && !draining_;
        co_return co_await send(answer, keep, head_only) && keep;
    }

    asio::awaitable<bool> read_header() {
        if (input_.empty() && !co_await wait_for_first_byte()) co_return false;
        limit_.set(core_->options.header_timeout);
        while (true) {
            const auto used = parser_.feed(input_.data());
            if (!used) co_return co_await refuse(used.error());
            input_.consume(*used);
            if (parser_.header_done()) co_return true;
            if (!co_await read_more()) co_return false;
        }
    }

    asio::awaitable<bool> wait_for_first_byte() {
        if (draining_) co_return false;
        limit_.set(core_->options.idle_timeout);
        idle_ = true;
        const auto [error, bytes] = co_await transport_.read_some(input_.prepare());
        idle_ = false;
        if (error) co_return false;
        input_.commit(bytes);
        co_return true;
    }

    /// Reads into the input buffer; on failure the client has been told where that makes sense.
    asio::awaitable<bool> read_more() {
        const auto room = input_.prepare();
        if (room.empty()) co_return co_await refuse(parse_errc::header_too_large);
        const auto [error, bytes] = co_await transport_.read_some(room);
        if (!error) {
            input_.commit(bytes);
            co_return true;
        }
        co_return co_await give_up();
    }

    /// After a failed read in the middle of a request.
    asio::awaitable<bool> give_up() {
        if (limit_.expired()) co_return co_await refuse_with(408);
        ++core_->bad_requests;
        co_return false;
    }

    asio::awaitable<bool> read_body() {
        limit_.set(core_->options.body_timeout);
        if (parser_.expects_continue() && input_.empty()) {
            head_ = continue_line;
            if ((co_await transport_.write(head_, {})).error) co_return co_await give_up();
        }
        if (const auto length = parser_.content_length()) {
            co_return co_await read_known_body(static_cast<std::size_t>(*length));
        }
        while (true) {
            const auto used = parser_.feed(input_.data());
            if (!used) co_return co_await refuse(used.error());
            input_.consume(*used);
            if (parser_.done()) co_return true;
            if (!co_await read_more()) co_return false;
        }
    }

    /// Straight into the request's body: no copy, and no parser in between.
    asio::awaitable<bool> read_known_body(std::size_t length) {
        std::string& body = parser_.message().body;
        body = input_.data().substr(0, length);
        input_.consume(body.size());
        while (body.size() < length) {
            const std::size_t have = body.size();
            const std::size_t step = std::max(body_step_bytes, have);
            const std::size_t wanted = std::min(length - have, step);
            body.resize(have + wanted);
            const auto [error, bytes] =
                co_await transport_.read_some(std::span(body).subspan(have, wanted));
            body.resize(have + bytes);
            if (error) co_return co_await give_up();
        }
        co_return true;
    }

    asio::awaitable<response> ask_handler(request message) {
        const std::string method = message.method;
        const std::string target(log_target(message.path));
        try {
            co_return co_await core_->answer(std::move(message));
        } catch (const boost::system::system_error& problem) {
            spdlog::error("{} {}: the handler failed: {}", method, target,
                          problem.code().message());
        } catch (const std::exception& problem) {
            spdlog::error("{} {}: the handler failed with {}", method, target,
                          boost::core::demangle(typeid(problem).name()));
        }
        co_return response{.status = 500, .content_type = {}};
    }

    asio::awaitable<bool> send(const response& answer, bool keep, bool head_only) {
        limit_.set(core_->options.write_timeout);
        std::string_view body = answer.body;
        try {
            write_head(head_, answer, keep);
        } catch (const std::invalid_argument& problem) {
            spdlog::error("the handler's response cannot be sent: {}", problem.what());
            write_head(head_, {.status = 500, .content_type = {}}, keep);
            body = {};
        }
        const bool bodiless = head_only || answer.status == 204 || answer.status == 304;
        const auto written = co_await transport_.write(head_, bodiless ? std::string_view{} : body);
        co_return !written.error;
    }

    asio::awaitable<bool> refuse(parse_errc why) {
        switch (why) {
            case parse_errc::bad_message:
                return refuse_with(400);
            case parse_errc::header_too_large:
                return refuse_with(431);
            case parse_errc::body_too_large:
                return refuse_with(413);
        }
        return refuse_with(400);
    }

    /// Answers what was not a request, and always returns false.
    asio::awaitable<bool> refuse_with(int status) {
        ++core_->bad_requests;
        refused_ = true;
        const response answer{.status = status, .content_type = {}};
        co_await send(answer, false, false);
        co_return false;
    }

    /// Takes in what a refused client still sends, for a moment.
    asio::awaitable<void> linger() {
        limit_.set(linger_timeout);
        input_.consume(input_.data().size());
        while (!limit_.expired() && !draining_) {
            const auto got = co_await transport_.read_some(input_.prepare());
            if (got.error) break;
        }
    }

    std::shared_ptr<server_core> core_;
    transport transport_;
    deadline limit_;
    input_buffer input_;
    request_parser parser_;
    std::string head_;
    std::string remote_;
    asio::cancellation_signal signal_;
    /// Between requests, or before the first: nothing is lost by closing.
    bool idle_ = false;
    bool draining_ = false;
    bool refused_ = false;
};

/// A free function, so that the frame owns the connection for as long as it runs.
asio::awaitable<void> run_connection(std::shared_ptr<connection> link) {
    co_await link->run();
}

void forget(const std::shared_ptr<server_core>& core, const connection* link) {
    const std::scoped_lock lock(core->mutex);
    core->table.erase(link);
    --core->open;
    if (core->stopping && core->table.empty()) {
        asio::post(core->strand, [core] { core->grace_timer.cancel(); });
    }
}

void start_connection(const std::shared_ptr<server_core>& core, tcp::socket socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    // Gone already.
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    const asio::any_io_executor strand = socket.get_executor();
    auto link = std::make_shared<connection>(core, std::move(socket), peer.address().to_string());
    {
        const std::scoped_lock lock(core->mutex);
        core->table.emplace(link.get(), table_entry{strand, link});
        ++core->open;
    }
    auto done = [core, link](const std::exception_ptr& problem) {
        forget(core, link.get());
        if (!problem) return;
        try {
            std::rethrow_exception(problem);
        } catch (const std::exception& failure) {
            spdlog::error("a connection ended with {}",
                          boost::core::demangle(typeid(failure).name()));
        }
    };
    asio::co_spawn(strand, run_connection(link),
                   asio::bind_cancellation_slot(link->slot(), std::move(done)));
}

asio::awaitable<void> accept_connections(std::shared_ptr<server_core> core) {
    while (!core->stopping) {
        const asio::any_io_executor strand(asio::make_strand(core->executor));
        auto [error, socket] = co_await core->acceptor.async_accept(strand, token);
        if (core->stopping || error == asio::error::operation_aborted) break;
        if (error) {
            ++core->refused;
            core->pause_timer.expires_after(accept_pause);
            co_await core->pause_timer.async_wait(token);
        } else if (core->open >= core->options.connections_max) {
            ++core->refused;
        } else {
            start_connection(core, std::move(socket));
        }
    }
}

/// Runs `what` for every connection, each on its own strand.
void for_each_connection(const std::shared_ptr<server_core>& core, void (connection::*what)()) {
    const std::scoped_lock lock(core->mutex);
    for (const auto& [key, entry] : core->table) {
        asio::post(entry.strand, [weak = entry.link, what] {
            if (const auto link = weak.lock()) ((*link).*what)();
        });
    }
}

void stop_core(const std::shared_ptr<server_core>& core, std::chrono::milliseconds grace) {
    error_code ignored;
    core->acceptor.close(ignored);
    core->pause_timer.cancel();
    for_each_connection(core, &connection::drain);
    core->grace_timer.expires_after(grace);
    core->grace_timer.async_wait([core](const error_code& error) {
        if (!error) for_each_connection(core, &connection::kill);
    });
    const std::scoped_lock lock(core->mutex);
    if (core->table.empty()) core->grace_timer.cancel();
}

class asio_server final : public server {
  public:
    asio_server(std::shared_ptr<server_core> core, std::uint16_t port)
        : core_(std::move(core)), port_(port) {}

    ~asio_server() override {
        if (!core_->stopping.exchange(true)) request_stop(std::chrono::milliseconds{0});
    }

    std::uint16_t port() const override { return port_; }

    server_counters counters() const override {
        return {.connections_open = core_->open,
                .connections_refused = core_->refused,
                .requests = core_->requests,
                .bad_requests = core_->bad_requests};
    }

    void stop(std::chrono::milliseconds grace) override {
        if (!core_->stopping.exchange(true)) request_stop(grace);
    }

  private:
    void request_stop(std::chrono::milliseconds grace) {
        asio::post(core_->strand, [core = core_, grace] { stop_core(core, grace); });
    }

    std::shared_ptr<server_core> core_;
    std::uint16_t port_;
};

std::expected<void, std::string> load_tls(server_core& core) {
    const auto& options = core.options;
    if (options.tls_certificate_file.empty() && options.tls_key_file.empty()) return {};
    if (options.tls_certificate_file.empty() || options.tls_key_file.empty()) {
        return std::unexpected("TLS needs both a certificate file and a key file");
    }
    auto& context = core.tls.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    error_code error;
    context.use_certificate_chain_file(options.tls_certificate_file, error);
    if (error) {
        return std::unexpected(fmt::format("cannot use the TLS certificate {}: {}",
                                           options.tls_certificate_file, error.message()));
    }
    context.use_private_key_file(options.tls_key_file, asio::ssl::context::pem, error);
    if (error) {
        return std::unexpected(
            fmt::format("cannot use the TLS key {}: {}", options.tls_key_file, error.message()));
    }
    return {};
}

std::expected<void, std::string> listen(server_core& core) {
    const auto& options = core.options;
    const auto refuse = [&](const error_code& error) {
        return std::unexpected(fmt::format("cannot listen on {}:{}: {}", options.address,
                                           options.port, error.message()));
    };
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return refuse(error);
    const tcp::endpoint endpoint(address, options.port);
    core.acceptor.open(endpoint.protocol(), error);
    if (error) return refuse(error);
    core.acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (error) return refuse(error);
    core.acceptor.bind(endpoint, error);
    if (error) return refuse(error);
    core.acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return refuse(error);
    return {};
}

}  // namespace

std::expected<std::unique_ptr<server>, std::string> create_server(
    const boost::asio::any_io_executor& executor, const server_options& options, handler answer) {
    auto core = std::make_shared<server_core>(executor, options, std::move(answer));
    if (auto loaded = load_tls(*core); !loaded) return std::unexpected(loaded.error());
    if (auto listening = listen(*core); !listening) return std::unexpected(listening.error());
    const auto port = core->acceptor.local_endpoint().port();
    auto done = [](const std::exception_ptr& problem) {
        // Nothing in the loop throws short of a lack of memory; then the program had better end.
        if (problem) std::rethrow_exception(problem);
    };
    asio::co_spawn(core->strand, accept_connections(core), std::move(done));
    return std::make_unique<asio_server>(std::move(core), port);
}

}  // namespace siwareng::net
