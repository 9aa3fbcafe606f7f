#include "tools/emulator/event_log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace siwareng::tools {

std::expected<std::unique_ptr<event_log>, std::string> event_log::open(const std::string& path) {
    auto log = std::make_unique<event_log>();
    if (path.empty()) return log;
    log->file_.open(path, std::ios::app | std::ios::binary);
    if (!log->file_) return std::unexpected(fmt::format("cannot write the log file {}", path));
    return log;
}

std::uint64_t event_log::write(std::int64_t now_ms, std::string_view event,
                               const nlohmann::json& members) {
    const std::uint64_t seq = next_seq();
    if (!file_.is_open()) return seq;
    // `seq`, `ms` and `event` stand first, for the eye.
    const std::string rest =
        members.empty()
            ? "}"
            : "," +
                  members.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(1);
    file_ << fmt::format(R"({{"seq":{},"ms":{},"event":"{}"{})", seq, now_ms, event, rest) << '\n'
          << std::flush;
    if (!file_ && !failed_) {
        failed_ = true;
        spdlog::error("the emulator's log file cannot be written any more");
    }
    return seq;
}

}  // namespace siwareng::tools
