#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace siwareng::dialogs {

/// How well a typed name fits a listed one.
enum class name_match : std::uint8_t {
    different,  ///< reveals nothing
    same,       ///< after case, punctuation, titles, Moh/Muh/Mohammad, initials and one typo
};

/// Compares the name that a citizen typed with the listed one. Tolerant of case, spacing,
/// punctuation, academic and religious titles with or without dots, spellings of Muhammad, an
/// initial for a word, a missing second or later name, one typing mistake a word of five letters or
/// more. Strict enough for a secret: at least the first name, or two words where the name has
/// several and the first is a form of Muhammad or Siti, must be there in full (not as initials).
/// Pure; costs a few microseconds.
name_match compare_names(std::string_view typed, std::string_view listed);

/// The name as words to compare: folded to ASCII upper case, titles and punctuation removed.
std::string normalise_name(std::string_view name);

}  // namespace siwareng::dialogs
