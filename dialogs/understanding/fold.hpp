#pragma once

#include <string>
#include <string_view>

namespace siwareng::dialogs {

/// The text in plain ASCII: Latin letters lose their diacritics ("é" is "e"), styled spaces become
/// spaces, full-width digits become digits, typographic apostrophes become "'", invisible
/// characters (zero width, direction marks, emoji selectors) vanish, and everything else that is
/// not ASCII (emoji, other scripts, broken UTF-8) becomes a space. Newlines stay. Pure.
std::string to_ascii(std::string_view text);

/// The text as words to compare: ASCII lower case, one space between words, no punctuation and no
/// apostrophes ("ma'af" is "maf"), a letter never twice in a row ("haloooo" is "halo"), a word
/// never twice in a row. Digits are kept as they are. Pure; every rule of the understander compares
/// texts in this form, and so may anything else that compares what people type.
std::string fold(std::string_view text);

}  // namespace siwareng::dialogs
