#pragma once

#include "bot/net/http.hpp"
#include "bot/sending/error_table.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace siwareng::bot {

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
/// Graph error body, are in doubt. A Graph error decides by its code, whatever the HTTP status.
/// Never throws on what the peer wrote.
send_outcome read_send_response(const net::response& answer);

/// A text that may be logged: phone numbers, NIKs and business-scoped user ids become "#", control
/// characters a space, and it is cut at `bytes_max`. Error codes as Meta writes them, "(#130429)",
/// stay.
std::string mask_personal(std::string_view text, std::size_t bytes_max = 300);

}  // namespace siwareng::bot
