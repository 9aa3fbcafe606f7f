#include "bot/content/content.hpp"

#include "bot/content/embedded_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view settings_key = "siwareng.toml";

struct content_folder {
    std::string_view name;
    std::string_view extension;
};

constexpr auto content_folders =
    std::to_array<content_folder>({{"flows", ".toml"}, {"locale", ".toml"}, {"regions", ".csv"}});

std::string problem(const fs::path& what, std::string_view why) {
    return fmt::format("content.dir: {} {}", what.string(), why);
}

bool is_passed_over(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with('.') || name.ends_with('~');
}

/// What is wrong with a file of a content folder, if anything.
std::optional<std::string> check_file(const fs::path& path, const content_folder& folder) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return problem(path, "cannot be read as a file");
    if (path.extension() != folder.extension) {
        return problem(path, fmt::format("is of an unknown kind: {} holds *{} files", folder.name,
                                         folder.extension));
    }
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return problem(path, fmt::format("cannot be read: {}", error.message()));
    if (size > content_file_bytes_max) {
        return problem(path, fmt::format("is larger than {} bytes", content_file_bytes_max));
    }
    return std::nullopt;
}

/// Calls `check` with the entries of a folder until one of them has a problem.
template <class Check>
std::optional<std::string> check_entries(const fs::path& dir, const Check& check) {
    std::error_code error;
    fs::directory_iterator entry(dir, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        if (is_passed_over(entry->path())) continue;
        if (auto found = check(entry->path())) return found;
    }
    if (error) return problem(dir, fmt::format("cannot be read: {}", error.message()));
    return std::nullopt;
}

std::optional<std::string> check_folder(const fs::path& path) {
    const auto* const folder =
        std::ranges::find(content_folders, path.filename().string(), &content_folder::name);
    if (folder == content_folders.end()) {
        return problem(path, "is unknown: content is in the folders flows, locale and regions");
    }
    return check_entries(path, [&](const fs::path& file) { return check_file(file, *folder); });
}

}  // namespace

dialogs::content_files embedded_content() {
    dialogs::content_files files;
    for (const embedded_file& each : embedded_files()) {
        if (each.key != settings_key) files.emplace(each.key, each.bytes);
    }
    return files;
}

std::string_view embedded_settings() {
    const auto files = embedded_files();
    const auto found = std::ranges::find(files, settings_key, &embedded_file::key);
    return found == files.end() ? std::string_view() : found->bytes;
}

std::expected<dialogs::content_files, std::string> load_content(const std::string& override_dir) {
    dialogs::content_files files = embedded_content();
    if (override_dir.empty()) return files;
    if (auto wrong = check_entries(override_dir, check_folder)) {
        return std::unexpected(*std::move(wrong));
    }
    auto own = dialogs::read_content_dir(override_dir);
    if (!own) return std::unexpected(problem(own.error().file, own.error().message));
    for (auto& [key, text] : *own)
        files.insert_or_assign(key, std::move(text));
    return files;
}

}  // namespace siwareng::bot
