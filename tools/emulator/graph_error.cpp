#include "tools/emulator/graph_error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace siwareng::tools {
namespace {

struct known_code {
    int code;
    std::string_view message;
};

constexpr std::array known_codes{
    known_code{100, "Invalid parameter"},
    known_code{130429, "Rate limit hit"},
    known_code{131008, "Required parameter is missing"},
    known_code{131009, "Parameter value is not valid"},
    known_code{131021, "Recipient cannot be sender"},
    known_code{131026, "Message undeliverable"},
    known_code{131047, "Re-engagement message"},
    known_code{131051, "Message type is currently not supported."},
    known_code{131053, "Media upload error"},
    known_code{131056, "(Business Account, Consumer Account) pair rate limit hit"},
    known_code{132001, "Template name does not exist in the translation"},
    known_code{132018, "There is an issue with the parameters in your template"},
};

}  // namespace

std::string_view graph_message(int code) {
    const auto* const found = std::ranges::find(known_codes, code, &known_code::code);
    return found == known_codes.end() ? "An unknown error occurred" : found->message;
}

graph_error invalid_parameter(std::string message) {
    return {.code = 100, .message = std::move(message)};
}

graph_error missing_parameter(std::string details) {
    return {.code = 131008,
            .message = std::string(graph_message(131008)),
            .details = std::move(details)};
}

graph_error bad_value(std::string details) {
    return {.code = 131009,
            .message = std::string(graph_message(131009)),
            .details = std::move(details)};
}

net::response graph_response(const graph_error& error, std::string_view trace_id) {
    // Token and unknown-object errors come without the code in their text.
    const bool numbered = error.code != 190 && error.type == "OAuthException";
    nlohmann::json body{
        {"message", numbered ? fmt::format("(#{}) {}", error.code, error.message) : error.message},
        {"type", error.type},
        {"code", error.code},
        {"fbtrace_id", trace_id}};
    if (error.subcode != 0) body["error_subcode"] = error.subcode;
    if (!error.details.empty()) {
        body["error_data"] = {{"messaging_product", "whatsapp"}, {"details", error.details}};
    }
    net::response answer;
    answer.status = error.http_status;
    answer.content_type = "application/json; charset=UTF-8";
    answer.body = nlohmann::json{{"error", std::move(body)}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    return answer;
}

}  // namespace siwareng::tools
