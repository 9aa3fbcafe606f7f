#pragma once

#include <cstddef>

namespace siwareng::dialogs {

// Limits of WhatsApp's Cloud API, in code points unless the name says bytes. The web chat and the
// kiosk take the same, so that one text fits everywhere.

inline constexpr std::size_t buttons_max = 3;
inline constexpr std::size_t list_rows_max = 10;
inline constexpr std::size_t button_title_max = 20;
inline constexpr std::size_t row_title_max = 24;
inline constexpr std::size_t row_description_max = 72;
inline constexpr std::size_t list_label_max = 20;
/// The text above buttons or a list.
inline constexpr std::size_t interactive_body_max = 1024;
/// A message of text alone.
inline constexpr std::size_t text_body_max = 4096;
/// A button's id may have 256, a row's 200.
inline constexpr std::size_t option_id_bytes_max = 200;
/// One text of a locale file: several of them and their placeholders have to fit a bubble.
inline constexpr std::size_t locale_text_max = 900;

}  // namespace siwareng::dialogs
