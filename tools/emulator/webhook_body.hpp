#pragma once

#include "tools/emulator/graph_error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace siwareng::tools {

/// The business number as webhooks name it.
struct business_number {
    std::string account_id;  ///< `entry[].id`
    std::string phone_number_id;
    std::string display_phone;  ///< digits
};

/// Who a webhook is about.
struct webhook_person {
    std::string wa_id;    ///< empty where the number is hidden
    std::string user_id;  ///< business-scoped user id
    std::string name;
    std::string username;
};

/// One element of `statuses[]`.
struct webhook_status {
    std::string wamid;
    std::string status;
    std::int64_t at_ms = 0;
    std::string callback;  ///< echoed where not empty
    /// "service", "utility" ...; empty where no price is told.
    std::string pricing_category;
    bool sent_to_user_id = false;
    /// For "failed".
    graph_error error;
};

/// The body with one inbound message. Escaped as Meta does it (non-ASCII as \u, "/" as "\/"): a
/// receiver that signs anything but the bytes it got is found out.
std::string message_webhook(const business_number& to, const webhook_person& from,
                            const nlohmann::json& message);
/// The body with one status.
std::string status_webhook(const business_number& of, const webhook_person& recipient,
                           const webhook_status& status);

}  // namespace siwareng::tools
