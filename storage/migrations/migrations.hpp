#pragma once

#include <span>
#include <string_view>

namespace siwareng::storage {

/// One step of the schema, a file of this folder compiled into the program.
struct migration {
    int version = 0;
    std::string_view sql;
};

/// All of them, in order, versions 1, 2, 3 ... without a gap.
std::span<const migration> all_migrations();

}  // namespace siwareng::storage
