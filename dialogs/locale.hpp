#pragma once

#include "dialogs/content.hpp"
#include "dialogs/flow_model.hpp"

#include <string>
#include <vector>

namespace siwareng::dialogs {

/// Reads the texts of `locale/{id,en,su,jv}.toml`, adding what is wrong with them to `problems`:
/// files, syntax, lengths, and that every language has the same keys with the same placeholders.
/// The table `[words]` belongs to `create_understander` and is passed over.
catalog load_catalog(const content_files& files, std::vector<content_problem>& problems);

/// "locale/id.toml"
std::string locale_file(language lang);

}  // namespace siwareng::dialogs
