#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::tidy {

/// A breach of a rule of the house style.
struct finding {
    std::string file;
    std::size_t line = 0;  ///< from 1
    std::string rule;
};

/// "bot/x.cpp:12: rule", one a line.
std::string to_string(const std::vector<finding>& findings);

/// A text file of the project, cut into what rules look at. All three views have the same length,
/// so that a position is one place in all of them.
struct source_file {
    std::string path;  ///< relative, with "/"
    std::string text;
    /// `text` where comments, literals and preprocessor lines are blanks (line ends stay).
    std::string code;
    /// `text` where everything but comments is blank.
    std::string comments;

    /// The line of a position, from 1.
    [[nodiscard]] std::size_t line_of(std::size_t at) const;
    [[nodiscard]] bool is_header() const { return path.ends_with(".hpp"); }
    [[nodiscard]] bool is_cpp() const { return path.ends_with(".cpp"); }
    [[nodiscard]] bool is_under(std::string_view folder) const;
};

/// Cuts a text into its views; for a path that is not C++, all of it is code.
source_file make_source(std::string path, std::string text);

/// Every source of the project: C++, CMake, TOML, SQL and shell below the folders of the design.
std::vector<source_file> load_tree(const std::filesystem::path& root);

/// The lines without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

/// The file that each `#include "..."` names, with its position.
struct include_line {
    std::size_t line = 0;
    std::string target;
    bool quoted = false;
};
std::vector<include_line> includes_of(const source_file& file);

/// Letters, digits and "_".
bool is_word_character(char c);

/// The text without blanks at its ends.
std::string_view trimmed(std::string_view text);

}  // namespace siwareng::tidy
