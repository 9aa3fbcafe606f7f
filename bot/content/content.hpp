#pragma once

#include "dialogs/content.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace siwareng::bot {

/// More than any flow, locale or region file needs; a larger one was put there by mistake.
constexpr std::uintmax_t content_file_bytes_max = 4U << 20U;

/// The flows, texts and regions that the program was built with: "flows/menu.toml",
/// "locale/id.toml", "regions/wilayah_3603.csv".
dialogs::content_files embedded_content();

/// The commented `config/siwareng.toml`; empty if the program was built without.
std::string_view embedded_settings();

/// The embedded content, where a file in the subfolders `flows`, `locale` and `regions` of
/// `override_dir` ("" for none) replaces or joins the embedded one of that name. An override that
/// would have no effect is an error that names it: no such folder, an unknown folder, a file of
/// another kind or one that cannot be read. Hidden files and editors' copies ("x.toml~") are
/// passed over.
std::expected<dialogs::content_files, std::string> load_content(const std::string& override_dir);

}  // namespace siwareng::bot
