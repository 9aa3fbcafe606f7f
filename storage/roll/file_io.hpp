#pragma once

#include "storage/store_files.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

/// File system calls of the roll that throw store_error, naming action and file.
namespace siwareng::storage::file_io {

/// Throws what `errno` says about that file.
[[noreturn]] void throw_errno(std::string_view action, const std::filesystem::path& file);

/// Opens for reading, closed on exec.
descriptor open_to_read(const std::filesystem::path& file);

/// Reads up to `size` bytes; 0 at the end.
std::size_t read_some(const descriptor& file, char* to, std::size_t size, std::string_view name);

/// Writes all of it at `offset`.
void write_all_at(const descriptor& file, std::string_view bytes, std::uint64_t offset,
                  std::string_view name);

/// Reads exactly `size` bytes at `offset`.
void read_all_at(const descriptor& file, char* to, std::size_t size, std::uint64_t offset,
                 std::string_view name);

/// Makes the content of a file, or the names in a folder, durable.
void sync(const std::filesystem::path& file);

/// A file without a name, for data that must vanish with the process.
descriptor open_nameless(const std::filesystem::path& folder);

}  // namespace siwareng::storage::file_io
