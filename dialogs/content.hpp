#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
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

}  // namespace siwareng::dialogs
