#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace siwareng::tools {

struct emulator_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: the system chooses
    /// Where webhooks go: "http://127.0.0.1:8080/webhook".
    std::string webhook_url = {};
    std::string app_secret = {};
    std::string access_token = {};  ///< what `Authorization: Bearer` must carry
    std::string phone_number_id = {};
    std::string display_phone = {};
    std::string log_file = {};  ///< JSON lines of all that happened; empty: none
    /// Delays of the statuses that follow an accepted message; -1: that status never comes.
    std::int64_t sent_after_ms = 5;
    std::int64_t delivered_after_ms = 15;
    std::int64_t read_after_ms = 40;
    /// First wait before a webhook that was not answered with 200 is delivered again; doubles.
    std::int64_t retry_first_ms = 200;
    std::int64_t retry_max_ms = 5000;
};

/// A Cloud API on loopback: the messages and media endpoints with Meta's validation and error
/// bodies, signed webhooks with retries until 200, statuses, and a control API under `/emulator/`
/// with which a chat, a test or a page plays citizens (tools/README.md).
class emulator {
  public:
    virtual ~emulator() = default;
    emulator() = default;
    emulator(const emulator&) = delete;
    emulator& operator=(const emulator&) = delete;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    virtual void stop() = 0;
};

std::expected<std::unique_ptr<emulator>, std::string> create_emulator(
    const boost::asio::any_io_executor& executor, const emulator_options& options);

}  // namespace siwareng::tools
