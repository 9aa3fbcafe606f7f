#pragma once

#include "tools/emulator/media_store.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace siwareng::tools {

/// What the short form of a message needs from the emulator.
struct message_surroundings {
    std::string wamid;
    std::int64_t now_ms = 0;
    std::string wa_id;    ///< empty where the number is hidden
    std::string user_id;  ///< business-scoped user id
    std::string business_phone;
    /// The business's last message with this option: its wamid, the option's title, "button" or
    /// "list". Empty where there is none.
    std::function<nlohmann::json(std::string_view id)> find_option;
    /// Keeps a file of the citizen and returns it.
    std::function<const media_file&(media_file)> keep;
    /// The full download address of a file.
    std::function<std::string(const media_file&)> address_of;
};

/// An element of `messages[]` from the short form that tests and chats write (tools/README.md), or
/// an error text.
std::expected<nlohmann::json, std::string> citizen_message(const nlohmann::json& form,
                                                           const message_surroundings& around);

}  // namespace siwareng::tools
