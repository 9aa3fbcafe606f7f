#pragma once

#include "bot/config.hpp"

#include <functional>

namespace siwareng::bot {

/// Runs the server until SIGTERM or SIGINT, then stops gracefully: readiness says 503, requests in
/// progress are finished (10 s at most), sends in flight are waited for, the writer drains.
/// Returns the exit status: 0 after a graceful stop, 1 if it could not start (the log says why).
int serve(const config& settings);

}  // namespace siwareng::bot
