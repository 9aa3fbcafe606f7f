#pragma once

#include "tests/tidy/source.hpp"

#include <cstddef>
#include <vector>

namespace siwareng::tidy {

constexpr std::size_t columns_max = 100;
constexpr std::size_t function_lines_max = 70;
/// Beast costs about 40 s in each of them.
constexpr std::size_t beast_sources_max = 4;

/// Each rule looks at the whole tree and returns every breach.
using rule = std::vector<finding> (*)(const std::vector<source_file>& tree);

/// dialogs and storage know nobody, bot does not know tools; only main.cpp, which wires, may.
/// dialogs is free of Boost and SQL, storage of Boost.
std::vector<finding> include_direction(const std::vector<source_file>& tree);
/// Only bot/net includes Beast, and few sources reach it.
std::vector<finding> beast_stays_in_net(const std::vector<source_file>& tree);
/// Lines of C++ have at most 100 characters.
std::vector<finding> line_length(const std::vector<source_file>& tree);
/// Functions have at most 70 lines; rows of tables do not count.
std::vector<finding> function_length(const std::vector<source_file>& tree);
/// Headers begin with `#pragma once`.
std::vector<finding> header_guards(const std::vector<source_file>& tree);
/// No tabs, no blanks at line ends, no carriage returns, one line end at the end.
std::vector<finding> white_space(const std::vector<source_file>& tree);
/// Calls that are unsafe, or that read the clock, randomness or environment below main.
std::vector<finding> banned_calls(const std::vector<source_file>& tree);
/// No catch that swallows without a word.
std::vector<finding> empty_catches(const std::vector<source_file>& tree);
/// What a header declares at namespace scope has a docstring. Functions that follow each other
/// without a blank line share one.
std::vector<finding> docstrings(const std::vector<source_file>& tree);
/// No marker of unfinished work, no NOLINT without a reason.
std::vector<finding> leftovers(const std::vector<source_file>& tree);

}  // namespace siwareng::tidy
