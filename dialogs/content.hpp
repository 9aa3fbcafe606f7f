#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace siwareng::dialogs {

/// Everything that an office may edit, by relative path: "flows/voter_status.toml",
/// "locale/id.toml", "regions/wilayah_3603.csv". Embedded in the executable and overridable.
using content_files = std::map<std::string, std::string, std::less<>>;

/// Something wrong in a content file, in words an office can act on.
struct content_problem {
    std::string file;
    int line = 0;  ///< 0 where no line is known
    std::string message;

    bool operator==(const content_problem&) const = default;
};

/// "flows/x.toml:12: node 'ask' ..." for a person.
std::string to_string(const content_problem& problem);

/// Reads `flows/*.toml`, `locale/*.toml`, `regions/*.csv` below a folder; a missing
/// subfolder is empty. A folder that cannot be read is a problem that names it.
std::expected<content_files, content_problem> read_content_dir(const std::filesystem::path& dir);

/// The same out of the project's source tree: `dialogs/flows`, `config/locale`, `config/regions`.
std::expected<content_files, content_problem> read_source_content(
    const std::filesystem::path& source_dir);

}  // namespace siwareng::dialogs
