// Reading the answers of the messages endpoint; see cloud_api.hpp.
#include "bot/sending/cloud_api.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cctype>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace siwareng::bot {
namespace {

using nlohmann::json;

/// As many digits in a row, separators allowed between them, may be a person's number.
constexpr int personal_digits_min = 5;
/// A business-scoped user id: two capital letters, a dot, and at least so many characters.
constexpr std::size_t bsuid_tail_min = 5;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_separator(char c) {
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

/// The end of the business-scoped user id that starts at `from`; `from` where none does.
std::size_t bsuid_end(std::string_view text, std::size_t from) {
    const auto capital = [&](std::size_t at) { return text[at] >= 'A' && text[at] <= 'Z'; };
    if (from > 0 && is_alnum(text[from - 1])) return from;
    if (from + 3 >= text.size() || !capital(from) || !capital(from + 1) || text[from + 2] != '.') {
        return from;
    }
    std::size_t end = from + 3;
    while (end < text.size() && (is_alnum(text[end]) || text[end] == '.'))
        ++end;
    return end - from - 3 >= bsuid_tail_min ? end : from;
}

/// The end of the digits that start at `from`, up to two separators allowed between them, if there
/// are enough of them to be a person's number; `from` where there are not.
std::size_t number_end(std::string_view text, std::size_t from) {
    std::size_t end = from;
    int digits = 0;
    for (std::size_t at = from; at < text.size(); ++at) {
        if (is_digit(text[at])) {
            ++digits;
            end = at + 1;
        } else if (!is_separator(text[at]) || at > end + 1) {
            break;
        }
    }
    return digits >= personal_digits_min ? end : from;
}

/// "(#130429)" at `from`: Meta's own code, worth keeping in a log line.
std::size_t error_code_end(std::string_view text, std::size_t from) {
    if (!text.substr(from).starts_with("(#")) return from;
    std::size_t end = from + 2;
    while (end < text.size() && is_digit(text[end]))
        ++end;
    const bool code =
        end > from + 2 && end - from - 2 <= 7 && end < text.size() && text[end] == ')';
    return code ? end + 1 : from;
}

/// A member that is an integer, or a string that holds one.
std::optional<int> read_int(const json& object, const char* key) {
    const auto member = object.find(key);
    if (member == object.end()) return std::nullopt;
    if (member->is_number_integer()) {
        const auto value = member->get<std::int64_t>();
        if (value < 0 || value > std::numeric_limits<int>::max()) return std::nullopt;
        return static_cast<int>(value);
    }
    if (!member->is_string()) return std::nullopt;
    const auto& text = member->get_ref<const std::string&>();
    if (text.empty() || text.size() > 9) return std::nullopt;
    int value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// A member that is a string; empty otherwise.
std::string read_string(const json& object, const char* key) {
    const auto member = object.find(key);
    return member != object.end() && member->is_string() ? member->get<std::string>()
                                                         : std::string();
}

/// The first element of an array member that is an object; null otherwise.
const json* first_object(const json& object, const char* key) {
    const auto member = object.find(key);
    if (member == object.end() || !member->is_array() || member->empty()) return nullptr;
    return member->front().is_object() ? &member->front() : nullptr;
}

/// Meta's message and details in one line. `error_data` is an object, or a plain string.
std::string read_detail(const json& error) {
    std::string detail = read_string(error, "message");
    const auto data = error.find("error_data");
    if (data == error.end()) return mask_personal(detail);
    const std::string more = data->is_object()   ? read_string(*data, "details")
                             : data->is_string() ? data->get<std::string>()
                                                 : std::string();
    if (!more.empty()) detail = detail.empty() ? more : detail + ": " + more;
    return mask_personal(detail);
}

/// The Graph error of a body, if it is one: an `error` object with a code.
std::optional<send_refused> read_graph_error(const json& body, int http_status) {
    const auto error = body.find("error");
    if (error == body.end() || !error->is_object()) return std::nullopt;
    const auto code = read_int(*error, "code");
    if (!code) return std::nullopt;

    error_action action = action_for(*code, http_status);
    const auto transient = error->find("is_transient");
    const bool is_transient =
        transient != error->end() && transient->is_boolean() && transient->get<bool>();
    // Only for codes that the table does not know: for the others it says more than this flag.
    if (is_transient && !find_error(*code) && action == error_action::permanent) {
        action = error_action::retry;
    }
    return send_refused{*code, http_status, action, read_detail(*error)};
}

/// An answer that is no Graph error: what answered was a proxy, or Meta's edge.
send_outcome read_foreign_answer(int http_status) {
    if (http_status >= 500 || http_status < 300) {
        return send_in_doubt{fmt::format("HTTP {} without a message id or an error", http_status)};
    }
    error_action action = error_action::permanent;
    if (http_status == 429) action = error_action::slow_number;
    if (http_status == 408) action = error_action::retry;
    // A redirect was never processed: the base URL or a gateway is wrong, and someone will mend it.
    if (http_status < 400) action = error_action::retry_later;
    return send_refused{0, http_status, action,
                        fmt::format("HTTP {} without a Graph error", http_status)};
}

}  // namespace

std::string mask_personal(std::string_view text, std::size_t bytes_max) {
    std::string masked;
    std::size_t at = 0;
    while (at < text.size() && masked.size() < bytes_max) {
        if (const std::size_t code = error_code_end(text, at); code > at) {
            masked += text.substr(at, code - at);
            at = code;
            continue;
        }
        std::size_t end = bsuid_end(text, at);
        if (end == at && is_digit(text[at])) end = number_end(text, at);
        if (end > at) {
            masked += '#';
            at = end;
            continue;
        }
        const auto byte = static_cast<unsigned char>(text[at]);
        masked += byte < 0x20 || byte == 0x7f ? ' ' : text[at];
        ++at;
    }
    if (masked.size() > bytes_max) masked.resize(bytes_max);
    if (at >= text.size()) return masked;
    // Not in the middle of a UTF-8 character: the log must stay readable.
    while (!masked.empty() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
        const auto last = static_cast<unsigned char>(masked.back());
        masked.pop_back();
        if ((last & 0xC0U) != 0x80U) break;
    }
    return masked;
}

send_outcome read_send_response(const net::response& answer) {
    const json body = json::parse(answer.body, nullptr, false);
    if (!body.is_object()) return read_foreign_answer(answer.status);

    if (auto refused = read_graph_error(body, answer.status)) return std::move(*refused);
    if (answer.status < 200 || answer.status >= 300) return read_foreign_answer(answer.status);

    const json* message = first_object(body, "messages");
    std::string wamid = message ? read_string(*message, "id") : std::string();
    if (wamid.empty()) return read_foreign_answer(answer.status);
    const json* who = first_object(body, "contacts");
    return send_accepted{std::move(wamid), who ? read_string(*who, "wa_id") : std::string()};
}

}  // namespace siwareng::bot
