#include "bot/sending/error_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace siwareng::bot {
namespace {

using enum error_action;

/// Branching goes by code only: Meta changed the HTTP status of several of these over the years.
constexpr std::array table{
    error_row{0, 0, stop_channel, "the access token is not valid"},
    // 1 and 131000 may turn out to be permanent; the limit of attempts ends them.
    error_row{1, 1, retry, "unknown API error"},
    error_row{2, 2, retry, "service temporarily unavailable"},
    error_row{3, 3, stop_channel, "capability or permission"},
    error_row{4, 4, retry_later, "application rate limit"},
    error_row{10, 10, stop_channel, "permission not granted or removed"},
    error_row{17, 17, retry_later, "user rate limit"},
    error_row{33, 33, permanent, "the phone number id does not exist"},
    error_row{100, 100, permanent, "invalid parameter"},
    error_row{190, 190, stop_channel, "the access token has expired"},
    error_row{200, 299, stop_channel, "permission not granted"},
    error_row{368, 368, stop_channel, "blocked for a policy violation"},
    error_row{613, 613, retry_later, "API rate limit"},
    error_row{80007, 80007, retry_later, "business account rate limit"},
    error_row{130429, 130429, slow_number, "throughput of the number"},
    error_row{130472, 130472, permanent, "the recipient takes part in an experiment"},
    error_row{130497, 130497, stop_channel, "restricted from messaging this country"},
    error_row{130501, 130501, permanent, "message type not supported in groups"},
    error_row{131000, 131000, retry, "something went wrong"},
    error_row{131005, 131005, stop_channel, "access denied"},
    error_row{131008, 131008, permanent, "a required parameter is missing"},
    error_row{131009, 131009, permanent, "a parameter value is not valid"},
    error_row{131016, 131016, retry, "service unavailable"},
    error_row{131020, 131020, permanent, "group"},
    error_row{131021, 131021, permanent, "sender and recipient are the same"},
    error_row{131026, 131026, block_recipient, "undeliverable"},
    error_row{131030, 131030, permanent, "recipient not in the list of test numbers"},
    error_row{131031, 131031, stop_channel, "account locked"},
    error_row{131037, 131037, stop_channel, "the display name is not approved"},
    error_row{131041, 131041, permanent, "group"},
    error_row{131042, 131042, stop_channel, "payment"},
    error_row{131045, 131045, stop_channel, "certificate or registration of the number"},
    error_row{error_window_closed, error_window_closed, needs_template,
              "more than 24 hours since the recipient wrote"},
    error_row{131048, 131048, hold_number, "spam limit of the number"},
    // No retry within 24 hours, and by then a free-form message is outside its window.
    error_row{131049, 131049, permanent, "limit of marketing messages for this person"},
    // An opt-out of marketing: replies to their questions still reach them, so it is no block.
    error_row{131050, 131050, permanent, "the recipient stopped marketing messages"},
    error_row{131051, 131051, permanent, "message type not supported"},
    error_row{131052, 131052, permanent, "media download"},
    // Meta often fails to fetch a link that is there a moment later.
    error_row{131053, 131053, retry, "media upload"},
    error_row{131056, 131056, retry_pair, "pair rate"},
    error_row{131057, 131057, retry_later, "maintenance or throughput upgrade"},
    error_row{131059, 131059, permanent, "group"},
    error_row{131060, 131060, permanent, "message not available"},
    error_row{131062, 131062, permanent, "this message needs a phone number"},
    error_row{131063, 131063, permanent, "marketing templates are disabled"},
    // It limits templates: the bulk lanes stop, and citizens still get their answers.
    error_row{131064, 131064, hold_number, "messaging limit for template violations"},
    error_row{131201, 131207, permanent, "group"},
    error_row{131208, 131208, retry_later, "group rate limit"},
    error_row{131209, 131215, permanent, "group"},
    error_row{132000, 132000, permanent, "template: number of parameters"},
    error_row{132001, 132001, permanent, "template: does not exist"},
    error_row{132005, 132005, permanent, "template: text too long"},
    error_row{132007, 132007, permanent, "template: policy"},
    error_row{132008, 132008, permanent, "template: parameter"},
    error_row{132012, 132012, permanent, "template: parameter format"},
    error_row{132015, 132015, permanent, "template: paused"},
    error_row{132016, 132016, permanent, "template: disabled"},
    error_row{132018, 132018, permanent, "template: parameters"},
    error_row{132068, 132068, permanent, "flow: blocked"},
    error_row{132069, 132069, permanent, "flow: throttled"},
    error_row{133000, 133000, stop_channel, "registration: incomplete deregistration"},
    error_row{133004, 133004, retry, "server temporarily unavailable"},
    error_row{133005, 133006, stop_channel, "registration: PIN or verification"},
    error_row{133008, 133010, stop_channel, "registration: the number is not registered"},
    error_row{133015, 133015, stop_channel, "registration: deleted a moment ago"},
    error_row{133016, 133016, retry_later, "registration: rate limit"},
    error_row{134011, 134011, permanent, "payments"},
    error_row{134100, 134102, permanent, "marketing messages"},
    error_row{135000, 135000, permanent, "generic user error"},
    error_row{137000, 137000, permanent, "identity key mismatch"},
    error_row{138000, 138018, permanent, "calling"},
    error_row{139000, 139999, permanent, "flows"},
    error_row{2388000, 2388999, permanent, "template management"},
    error_row{2494100, 2494100, retry_later, "maintenance"},
    error_row{2593000, 2593999, permanent, "history synchronisation"},
};

/// find_error searches by halves, so the order is part of the table's correctness.
constexpr bool ordered() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].last < table[i].first) return false;
        if (i > 0 && table[i].first <= table[i - 1].last) return false;
    }
    return true;
}
static_assert(ordered());

}  // namespace

std::span<const error_row> error_table() {
    return table;
}

const error_row* find_error(int error_code) {
    const auto row = std::ranges::lower_bound(table, error_code, {}, &error_row::last);
    return row != table.end() && row->first <= error_code ? &*row : nullptr;
}

error_action action_for(int error_code, int http_status) {
    const bool server_failed = http_status >= 500;
    if (error_code == 0 && server_failed) return retry;
    if (const error_row* row = find_error(error_code)) return row->action;
    if (http_status == 429) return slow_number;
    if (http_status == 408 || server_failed) return retry;
    return permanent;
}

std::string_view to_string(error_action value) {
    switch (value) {
        case retry:
            return "retry";
        case slow_number:
            return "slow_number";
        case retry_pair:
            return "retry_pair";
        case retry_later:
            return "retry_later";
        case hold_number:
            return "hold_number";
        case block_recipient:
            return "block_recipient";
        case needs_template:
            return "needs_template";
        case stop_channel:
            return "stop_channel";
        case permanent:
            return "permanent";
    }
    return "unknown";
}

}  // namespace siwareng::bot
