#pragma once

#include "bot/net/http.hpp"

#include <string>
#include <string_view>

namespace siwareng::tools {

/// An error as the Graph API words it.
struct graph_error {
    int http_status = 400;
    int code = 100;
    /// Without the "(#code) " in front, which graph_response() adds where Meta does.
    std::string message = {};
    std::string details = {};
    std::string type = "OAuthException";
    int subcode = 0;
};

/// A value that is missing or unusable in itself, named by its parameter: code 100.
graph_error invalid_parameter(std::string message);
/// A required part of a message is missing: code 131008.
graph_error missing_parameter(std::string details);
/// A part of a message has an unusable value: code 131009.
graph_error bad_value(std::string details);
/// The text that Meta gives with a code: "Parameter value is not valid".
std::string_view graph_message(int code);

/// The response with Meta's envelope.
net::response graph_response(const graph_error& error, std::string_view trace_id);

}  // namespace siwareng::tools
