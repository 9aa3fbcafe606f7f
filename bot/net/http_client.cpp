#include "bot/net/deadline.hpp"
#include "bot/net/http.hpp"
#include "bot/net/message_parser.hpp"
#include "bot/net/transport.hpp"
#include "bot/net/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <list>
#include <optional>
#include <utility>

namespace siwareng::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using time_point = deadline::clock::time_point;

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t header_bytes_max = 64 * 1024;
constexpr std::size_t input_bytes_max = 128UL * 1024;
constexpr std::size_t body_step_bytes = 64UL * 1024;
/// A server that keeps saying 100 Continue is not answering.
constexpr int interim_responses_max = 8;

std::unexpected<net_error> failure(net_errc code, std::string message) {
    return std::unexpected(net_error{code, std::move(message)});
}

/// One connection of the pool, in use by one request at a time.
struct link {
    link(const asio::any_io_executor& executor, std::uint64_t body_bytes_max)
        : wire(tcp::socket(executor)),
          limit(executor, [this] { wire.close(); }),
          input(input_bytes_max),
          parser({.header_bytes_max = header_bytes_max, .body_bytes_max = body_bytes_max}) {}

    transport wire;
    deadline limit;
    input_buffer input;
    response_parser parser;
    std::string head;
    time_point idle_since;
    bool reusable = false;
};

/// A request that waits for a connection.
struct waiter {
    explicit waiter(const asio::any_io_executor& executor) : timer(executor) {}

    asio::steady_timer timer;
    /// Woken by a finished request, which passes on its connection, or only its place.
    bool granted = false;
    std::unique_ptr<link> given;
};

struct pool;
void give_back(pool& from, std::unique_ptr<link> used);

/// A place in the pool, and the connection that fills it. Gives both back at its end, so that a
/// cancelled coroutine cannot keep them.
class lease {
  public:
    lease(std::shared_ptr<pool> from, std::unique_ptr<link> held)
        : pool_(std::move(from)), link_(std::move(held)) {}
    lease(lease&&) = default;
    lease& operator=(lease&&) = delete;
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
        if (pool_) give_back(*pool_, std::move(link_));
    }

    link& operator*() const { return *link_; }
    link* operator->() const { return link_.get(); }
    [[nodiscard]] bool empty() const { return !link_; }
    void fill(std::unique_ptr<link> fresh) { link_ = std::move(fresh); }

  private:
    std::shared_ptr<pool> pool_;
    std::unique_ptr<link> link_;
};

/// The connections to one origin; on the executor of the client.
struct pool {
    pool(const asio::any_io_executor& on, const client_options& opts, origin where)
        : executor(on), options(opts), to(std::move(where)) {}

    asio::any_io_executor executor;
    client_options options;
    origin to;
    std::optional<asio::ssl::context> tls;
    std::vector<std::unique_ptr<link>> idle;
    /// Connections in use or being made, and idle ones.
    std::size_t open = 0;
    std::list<waiter*> waiting;
    std::list<link*> connecting;
    std::list<asio::steady_timer*> resolving;
    bool stopped = false;
};

/// An element of one of the pool's lists, for as long as its coroutine's frame lives.
template <class Element>
class registration {
  public:
    registration(std::shared_ptr<pool> in, std::list<Element*> pool::* list, Element& what)
        : pool_(std::move(in)), list_(list), what_(what) {
        (*pool_.*list_).push_back(&what_);
    }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;
    ~registration() { (*pool_.*list_).remove(&what_); }

  private:
    std::shared_ptr<pool> pool_;
    std::list<Element*> pool::* list_;
    Element& what_;
};

void drop_idle(pool& from) {
    from.open -= from.idle.size();
    from.idle.clear();
}

/// The connection used last that is still good. What waited longer is closed here, oldest first.
std::unique_ptr<link> take_idle(pool& from) {
    while (!from.idle.empty()) {
        std::unique_ptr<link> newest = std::move(from.idle.back());
        from.idle.pop_back();
        const bool fresh = deadline::now() - newest->idle_since < from.options.idle_timeout;
        if (fresh && !newest->wire.is_stale()) return newest;
        --from.open;
        // The others have waited even longer.
        if (!fresh) drop_idle(from);
    }
    return nullptr;
}

