#pragma once

#include "dialogs/effect.hpp"
#include "storage/types.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace siwareng::bot {

/// A bubble as the outbox keeps it. `bubble_from_json(to_json(b)) == b`.
std::string to_json(const dialogs::bubble& value);
std::expected<dialogs::bubble, std::string> bubble_from_json(std::string_view text);

/// The body of `POST /{version}/{phone-number-id}/messages` for a bubble: text, interactive
/// `button` (1 to 3 options) or interactive `list` (4 to 10). `to` with "+" for a phone,
/// `recipient` for a BSUID; `biz_opaque_callback_data` is the outbox id. Titles and descriptions
/// are cut at the channel's limits (20, 24, 72 characters) as the last resort.
std::string cloud_api_message(const dialogs::bubble& value, const storage::address& to,
                              storage::outbox_id id);

/// The bubble as a person reads it in a terminal or a `.chat` file: text, then `[Button]` lines, or
/// `(n) row | description` lines.
std::string plain_text(const dialogs::bubble& value);

/// The body that marks an inbound message as read, with the typing indicator.
std::string mark_read_message(std::string_view wamid);

}  // namespace siwareng::bot
