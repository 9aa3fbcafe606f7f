#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace siwareng::tools {

/// The business that is emulated, where its webhooks go, and how long things take.
struct emulator_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: the system chooses
    /// Where webhooks go: "http://127.0.0.1:8080/webhook"; empty: nowhere.
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

    std::string account_id = "102290129340398";  ///< `entry[].id` of webhooks
    /// Goes before a recipient's number without "+" that does not begin with it.
    std::string country_code = "62";
    int deliveries_max = 8;                    ///< webhooks in flight at once
    bool ordered_per_citizen = true;           ///< false: deliveries overtake each other
    std::int64_t webhook_timeout_ms = 10'000;  ///< no answer until then: delivered again
    /// Free-form messages to a citizen who has not written for 24 hours fail with 131047.
    bool enforce_window = false;
    /// More than one message per 6 s to a citizen, beyond a burst of 45, is refused with 131056.
    bool enforce_pair_rate = false;
    double messages_per_s = 0;  ///< more are refused with 130429; 0: no limit
    /// Names of the templates there are; another is refused with 132001. Empty: every name is good.
    std::vector<std::string> templates = {};
    /// Message ids depend on it; 0: taken from the clock, so that ids differ from run to run.
    std::uint64_t seed = 0;
    /// Wall-clock milliseconds; empty: the system's clock.
    std::function<std::int64_t()> clock_ms = {};
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
    /// Ends waiting requests and retries; webhooks not yet delivered are dropped. Any thread.
    virtual void stop() = 0;
};

/// Listens at once. An error text says what is wrong with the options.
std::expected<std::unique_ptr<emulator>, std::string> create_emulator(
    const boost::asio::any_io_executor& executor, const emulator_options& options);

}  // namespace siwareng::tools
