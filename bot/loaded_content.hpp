#pragma once

#include "bot/config.hpp"
#include "dialogs/content.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/understanding/understand.hpp"
#include "dialogs/voter/region.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace siwareng::bot {

/// Flows, words and regions, loaded and validated together.
struct loaded_content {
    dialogs::content_files files;
    std::shared_ptr<const dialogs::flow_set> flows;
    std::shared_ptr<const dialogs::understander> understanding;
    std::shared_ptr<const dialogs::region_table> regions;
};

/// The built-in content with the overrides of `dir` ("" for none). All problems at once, one a
/// line.
std::expected<loaded_content, std::vector<std::string>> load_all_content(const std::string& dir);

}  // namespace siwareng::bot
