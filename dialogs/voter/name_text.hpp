#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace siwareng::dialogs {

/// Whether a folded word (see `fold`) can stand around a name without being part of it.
using word_test = std::function<bool(std::string_view)>;

/// The part of a message that stands where a name should be: what follows a label ("Nama:",
/// "a.n."), else the first line that has no other label. Words around it that are no name ("nama
/// saya", "ya min") and those that `around` accepts are taken off both ends, in folded form. Plain
/// ASCII, one space between words; empty where nothing is left. Says nothing about whether it is a
/// name. Pure.
std::string name_in_text(std::string_view text, const word_test& around = {});

}  // namespace siwareng::dialogs
