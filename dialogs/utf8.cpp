#include "dialogs/utf8.hpp"

#include <cstdint>

namespace siwareng::dialogs {
namespace {

/// Length of the valid sequence that begins `text`, or 0. Overlong forms, surrogates and values
/// beyond U+10FFFF are invalid, as nlohmann's writer also refuses them.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const auto continues = [&](std::size_t at) {
        return at < text.size() && (byte(at) & 0xC0U) == 0x80U;
    };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    if (!continues(1)) return 0;
    if (lead < 0xE0) return 2;
    if (!continues(2)) return 0;
    if (lead < 0xF0) {
        const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (!continues(3)) return 0;
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
    return overlong || too_large ? 0 : 4;
}

/// Like `sequence_length`, but a stray byte is a sequence of its own.
std::size_t next_length(std::string_view text) {
    const std::size_t length = sequence_length(text);
    return length == 0 ? 1 : length;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    std::size_t points = 0;
    while (!text.empty()) {
        text.remove_prefix(next_length(text));
        ++points;
    }
    return points;
}

std::string_view utf8_prefix(std::string_view text, std::size_t points_max) {
    std::size_t bytes = 0;
    for (std::size_t points = 0; points < points_max && bytes < text.size(); ++points) {
        bytes += next_length(text.substr(bytes));
    }
    return text.substr(0, bytes);
}

std::string_view utf8_prefix_bytes(std::string_view text, std::size_t bytes_max) {
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const std::size_t next = bytes + next_length(text.substr(bytes));
        if (next > bytes_max) break;
        bytes = next;
    }
    return text.substr(0, bytes);
}

std::string utf8_cut(std::string_view text, std::size_t points_max) {
    if (utf8_prefix(text, points_max).size() == text.size()) return std::string(text);
    if (points_max == 0) return {};
    return std::string(utf8_prefix(text, points_max - 1)) + "…";
}

std::string utf8_repair(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

}  // namespace siwareng::dialogs
