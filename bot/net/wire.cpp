#include "bot/net/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

namespace siwareng::net {
namespace {

constexpr std::size_t first_bytes = 4096;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = lower(c);
    if (small >= 'a' && small <= 'f') return small - 'a' + 10;
    return -1;
}

bool is_unreserved(char c) {
    const char small = lower(c);
    return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

struct phrase {
    int status;
    std::string_view text;
};

constexpr std::array phrases{
    phrase{200, "OK"},
    phrase{201, "Created"},
    phrase{202, "Accepted"},
    phrase{204, "No Content"},
    phrase{301, "Moved Permanently"},
    phrase{302, "Found"},
    phrase{303, "See Other"},
    phrase{304, "Not Modified"},
    phrase{400, "Bad Request"},
    phrase{401, "Unauthorized"},
    phrase{403, "Forbidden"},
    phrase{404, "Not Found"},
    phrase{405, "Method Not Allowed"},
    phrase{408, "Request Timeout"},
    phrase{409, "Conflict"},
    phrase{410, "Gone"},
    phrase{413, "Content Too Large"},
    phrase{415, "Unsupported Media Type"},
    phrase{422, "Unprocessable Content"},
    phrase{429, "Too Many Requests"},
    phrase{431, "Request Header Fields Too Large"},
    phrase{500, "Internal Server Error"},
    phrase{501, "Not Implemented"},
    phrase{502, "Bad Gateway"},
    phrase{503, "Service Unavailable"},
    phrase{504, "Gateway Timeout"},
};

std::expected<void, std::string> split_authority(std::string_view authority, origin& to) {
    to.host_header = authority;
    to.port = to.tls ? "443" : "80";
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return std::unexpected("the address has no closing ']'");
        to.host = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
        if (!authority.empty() && authority[0] != ':') {
            return std::unexpected("there is text between ']' and the port");
        }
    } else {
        const auto colon = authority.find(':');
        to.host = authority.substr(0, colon);
        authority.remove_prefix(std::min(colon, authority.size()));
    }
    if (to.host.empty()) return std::unexpected("the host is missing");
    if (authority.empty()) return {};
    to.port = authority.substr(1);
    const bool digits = std::ranges::all_of(to.port, [](char c) { return c >= '0' && c <= '9'; });
    if (to.port.empty() || to.port.size() > 5 || !digits || std::stoi(to.port) > 65535) {
        return std::unexpected("the port is not a number up to 65535");
    }
    return {};
}

}  // namespace

std::string_view find_header(const header_list& headers, std::string_view name) {
    const auto found = std::ranges::find_if(
        headers, [&](const auto& header) { return equal_without_case(header.first, name); });
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::string url_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                            hex_value(text[i + 2]) >= 0;
        if (escape) {
            decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

std::string url_encode(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
        } else {
            fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

input_buffer::input_buffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

std::string_view input_buffer::data() const {
    return std::string_view(bytes_).substr(begin_, end_ - begin_);
}

void input_buffer::consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
}

std::span<char> input_buffer::prepare() {
    if (end_ == bytes_.size() && begin_ > 0) {
        std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), bytes_.end(),
                  bytes_.begin());
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == bytes_.size()) {
        const std::size_t wanted = std::max(first_bytes, bytes_.size() * 2);
        bytes_.resize(std::min(wanted, bytes_max_));
    }
    return std::span(bytes_).subspan(end_);
}

void input_buffer::commit(std::size_t bytes) {
    end_ += bytes;
}

std::expected<origin, std::string> parse_origin(std::string_view url) {
    const auto refuse = [&](std::string_view why) {
        return std::unexpected(fmt::format("'{}' is not a usable URL: {}", url, why));
    };
    origin to;
    std::string_view rest = url;
    if (rest.starts_with("https://")) {
        to.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return refuse("it must begin with http:// or https://");
    }
    if (rest.find_first_of("?#@") != std::string_view::npos) {
        return refuse("it must not have a user, a query or a fragment");
    }
    if (!is_header_safe(rest) || rest.contains(' ')) return refuse("it has spaces or controls");
    const auto slash = std::min(rest.find('/'), rest.size());
    to.path = rest.substr(slash);
    while (to.path.ends_with('/'))
        to.path.pop_back();
    if (const auto split = split_authority(rest.substr(0, slash), to); !split) {
        return refuse(split.error());
    }
    return to;
}

void split_target(request& message) {
    std::string_view target = message.target;
    // Proxies send the absolute form; only its path matters here.
    if (const auto scheme = target.find("://");
        scheme != std::string_view::npos && target[0] != '/') {
        const auto slash = target.find('/', scheme + 3);
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    target = target.substr(0, target.find('#'));
    const auto question = target.find('?');
    message.path = url_decode(target.substr(0, question), false);
    if (question == std::string_view::npos) return;
    std::string_view query = target.substr(question + 1);
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        message.query.emplace_back(
            url_decode(pair.substr(0, equals), true),
            url_decode(pair.substr(std::min(equals + 1, pair.size())), true));
    }
}

bool is_header_safe(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

std::string_view reason_phrase(int status) {
    const auto* const found = std::ranges::find(phrases, status, &phrase::status);
    return found == phrases.end() ? "Unknown" : found->text;
}

void write_head(std::string& out, const response& answer, bool keep_alive) {
    out.clear();
    auto end = std::back_inserter(out);
    fmt::format_to(end, "HTTP/1.1 {} {}\r\n", answer.status, reason_phrase(answer.status));
    const bool has_body = answer.status >= 200 && answer.status != 204 && answer.status != 304;
    if (has_body) {
        if (!answer.content_type.empty()) {
            if (!is_header_safe(answer.content_type)) {
                throw std::invalid_argument("a content type has control characters");
            }
            fmt::format_to(end, "Content-Type: {}\r\n", answer.content_type);
        }
        fmt::format_to(end, "Content-Length: {}\r\n", answer.body.size());
    }
    out += "X-Content-Type-Options: nosniff\r\n";
    for (const auto& [name, value] : answer.headers) {
        if (!is_header_safe(name) || !is_header_safe(value)) {
            throw std::invalid_argument("a response header has control characters");
        }
        fmt::format_to(end, "{}: {}\r\n", name, value);
    }
    out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
}

void write_head(std::string& out, const origin& to, std::string_view method,
                std::string_view target, const header_list& headers, std::size_t body_bytes) {
    out.clear();
    auto end = std::back_inserter(out);
    fmt::format_to(end, "{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: siwareng\r\n", method, to.path,
                   target, to.host_header);
    // A GET without a body says nothing about its length, every other request does.
    if (body_bytes > 0 || (method != "GET" && method != "HEAD")) {
        fmt::format_to(end, "Content-Length: {}\r\n", body_bytes);
    }
    for (const auto& [name, value] : headers)
        fmt::format_to(end, "{}: {}\r\n", name, value);
    out += "\r\n";
}

}  // namespace siwareng::net
