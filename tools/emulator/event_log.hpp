#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <expected>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace siwareng::tools {

/// What happened, one JSON object a line: `seq` (1, 2, 3 ...), `ms` (wall clock), `event`, and the
/// event's own members. Each line is flushed, so that a checker sees it at once and a crash loses
/// none.
class event_log {
  public:
    /// Appends; an empty path keeps only the counting.
    static std::expected<std::unique_ptr<event_log>, std::string> open(const std::string& path);

    /// Writes a line and returns its `seq`.
    std::uint64_t write(std::int64_t now_ms, std::string_view event, const nlohmann::json& members);
    /// A number from the same row without a line.
    std::uint64_t next_seq() { return ++seq_; }
    [[nodiscard]] std::uint64_t last_seq() const { return seq_; }

  private:
    std::ofstream file_;
    bool failed_ = false;
    std::uint64_t seq_ = 0;
};

}  // namespace siwareng::tools
