#pragma once

#include <span>
#include <string_view>

namespace siwareng::bot {

/// A file as it was when the program was built.
struct embedded_file {
    std::string_view key;
    std::string_view bytes;
};

/// All embedded files; written by cmake/embed_files.cmake.
std::span<const embedded_file> embedded_files();

}  // namespace siwareng::bot
