#pragma once

#include <expected>
#include <memory>
#include <string_view>
#include <vector>

#include "dialogs/content.hpp"
#include "dialogs/event.hpp"

namespace siwareng::dialogs {

/// Reads free text. Immutable, shared between threads; a call costs microseconds.
class understander {
  public:
    virtual ~understander() = default;
    understander() = default;
    understander(const understander&) = delete;
    understander& operator=(const understander&) = delete;

    /// What the text may mean, most likely first; empty when nothing is near. Pure.
    [[nodiscard]] virtual std::vector<intent> understand(std::string_view text) const = 0;
};

/// Built from the `[words]` tables of `locale/*.toml` (intent id = list of phrases). Exact rules:
/// a text is an intent when, folded (lower case, no punctuation, no repeats), it equals one of the
/// phrases, or begins with a phrase that takes slots ("cek <nik> <name>").
std::expected<std::shared_ptr<const understander>, std::vector<content_problem>>
create_understander(const content_files& files);

}  // namespace siwareng::dialogs
