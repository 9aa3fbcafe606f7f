#include "tools/emulator/media_store.hpp"

#include "tools/emulator/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace siwareng::tools {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
constexpr std::int64_t upload_life_ms = 30LL * day_ms;
constexpr std::int64_t citizen_life_ms = 7LL * day_ms;
constexpr std::int64_t address_life_s = 300;
constexpr std::size_t mib = 1024UL * 1024;

struct upload_type {
    std::string_view mime_type;
    std::string_view kind;
    std::size_t bytes_max;
};

// Cloud API, media, supported types. Further text and office types count as documents.
constexpr std::array upload_types{
    upload_type{"audio/aac", "audio", 16 * mib},
    upload_type{"audio/amr", "audio", 16 * mib},
    upload_type{"audio/mpeg", "audio", 16 * mib},
    upload_type{"audio/mp4", "audio", 16 * mib},
    upload_type{"audio/ogg", "audio", 16 * mib},
    upload_type{"image/jpeg", "image", 5 * mib},
    upload_type{"image/png", "image", 5 * mib},
    upload_type{"image/webp", "sticker", 500 * 1024UL},
    upload_type{"video/mp4", "video", 16 * mib},
    upload_type{"video/3gpp", "video", 16 * mib},
    upload_type{"text/plain", "document", 100 * mib},
    upload_type{"application/pdf", "document", 100 * mib},
    upload_type{"application/msword", "document", 100 * mib},
    upload_type{"application/vnd.ms-excel", "document", 100 * mib},
    upload_type{"application/vnd.ms-powerpoint", "document", 100 * mib},
    upload_type{"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "document", 100 * mib},
    upload_type{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document",
                100 * mib},
    upload_type{"application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "document", 100 * mib},
};

/// Without parameters: "audio/ogg; codecs=opus" is "audio/ogg".
std::string_view bare_type(std::string_view mime_type) {
    mime_type = mime_type.substr(0, mime_type.find(';'));
    while (mime_type.ends_with(' '))
        mime_type.remove_suffix(1);
    return mime_type;
}

/// A parameter of a header value: name="value" or name=value.
std::string header_parameter(std::string_view value, std::string_view name) {
    const std::string key = fmt::format("{}=", name);
    std::size_t at = 0;
    while ((at = value.find(key, at)) != std::string_view::npos) {
        // "filename=" must not be found where "name=" is looked for.
        const bool begins = at > 0 && (value[at - 1] == ' ' || value[at - 1] == ';');
        at += key.size();
        if (!begins) continue;
        value.remove_prefix(at);
        if (value.starts_with('"')) {
            value.remove_prefix(1);
            return std::string(value.substr(0, value.find('"')));
        }
        return std::string(value.substr(0, value.find(';')));
    }
    return {};
}

form_part read_part(std::string_view head, std::string_view data) {
    net::header_list headers;
    while (!head.empty()) {
        const auto end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = line.substr(colon + 1);
        while (value.starts_with(' '))
            value.remove_prefix(1);
        headers.emplace_back(line.substr(0, colon), value);
    }
    const auto disposition = net::find_header(headers, "content-disposition");
    return {.name = header_parameter(disposition, "name"),
            .filename = header_parameter(disposition, "filename"),
            .content_type = std::string(net::find_header(headers, "content-type")),
            .data = data};
}

}  // namespace

std::string_view media_kind(std::string_view mime_type) {
    const auto bare = bare_type(mime_type);
    const auto* const known = std::ranges::find(upload_types, bare, &upload_type::mime_type);
    if (known != upload_types.end()) return known->kind;
    if (bare.starts_with("image/")) return "image";
    if (bare.starts_with("video/")) return "video";
    if (bare.starts_with("audio/")) return "audio";
    return "document";
}

std::expected<void, graph_error> check_upload(std::string_view mime_type, std::size_t bytes) {
    const auto bare = bare_type(mime_type);
    const auto* const known = std::ranges::find(upload_types, bare, &upload_type::mime_type);
    if (known == upload_types.end()) {
        return std::unexpected(invalid_parameter(
            fmt::format("Param file must be a file with one of the documented types. Received file "
                        "of type '{}'.",
                        bare)));
    }
    if (bytes == 0 || bytes > known->bytes_max) {
        return std::unexpected(
            graph_error{.code = 131053,
                        .message = std::string(graph_message(131053)),
                        .details = fmt::format("A file of type {} must have 1 to {} bytes, not {}",
                                               bare, known->bytes_max, bytes)});
    }
    return {};
}

const media_file& media_store::add(media_file file, std::int64_t now_ms) {
    if (file.id.empty()) {
        // 15 or 16 digits, as Meta's ids have.
        const auto number = mix(seed_, fmt::format("media {}", ++count_));
        file.id = fmt::format("{}", 100'000'000'000'000ULL + number % 9'000'000'000'000'000ULL);
    }
    file.digest = sha256(file.bytes);
    file.created_ms = now_ms;
    bytes_ += file.bytes.size();
    order_.push_back(file.id);
    const std::string id = file.id;
    const auto& added = files_.insert_or_assign(id, std::move(file)).first->second;
    while (bytes_ > bytes_max_ && order_.front() != id) {
        const std::string oldest = std::move(order_.front());
        order_.pop_front();
        remove(oldest);
    }
    return added;
}

const media_file* media_store::find(std::string_view id, std::int64_t now_ms) {
    const auto found = files_.find(id);
    if (found == files_.end()) return nullptr;
    const media_file& file = found->second;
    const auto life = file.from_citizen ? citizen_life_ms : upload_life_ms;
    return now_ms - file.created_ms < life ? &file : nullptr;
}

bool media_store::remove(std::string_view id) {
    const auto found = files_.find(id);
    if (found == files_.end()) return false;
    bytes_ -= found->second.bytes.size();
    files_.erase(found);
    return true;
}

std::string media_store::hash_of(std::string_view id, std::string_view expires) const {
    return hex(sha256(fmt::format("{} {} {}", seed_, id, expires))).substr(0, 32);
}

std::string media_store::download_target(std::string_view id, std::int64_t now_ms) const {
    const std::string expires = fmt::format("{}", now_ms / 1000 + address_life_s);
    return fmt::format("/whatsapp_business/attachments/?mid={}&ext={}&hash={}", id, expires,
                       hash_of(id, expires));
}

const media_file* media_store::open(std::string_view id, std::string_view expires,
                                    std::string_view hash, std::int64_t now_ms) {
    std::int64_t until_s = 0;
    std::from_chars(expires.data(), expires.data() + expires.size(), until_s);
    if (now_ms / 1000 > until_s || hash != hash_of(id, expires)) return nullptr;
    return find(id, now_ms);
}

std::expected<std::vector<form_part>, std::string> read_form(std::string_view content_type,
                                                             std::string_view body) {
    if (!content_type.starts_with("multipart/form-data")) {
        return std::unexpected("the body must be multipart/form-data");
    }
    const std::string boundary = header_parameter(content_type, "boundary");
    if (boundary.empty()) return std::unexpected("the boundary is missing");
    const std::string first = "--" + boundary;
    const std::string next = "\r\n" + first;
    if (!body.starts_with(first)) return std::unexpected("the body does not begin with a boundary");
    body.remove_prefix(first.size());
    std::vector<form_part> parts;
    while (body.starts_with("\r\n")) {
        body.remove_prefix(2);
        const auto end = body.find(next);
        const auto blank = body.find("\r\n\r\n");
        if (end == std::string_view::npos || blank > end) {
            return std::unexpected("a part does not end");
        }
        parts.push_back(read_part(body.substr(0, blank), body.substr(blank + 4, end - blank - 4)));
        body.remove_prefix(end + next.size());
    }
    if (!body.starts_with("--")) return std::unexpected("the body does not end with a boundary");
    return parts;
}

}  // namespace siwareng::tools
