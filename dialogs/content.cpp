#include "dialogs/content.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace siwareng::dialogs {
namespace {

namespace fs = std::filesystem;

/// Adds the files of one folder (not of folders below it) as "PREFIX/NAME".
std::expected<void, content_problem> add_folder(const fs::path& folder, std::string_view prefix,
                                                std::string_view extension, content_files& files) {
    const auto refused = [](const fs::path& what, std::string_view why) {
        return std::unexpected(content_problem{what.string(), 0, std::string(why)});
    };
    std::error_code error;
    if (!fs::exists(folder, error) && !error) return {};
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const fs::path& path = entries->path();
        if (!entries->is_regular_file(error)) continue;
        // Editors leave copies such as ".x.toml.swp" or "x.toml~" behind.
        if (path.extension() != extension || path.filename().string().starts_with(".")) continue;
        std::ifstream in(path, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        if (!in) return refused(path, "cannot be read; check its permissions");
        files.insert_or_assign(fmt::format("{}/{}", prefix, path.filename().string()),
                               std::move(text));
    }
    if (error) return refused(folder, error.message());
    return {};
}

std::expected<content_files, content_problem> read_folders(const fs::path& root,
                                                           const fs::path& flows,
                                                           const fs::path& locale,
                                                           const fs::path& regions) {
    std::error_code error;
    if (!fs::is_directory(root, error)) {
        return std::unexpected(content_problem{root.string(), 0, "is no folder"});
    }
    struct source {
        const fs::path& folder;
        std::string_view prefix;
        std::string_view extension;
    };
    content_files files;
    for (const source& each : {source{flows, "flows", ".toml"}, source{locale, "locale", ".toml"},
                               source{regions, "regions", ".csv"}}) {
        if (auto added = add_folder(each.folder, each.prefix, each.extension, files); !added) {
            return std::unexpected(std::move(added.error()));
        }
    }
    return files;
}

}  // namespace

std::string to_string(const content_problem& problem) {
    if (problem.line == 0) return fmt::format("{}: {}", problem.file, problem.message);
    return fmt::format("{}:{}: {}", problem.file, problem.line, problem.message);
}

std::expected<content_files, content_problem> read_content_dir(const fs::path& dir) {
    return read_folders(dir, dir / "flows", dir / "locale", dir / "regions");
}

std::expected<content_files, content_problem> read_source_content(const fs::path& source_dir) {
    return read_folders(source_dir, source_dir / "dialogs" / "flows",
                        source_dir / "config" / "locale", source_dir / "config" / "regions");
}

}  // namespace siwareng::dialogs
