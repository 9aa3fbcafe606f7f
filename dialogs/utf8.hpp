#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace siwareng::dialogs {

/// Code points of a UTF-8 text; a stray byte counts as one. What WhatsApp's limits count.
std::size_t utf8_length(std::string_view text);

/// The longest beginning of at most `points_max` code points.
std::string_view utf8_prefix(std::string_view text, std::size_t points_max);

/// The longest beginning of at most `bytes_max` bytes that splits no code point.
std::string_view utf8_prefix_bytes(std::string_view text, std::size_t bytes_max);

/// At most `points_max` code points; a text that was cut ends in "…".
std::string utf8_cut(std::string_view text, std::size_t points_max);

/// The text with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string utf8_repair(std::string_view text);

}  // namespace siwareng::dialogs
