#pragma once

#include "tests/tidy/source.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace siwareng::tidy {

/// A function's definition.
struct function_outline {
    std::size_t line = 0;  ///< where its declaration begins
    /// From the declaration to the closing brace, without the rows of tables (initialisers over
    /// several lines): those are data.
    std::size_t code_lines = 0;
};

/// Something declared or defined at namespace scope that wants a docstring.
struct declaration_outline {
    std::size_t line = 0;
    bool is_type = false;  ///< class, struct, union or enum; else a function
};

/// What a C++ file holds, as far as its braces tell. A heuristic: it relies on the project's
/// formatting (a blank before the brace of a body, none before the brace of an initialiser).
struct outline {
    std::vector<function_outline> functions;
    std::vector<declaration_outline> declarations;
    /// For each line, from 0: does it begin at namespace scope?
    std::vector<bool> at_namespace_scope;
};

outline outline_of(const source_file& file);

}  // namespace siwareng::tidy
