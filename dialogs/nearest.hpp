#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// The known word that a mistyped one most likely meant (at most a third of its letters differ), or
/// "". For error texts.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace siwareng::dialogs
