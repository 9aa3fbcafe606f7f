#pragma once

#include "dialogs/session.hpp"

#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// A text with placeholders, split once when it is loaded. "{{" is a brace.
class text_template {
  public:
    text_template() = default;

    /// What is wrong with the text, in words for its author.
    static std::expected<text_template, std::string> parse(std::string_view text);

    /// Fills each placeholder from the first map that has it; from none: nothing. Values are taken
    /// as they are: a brace in a citizen's answer is never a placeholder.
    [[nodiscard]] std::string render(const var_map& vars, const var_map& facts) const;

    /// Names of all placeholders.
    [[nodiscard]] std::set<std::string> placeholders() const;

  private:
    struct piece {
        bool variable = false;
        std::string text;
    };
    std::vector<piece> pieces_;
};

/// Whether a text can name a node, a variable, a flow or an outcome: `[a-z][a-z0-9_]*`.
bool is_name(std::string_view text);

}  // namespace siwareng::dialogs
