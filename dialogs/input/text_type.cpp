#include "dialogs/input/types.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace siwareng::dialogs::input {
namespace {

// A frame's variable holds 2,048 bytes at most.
constexpr std::size_t bytes_max = 2000;

class text_input final : public input_type {
  public:
    [[nodiscard]] std::string_view name() const override { return "text"; }

    [[nodiscard]] std::expected<std::string, input_problem> parse(
        const event& what) const override {
        const auto text = text_of(what);
        if (!text) return std::unexpected(needs_text());
        constexpr std::string_view blank = " \t\r\n";
        const std::size_t first = text->find_first_not_of(blank);
        if (first == std::string_view::npos) return std::unexpected(needs_text());
        const std::string_view trimmed =
            text->substr(first, text->find_last_not_of(blank) - first + 1);
        if (trimmed.size() > bytes_max) {
            return std::unexpected(input_problem{"input.text_too_long", {}});
        }
        return std::string(trimmed);
    }

    // Any text would do, so that none is found inside another.
    [[nodiscard]] std::optional<extraction> extract(std::string_view) const override {
        return std::nullopt;
    }

    [[nodiscard]] bool free_text() const override { return true; }

    [[nodiscard]] std::vector<std::string> text_keys() const override {
        return {"input.needs_text", "input.text_too_long"};
    }
};

}  // namespace

const input_type& text_type() {
    static const text_input type;
    return type;
}

}  // namespace siwareng::dialogs::input
