#pragma once

#include "bot/webhook/update.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace siwareng::bot {

/// What a message says, apart from who sent it and when.
struct message_content {
    dialogs::event what;
    /// For staff, in Indonesian.
    std::string body;
    message_use use = message_use::turn;
    /// The message that a reaction, an edit or a revoke is about.
    std::string about_wamid;
};

/// Reads the object of the message's type. What cannot be read as its type says is an
/// `other_event` of that type: somebody wrote something, so an answer is due.
message_content read_content(const nlohmann::json& message, std::string_view type);

}  // namespace siwareng::bot
