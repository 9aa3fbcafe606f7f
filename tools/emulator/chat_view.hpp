#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace siwareng::tools {

/// A button or list row that can be tapped.
struct chat_option {
    std::string id;
    std::string title;
    std::string description;
    bool in_list = false;
};

/// A message of the business as a reader sees it.
struct chat_bubble {
    std::string header;
    std::string text;
    std::string footer;
    std::string list_label;  ///< of the button that opens a list
    std::vector<chat_option> options;
};

/// Reads the body of a send. Kinds that a terminal cannot show become a short note: "[image]".
chat_bubble read_bubble(const nlohmann::json& message);

/// The bubble as lines for a terminal, options numbered from 1; WhatsApp's *bold*, _italic_ and
/// ~strike~ become escapes where `colours`.
std::string draw_bubble(const chat_bubble& bubble, bool colours);

/// The option that "2" or "[2]" means; null where the line is none of that.
const chat_option* tapped_option(const std::vector<chat_option>& options, std::string_view line);

}  // namespace siwareng::tools
