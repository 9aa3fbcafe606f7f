#include "tools/emulator.hpp"

#include "bot/net/http.hpp"
#include "tools/emulator/core.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <utility>

namespace siwareng::tools {
namespace {

namespace asio = boost::asio;

/// A document of 100 MiB and the form around it; as base64 in the control API it may be 75 MiB.
constexpr std::uint64_t body_bytes_max = 101ULL * 1024 * 1024;
constexpr std::chrono::milliseconds stop_grace{1'000};

asio::awaitable<net::response> answer(std::shared_ptr<emulator_core> core, net::request request) {
    const bool control = request.path == "/emulator" || request.path.starts_with("/emulator/");
    if (control) co_return co_await answer_control(std::move(core), std::move(request));
    co_return answer_graph(*core, request);
}

class loopback_emulator final : public emulator {
  public:
    loopback_emulator(asio::any_io_executor strand, std::shared_ptr<emulator_core> core,
                      std::unique_ptr<net::server> server)
        : strand_(std::move(strand)), core_(std::move(core)), server_(std::move(server)) {}
    ~loopback_emulator() override { end(); }

    std::uint16_t port() const override { return server_->port(); }
    void stop() override { end(); }

  private:
    void end() {
        server_->stop(stop_grace);
        asio::post(strand_, [core = core_] { core->stop(); });
    }

    asio::any_io_executor strand_;
    std::shared_ptr<emulator_core> core_;
    std::unique_ptr<net::server> server_;
};

/// "http://127.0.0.1:8080/webhook" as the origin and the target.
std::pair<std::string, std::string> split_url(const std::string& url) {
    const auto host = url.find("://");
    const auto slash = host == std::string::npos ? host : url.find('/', host + 3);
    if (slash == std::string::npos) return {url, "/"};
    return {url.substr(0, slash), url.substr(slash)};
}

}  // namespace

std::expected<std::unique_ptr<emulator>, std::string> create_emulator(
    const asio::any_io_executor& executor, const emulator_options& options) {
    // One strand for everything: sessions have strands of their own on top of it.
    const asio::any_io_executor strand(asio::make_strand(executor));
    auto log = event_log::open(options.log_file);
    if (!log) return std::unexpected(std::move(log.error()));
    const auto [origin, target] = split_url(options.webhook_url);
    std::shared_ptr<net::client> client;
    if (!options.webhook_url.empty()) {
        auto made = net::create_client(
            strand, {.base_url = origin,
                     .connections_max = static_cast<std::size_t>(options.deliveries_max) + 2,
                     .total_timeout = std::chrono::milliseconds(options.webhook_timeout_ms)});
        if (!made) return std::unexpected(std::move(made.error()));
        client = std::move(*made);
    }
    auto core = std::make_shared<emulator_core>(strand, options, std::move(*log), std::move(client),
                                                target);
    core->start();
    auto server = net::create_server(
        strand,
        {.address = options.address, .port = options.port, .body_bytes_max = body_bytes_max},
        [core](net::request request) { return answer(core, std::move(request)); });
    if (!server) return std::unexpected(std::move(server.error()));
    const std::uint16_t port = (*server)->port();
    core->set_port(port);
    asio::post(strand, [core, port] {
        core->log().write(core->now_ms(), "started",
                          {{"port", port},
                           {"phone_number_id", core->options().phone_number_id},
                           {"webhook_url", core->options().webhook_url}});
    });
    return std::make_unique<loopback_emulator>(strand, std::move(core), std::move(*server));
}

}  // namespace siwareng::tools
