#pragma once

#include "storage/store_files.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace siwareng::storage {

/// The place of one office in a library's folder, held against other imports. Gives the next file
/// its name, and puts it in use. Leftovers of an import that died are removed at the start.
class roll_publisher {
  public:
    /// Makes the folder (mode 0700) if it is missing. Throws store_error (in_use while another
    /// import of the office runs).
    roll_publisher(const std::filesystem::path& folder, std::string_view office);
    /// Removes what was not published.
    ~roll_publisher();
    roll_publisher(const roll_publisher&) = delete;
    roll_publisher& operator=(const roll_publisher&) = delete;

    /// One more than the highest there is.
    [[nodiscard]] std::int64_t version() const { return version_; }
    /// Where to write the new roll.
    [[nodiscard]] const std::filesystem::path& draft() const { return draft_; }

    /// Gives the draft its name and swaps the link, durably; then removes old versions but for the
    /// newest `keep_versions`. Returns the new file. Throws store_error; the old roll is then still
    /// in use.
    std::filesystem::path publish(int keep_versions);

  private:
    void remove_old(int keep_versions) const;

    std::filesystem::path folder_;
    std::string office_;
    descriptor lock_;
    std::int64_t version_ = 1;
    std::filesystem::path draft_;
};

}  // namespace siwareng::storage
