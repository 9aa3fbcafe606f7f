#pragma once

#include <chrono>
#include <cstdint>

namespace siwareng::bot {

/// Milliseconds since 1970 by the wall clock. The only place that reads it: everything below `main`
/// is given the time.
inline std::int64_t system_clock_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace siwareng::bot