void give_back(pool& from, std::unique_ptr<link> used) {
    const bool keep = used && used->reusable && !from.stopped;
    if (used && !keep) used.reset();
    if (used) {
        used->limit.rest();
        used->idle_since = deadline::now();
    }
    if (!from.waiting.empty()) {
        waiter* const next = from.waiting.front();
        from.waiting.pop_front();
        next->granted = true;
        next->given = std::move(used);
        next->timer.cancel();
    } else if (used) {
        from.idle.push_back(std::move(used));
    } else {
        --from.open;
    }
}

/// A place in the list of waiting requests, left even when the coroutine is destroyed.
class queue_place {
  public:
    queue_place(std::shared_ptr<pool> in, waiter& who) : pool_(std::move(in)), waiter_(who) {
        pool_->waiting.push_back(&waiter_);
    }
    queue_place(const queue_place&) = delete;
    queue_place& operator=(const queue_place&) = delete;
    ~queue_place() {
        if (!waiter_.granted) {
            pool_->waiting.remove(&waiter_);
        } else if (!taken_) {
            give_back(*pool_, std::move(waiter_.given));
        }
    }

    lease take() {
        taken_ = true;
        return {pool_, std::move(waiter_.given)};
    }

  private:
    std::shared_ptr<pool> pool_;
    waiter& waiter_;
    bool taken_ = false;
};

/// Waits for a place until `due`; the lease may come with a connection or without.
asio::awaitable<std::expected<lease, net_error>> acquire(std::shared_ptr<pool> from,
                                                         time_point due) {
    if (from->stopped) co_return failure(net_errc::cancelled, "the client was stopped");
    if (auto ready = take_idle(*from)) co_return lease(from, std::move(ready));
    if (from->open < from->options.connections_max) {
        ++from->open;
        co_return lease(from, nullptr);
    }
    waiter self(from->executor);
    self.timer.expires_at(due);
    queue_place place(from, self);
    co_await self.timer.async_wait(token);
    if (from->stopped) co_return failure(net_errc::cancelled, "the client was stopped");
    // A place that comes with the deadline is of no use: a request would only get into doubt.
    if (!self.granted || deadline::now() >= due) {
        co_return failure(net_errc::not_sent, "no connection became free before the deadline");
    }
    co_return place.take();
}

/// A name on its way to addresses. getaddrinfo cannot be interrupted, so that the request may leave
/// before the answer comes; the answer then finds only this.
struct resolution {
    explicit resolution(const asio::any_io_executor& executor)
        : resolver(executor), timer(executor) {}

    tcp::resolver resolver;
    asio::steady_timer timer;
    error_code error = asio::error::timed_out;
    std::vector<tcp::endpoint> endpoints;
};

asio::awaitable<std::expected<std::vector<tcp::endpoint>, net_error>> resolve(
    std::shared_ptr<pool> from, time_point due) {
    error_code not_an_address;
    const auto address = asio::ip::make_address(from->to.host, not_an_address);
    if (!not_an_address) {
        const auto port = static_cast<std::uint16_t>(std::stoi(from->to.port));
        co_return std::vector{tcp::endpoint(address, port)};
    }
    auto work = std::make_shared<resolution>(from->executor);
    work->timer.expires_at(due);
    work->resolver.async_resolve(
        from->to.host, from->to.port,
        [work](const error_code& error, const tcp::resolver::results_type& found) {
            work->error = error;
            for (const auto& entry : found)
                work->endpoints.push_back(entry.endpoint());
            work->timer.cancel();
        });
    const registration place(from, &pool::resolving, work->timer);
    co_await work->timer.async_wait(token);
    if (from->stopped) co_return failure(net_errc::cancelled, "the client was stopped");
    if (work->error) {
        co_return failure(net_errc::not_sent, "cannot resolve the host: " + work->error.message());
    }
    co_return std::move(work->endpoints);
}

