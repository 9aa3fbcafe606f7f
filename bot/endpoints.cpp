#include "bot/endpoints.hpp"

#include "bot/await_store.hpp"
#include "bot/webhook/signature.hpp"
#include "bot/webhook/update.hpp"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;

std::string_view query_value(const net::request& request, std::string_view key) {
    const auto found = std::ranges::find(
        request.query, key, [](const auto& pair) { return std::string_view(pair.first); });
    return found == request.query.end() ? std::string_view{} : std::string_view(found->second);
}

net::response text_response(int status, std::string body = {}) {
    net::response out;
    out.status = status;
    out.body = std::move(body);
    return out;
}

bool equal_secrets(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

class endpoints {
  public:
    explicit endpoints(endpoint_services services) : services_(std::move(services)) {}

    asio::awaitable<net::response> answer(net::request request) {
        const bool get = request.method == "GET" || request.method == "HEAD";
        if (request.path == "/webhook" && request.method == "POST") {
            co_return co_await receive(std::move(request));
        }
        if (request.path == "/webhook" && get) {
            co_return verify(request);
        }
        if (request.path == "/healthz" && get) {
            co_return text_response(200, "ok\n");
        }
        if (request.path == "/readyz" && get) {
            const bool ready = services_.ready.load();
            co_return text_response(ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
        }
        if (request.path == "/metrics" && get) {
            co_return show_metrics();
        }
        const bool known = request.path == "/webhook" || request.path == "/healthz" ||
                           request.path == "/readyz" || request.path == "/metrics";
        co_return text_response(known ? 405 : 404, known ? "method not allowed\n" : "not found\n");
    }

  private:
    /// Cloud API, webhook verification: the challenge comes back as it was, as plain text.
    net::response verify(const net::request& request) {
        const auto& token = services_.settings.whatsapp.verify_token;
        const bool right = !token.empty() && query_value(request, "hub.mode") == "subscribe" &&
                           equal_secrets(query_value(request, "hub.verify_token"), token);
        if (!right) {
            spdlog::warn("webhook verification refused: the verify token differs");
            return text_response(403, "verify token differs\n");
        }
        return text_response(200, std::string(query_value(request, "hub.challenge")));
    }

    asio::awaitable<net::response> receive(net::request request) {
        const auto signature = net::find_header(request.headers, "X-Hub-Signature-256");
        if (!verify_signature(signature, request.body, services_.settings.whatsapp.app_secrets)) {
            services_.counters.add(counter::webhooks_bad_signature);
            co_return text_response(401, "signature differs\n");
        }
        auto body = parse_webhook(request.body);
        if (!body) {
            // Signed by Meta and unreadable: repeating it would not help anyone.
            services_.counters.add(counter::webhooks_unreadable);
            spdlog::error("a signed webhook could not be read: {}", body.error());
            body.emplace();
        }
        if (!services_.ready.load()) {
            co_return busy();
        }
        services_.turns.understand(*body);
        const auto now_ms = services_.clock_ms();
        after_commit after;
        const auto committed = co_await await_job(services_.store, [&](storage::transaction& tx) {
            tx.keep_raw(request.body, now_ms);
            after = services_.turns.apply(tx, *body, now_ms);
        });
        if (!committed) {
            spdlog::warn("webhook answered with 503: {}", to_string(committed.error()));
            co_return busy();
        }
        services_.counters.add(counter::webhooks_accepted);
        finish(std::move(after));
        co_return text_response(200);
    }

    void finish(after_commit after) {
        if (!after.to_send.empty()) {
            services_.sender.hand_over(std::move(after.to_send));
        }
        if (services_.settings.whatsapp.mark_read) {
            for (auto& seen : after.to_mark_read) {
                services_.sender.mark_read(std::move(seen.office), std::move(seen.wamid));
            }
        }
    }

    net::response busy() {
        services_.counters.add(counter::webhooks_busy);
        auto out = text_response(503, "busy\n");
        out.headers.emplace_back("Retry-After", "5");
        return out;
    }

    net::response show_metrics() {
        services_.refresh_gauges();
        auto out = text_response(200, services_.counters.text());
        out.content_type = "text/plain; version=0.0.4; charset=utf-8";
        return out;
    }

    endpoint_services services_;
};

}  // namespace

net::handler create_endpoints(endpoint_services services) {
    auto shared = std::make_shared<endpoints>(std::move(services));
    return [shared](net::request request) { return shared->answer(std::move(request)); };
}

}  // namespace siwareng::bot
