#pragma once

#include "bot/config.hpp"
#include "bot/metrics.hpp"
#include "bot/net/http.hpp"
#include "bot/sending/outbox_sender.hpp"
#include "bot/turn_runner.hpp"
#include "storage/ports.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace siwareng::bot {

/// What the HTTP side needs; all of it outlives the server.
struct endpoint_services {
    const config& settings;
    storage::store& store;
    const turn_runner& turns;
    outbox_sender& sender;
    metrics& counters;
    std::function<std::int64_t()> clock_ms;
    /// Brings the gauges up to date before `/metrics` is printed.
    std::function<void()> refresh_gauges;
    /// False before the start is complete and from the stop on: `/readyz` and webhooks say 503.
    const std::atomic<bool>& ready;
};

/// `GET /webhook`, `POST /webhook`, `GET /healthz`, `GET /readyz`, `GET /metrics`.
/// A webhook is answered with 200 only after the commit; 503 makes Meta deliver it again.
net::handler create_endpoints(endpoint_services services);

}  // namespace siwareng::bot