/// Why a connection could not be made, in words that help: OpenSSL's reason where it has one.
std::string connect_problem(link& with, const error_code& error) {
    if (with.limit.expired()) return "connecting timed out";
    if (SSL* const tls = with.wire.tls_handle()) {
        const long verified = SSL_get_verify_result(tls);
        if (verified != X509_V_OK) {
            return std::string("the server's certificate was refused: ") +
                   X509_verify_cert_error_string(verified);
        }
    }
    return error.message();
}

asio::awaitable<std::expected<void, net_error>> connect(std::shared_ptr<pool> from, link& fresh,
                                                        time_point due) {
    const auto limit = std::min(due, deadline::now() + from->options.connect_timeout);
    auto endpoints = co_await resolve(from, limit);
    if (!endpoints) co_return std::unexpected(endpoints.error());
    fresh.limit.set_until(limit);
    const registration place(from, &pool::connecting, fresh);
    error_code error = asio::error::host_not_found;
    for (const auto& endpoint : *endpoints) {
        auto [failed] = co_await fresh.wire.socket().async_connect(endpoint, token);
        error = failed;
        if (!failed || fresh.limit.expired() || from->stopped) break;
        fresh.wire.close();
    }
    if (!error && from->to.tls) {
        fresh.wire.use_tls(*from->tls);
        fresh.wire.expect_host(from->to.host);
        error = co_await fresh.wire.handshake(asio::ssl::stream_base::client);
    }
    if (from->stopped) co_return failure(net_errc::cancelled, "the client was stopped");
    if (error) co_return failure(net_errc::not_sent, connect_problem(fresh, error));
    error_code ignored;
    fresh.wire.socket().set_option(tcp::no_delay(true), ignored);
    co_return std::expected<void, net_error>{};
}

std::string_view parse_problem(parse_errc why) {
    switch (why) {
        case parse_errc::bad_message:
            return "the response is not HTTP";
        case parse_errc::header_too_large:
            return "the response's header is too large";
        case parse_errc::body_too_large:
            return "the response's body is too large";
    }
    return "the response is not HTTP";
}

/// The words for a failed read.
std::string read_problem(const link& from, const error_code& error) {
    if (from.limit.expired()) return "no whole response before the deadline";
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
        return "the server closed the connection before a whole response";
    }
    return error.message();
}

/// The rest of a body whose length is known, straight into the response.
asio::awaitable<std::expected<void, std::string>> read_known_body(link& from, std::size_t length) {
    std::string& body = from.parser.message().body;
    body = from.input.data().substr(0, length);
    from.input.consume(body.size());
    while (body.size() < length) {
        const std::size_t have = body.size();
        const std::size_t wanted = std::min(length - have, std::max(body_step_bytes, have));
        body.resize(have + wanted);
        const auto [error, bytes] =
            co_await from.wire.read_some(std::span(body).subspan(have, wanted));
        body.resize(have + bytes);
        if (error) co_return std::unexpected(read_problem(from, error));
    }
    co_return std::expected<void, std::string>{};
}

/// One message, interim or final. True if the connection can carry another one.
asio::awaitable<std::expected<bool, std::string>> read_message(link& from, bool head_only) {
    from.parser.reset(head_only);
    while (!from.parser.done()) {
        const auto used = from.parser.feed(from.input.data());
        if (!used) co_return std::unexpected(std::string(parse_problem(used.error())));
        from.input.consume(*used);
        if (from.parser.done()) break;
        if (from.parser.header_done()) {
            if (const auto length = from.parser.content_length()) {
                const auto read = co_await read_known_body(from, static_cast<std::size_t>(*length));
                if (!read) co_return std::unexpected(read.error());
                co_return from.parser.keep_alive();
            }
            // The header was just finished: the bytes behind it are still to be fed.
            if (*used > 0 && !from.input.empty()) continue;
        }
        const auto room = from.input.prepare();
        if (room.empty()) {
            co_return std::unexpected(std::string(parse_problem(parse_errc::header_too_large)));
        }
        const auto [error, bytes] = co_await from.wire.read_some(room);
        if (error == asio::error::eof && from.parser.finish()) co_return false;
        if (error) co_return std::unexpected(read_problem(from, error));
        from.input.commit(bytes);
    }
    co_return from.parser.keep_alive();
}

