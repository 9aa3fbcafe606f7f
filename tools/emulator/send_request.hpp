#pragma once

#include "tools/emulator/graph_error.hpp"

#include <nlohmann/json.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::tools {

/// A media id that a message refers to.
struct media_reference {
    std::string id;
    std::string kind;  ///< "image", "video", "audio", "document", "sticker"
    std::string path;  ///< where it stands, for the error text: "image['id']"
};

/// A valid body of `POST /{version}/{phone-number-id}/messages`.
struct send_request {
    /// A message, or else the read receipt of `read_wamid`.
    bool is_receipt = false;
    std::string read_wamid = {};
    bool typing = false;

    std::string type = {};
    std::string to_input = {};  ///< as the business wrote it
    std::string to = {};        ///< digits of a phone number, or a business-scoped user id
    bool to_user_id = false;
    std::string callback = {};  ///< biz_opaque_callback_data
    std::string reaction_to = {};
    std::string template_name = {};
    std::vector<media_reference> media = {};
    nlohmann::json message = {};  ///< the body
};

/// What validation must know about the business.
struct send_rules {
    /// Goes before a number without "+" that does not begin with it, as the Cloud API does.
    std::string country_code = "62";
    std::string own_number = {};  ///< digits
};

/// Checks every documented type and limit, without knowing which media and messages exist. The
/// first problem in the order of the document is the error.
std::expected<send_request, graph_error> read_send_request(const nlohmann::json& body,
                                                           const send_rules& rules);

}  // namespace siwareng::tools
