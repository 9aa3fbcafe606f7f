#pragma once

#include "dialogs/content.hpp"
#include "dialogs/event.hpp"

#include <expected>
#include <memory>
#include <string_view>
#include <vector>

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

/// Built from the `[words]` tables of `locale/*.toml` (intent id = list of phrases), all languages
/// together. Exact rules, compared as `fold` leaves them:
/// - a text that equals a phrase is that intent, confidence 1;
/// - so is, with 0.95, a phrase with words of `filler` before or behind it ("min, menu dong"),
/// unless
///   the phrase is written with "=" before it ("=jawa": "saya jawa" asks for nothing);
/// - a text that holds one NIK is the intent whose phrases have `<nik>`, with the slots nik and, if
///   words are left, name. The words of these phrases and `filler` are taken off around the name.
///   Confidence 1 for a possible NIK, 0.8 for 15 to 18 digits that cannot be one, so that an open
///   question explains them; several NIKs give no slots (0.95); a word of `other_topic` anywhere
///   gives nothing at all.
/// `filler` and `other_topic` are lists of single words and no intents. A phrase that two intents
/// claim is a problem.
std::expected<std::shared_ptr<const understander>, std::vector<content_problem>>
create_understander(const content_files& files);

}  // namespace siwareng::dialogs
