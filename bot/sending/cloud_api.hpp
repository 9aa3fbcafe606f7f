#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include "bot/net/http.hpp"

namespace siwareng::bot {

/// What to do about an `error.code` of the Cloud API. One table: sending/error_table.cpp.
enum class error_action : std::uint8_t {
    retry,            ///< temporary: again with backoff and jitter, a limited number of times
    slow_number,      ///< throughput: again, and slow the whole number down
    retry_pair,       ///< pair rate: again after 4^n s, only this recipient waits
    retry_later,      ///< maintenance or API quota: again after a minute or more
    hold_number,      ///< spam limit: no fast retry; stop bulk lanes of the number
    block_recipient,  ///< cannot be reached: fail, and send nothing until they write again
    needs_template,   ///< the 24-hour window is closed
    stop_channel,     ///< token, permission, policy, payment: stop the number and alert
    permanent,        ///< our mistake or a dead end: fail this message
};

/// The action for a code; `permanent` for an unknown 4xx-like code, `retry` for 0 with HTTP 5xx.
error_action action_for(int error_code, int http_status);
std::string_view to_string(error_action value);

/// Accepted: not yet delivered.
struct send_accepted {
    std::string wamid;
    std::string wa_id;  ///< canonical number, may differ from the input; may be empty
};
/// The API said no, so the message was surely not sent.
struct send_refused {
    int error_code = 0;
    int http_status = 0;
    error_action action = error_action::permanent;
    std::string detail;  ///< Meta's words, for the log; numbers in it are masked
};
/// It never left.
struct send_not_sent {
    std::string reason;
};
/// It left, and nobody knows.
struct send_in_doubt {
    std::string reason;
};
using send_outcome = std::variant<send_accepted, send_refused, send_not_sent, send_in_doubt>;

/// One WhatsApp number of one office.
struct channel {
    std::string office;
    std::string phone_number_id;
    std::string access_token;
    double messages_per_s = 80;
};

/// The messages endpoint of the Cloud API.
class cloud_api {
  public:
    virtual ~cloud_api() = default;
    cloud_api() = default;
    cloud_api(const cloud_api&) = delete;
    cloud_api& operator=(const cloud_api&) = delete;

    /// Posts a message body once; never retries.
    virtual boost::asio::awaitable<send_outcome> send_message(const channel& from,
                                                              std::string body) = 0;
    /// Marks read with typing indicator; best effort, true if accepted.
    virtual boost::asio::awaitable<bool> mark_read(const channel& from, std::string wamid) = 0;
};

/// `client` must outlive it. `graph_version` like "v26.0".
std::unique_ptr<cloud_api> create_cloud_api(net::client& client, std::string graph_version);

/// Reads an HTTP response of the messages endpoint. A 2xx without a message id, and a 5xx without a
/// Graph error body, are in doubt.
send_outcome read_send_response(const net::response& answer);

}  // namespace siwareng::bot
