#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

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

/// The code of a free-form message outside the 24-hour window; also recorded where the sender knew
/// it before asking.
inline constexpr int error_window_closed = 131047;

/// One row of the error table: the codes `first` to `last`, both included.
struct error_row {
    int first = 0;
    int last = 0;
    error_action action = error_action::permanent;
    std::string_view meaning;  ///< for logs and documents
};

/// The whole table, ordered by code, without overlaps.
std::span<const error_row> error_table();

/// The row of a code; null where the table has none.
const error_row* find_error(int error_code);

/// The action for a code; `permanent` for an unknown 4xx-like code, `retry` for 0 with HTTP 5xx.
/// An unknown code goes by the HTTP status: 5xx and 408 retry, 429 slows the number.
error_action action_for(int error_code, int http_status);

/// The enumerator's name, for logs and metrics.
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
/// How one request to the messages endpoint ended.
using send_outcome = std::variant<send_accepted, send_refused, send_not_sent, send_in_doubt>;

}  // namespace siwareng::bot