asio::awaitable<std::expected<response, std::string>> read_response(link& from, bool head_only) {
    for (int interim = 0; interim < interim_responses_max; ++interim) {
        const auto keep = co_await read_message(from, head_only);
        if (!keep) co_return std::unexpected(keep.error());
        if (from.parser.message().status / 100 == 1) continue;
        from.reusable = *keep && from.input.empty();
        co_return std::move(from.parser.message());
    }
    co_return std::unexpected(std::string("the server only sent interim responses"));
}

asio::awaitable<std::expected<response, net_error>> exchange(std::shared_ptr<pool> from,
                                                             std::string method, std::string target,
                                                             header_list headers,
                                                             std::string body) {
    const auto unsafe = std::ranges::find_if(headers, [](const auto& header) {
        return !is_header_safe(header.first) || !is_header_safe(header.second);
    });
    if (unsafe != headers.end() || !is_header_safe(target) || target.contains(' ')) {
        co_return failure(net_errc::not_sent, "the target or a header has control characters");
    }
    const time_point due = deadline::now() + from->options.total_timeout;
    auto place = co_await acquire(from, due);
    if (!place) co_return std::unexpected(place.error());
    if (place->empty()) {
        place->fill(std::make_unique<link>(from->executor, from->options.body_bytes_max));
        if (auto connected = co_await connect(from, **place, due); !connected) {
            co_return std::unexpected(connected.error());
        }
    }
    link& wire = **place;
    wire.reusable = false;
    wire.limit.set_until(due);
    write_head(wire.head, from->to, method, target, headers, body.size());
    const auto written = co_await wire.wire.write(wire.head, body);
    if (written.error && written.bytes == 0) {
        const bool late = wire.limit.expired();
        co_return failure(net_errc::not_sent, late ? "nothing could be written before the deadline"
                                                   : written.error.message());
    }
    // After a failed write there may still be an answer that says why: 413, for one.
    auto answer = co_await read_response(wire, method == "HEAD");
    if (!answer) co_return failure(net_errc::in_doubt, std::move(answer.error()));
    if (written.error) wire.reusable = false;
    co_return std::move(*answer);
}

class pooled_client final : public client {
  public:
    explicit pooled_client(std::shared_ptr<pool> connections) : pool_(std::move(connections)) {}
    ~pooled_client() override { end(); }

    asio::awaitable<std::expected<response, net_error>> send(std::string method, std::string target,
                                                             header_list headers,
                                                             std::string body) override {
        return exchange(pool_, std::move(method), std::move(target), std::move(headers),
                        std::move(body));
    }

    void stop() override { end(); }

  private:
    void end() {
        pool_->stopped = true;
        drop_idle(*pool_);
        for (waiter* const waiting : pool_->waiting)
            waiting->timer.cancel();
        for (asio::steady_timer* const timer : pool_->resolving)
            timer->cancel();
        for (link* const half : pool_->connecting)
            half->wire.close();
    }

    std::shared_ptr<pool> pool_;
};

std::expected<void, std::string> load_tls(pool& into) {
    auto& context = into.tls.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    error_code error;
    context.set_default_verify_paths(error);
    if (error) {
        return std::unexpected("cannot load the system's certificates: " + error.message());
    }
    if (!into.options.ca_file.empty()) {
        context.load_verify_file(into.options.ca_file, error);
        if (error) {
            return std::unexpected(fmt::format("cannot use the certificates in {}: {}",
                                               into.options.ca_file, error.message()));
        }
    }
    return {};
}

}  // namespace

std::expected<std::unique_ptr<client>, std::string> create_client(
    const boost::asio::any_io_executor& executor, const client_options& options) {
    auto to = parse_origin(options.base_url);
    if (!to) return std::unexpected(to.error());
    if (options.connections_max == 0)
        return std::unexpected("a client needs a connection at least");
    auto connections = std::make_shared<pool>(executor, options, std::move(*to));
    if (connections->to.tls) {
        if (auto loaded = load_tls(*connections); !loaded) return std::unexpected(loaded.error());
    }
    return std::make_unique<pooled_client>(std::move(connections));
}

}  // namespace siwareng::net
