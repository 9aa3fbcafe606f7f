#pragma once

#include "storage/errc.hpp"

#include <expected>
#include <filesystem>
#include <string_view>

namespace siwareng::storage {

/// A file descriptor that closes itself; -1 for none.
class descriptor {
  public:
    explicit descriptor(int value = -1) : value_(value) {}
    descriptor(descriptor&& other) noexcept;
    descriptor& operator=(descriptor&& other) noexcept;
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor();
    [[nodiscard]] int get() const { return value_; }

  private:
    int value_;
};

/// What a value of `errno` means to the storage module.
errc from_errno(int code);

/// Makes the folder and what is missing above it, mode 0700. An empty path is the current folder.
std::expected<void, errc> make_private_folders(const std::filesystem::path& folder);

/// Makes a new, empty file, mode 0600, open for writing. Never overwrites (errc::exists).
std::expected<descriptor, errc> make_private_file(const std::filesystem::path& file);

/// Writes everything, or returns false and leaves the reason in `errno`.
bool write_all(int file, std::string_view text);

/// Makes new or changed names in the folder of `file` durable. Best effort: some file systems
/// refuse it for folders.
void sync_folder_of(const std::filesystem::path& file);

/// Takes the lock file (made if missing) for as long as the descriptor lives. errc::in_use if
/// someone else has it, in this process or in another.
std::expected<descriptor, errc> lock_file(const std::filesystem::path& file);

}  // namespace siwareng::storage
