#pragma once

#include "dialogs/event.hpp"
#include "dialogs/session.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// Why an answer could not be used: the key of the text that explains it, and its placeholders.
struct input_problem {
    std::string text_key;
    var_map vars;

    bool operator==(const input_problem&) const = default;
};

/// Reads one kind of answer: "nik", "name", "date" ... Pure.
class input_type {
  public:
    virtual ~input_type() = default;
    input_type() = default;
    input_type(const input_type&) = delete;
    input_type& operator=(const input_type&) = delete;

    [[nodiscard]] virtual std::string_view name() const = 0;
    /// The answer in canonical form, or what is wrong with it.
    [[nodiscard]] virtual std::expected<std::string, input_problem> parse(
        const event& what) const = 0;
    /// The part of a longer text that is such an answer, with the rest: "3603... SITI" gives the
    /// NIK and "SITI". Nothing where the type cannot be found inside a text.
    struct extraction {
        std::string value;
        std::string rest;
    };
    [[nodiscard]] virtual std::optional<extraction> extract(std::string_view text) const = 0;
    /// True where nearly any text is an answer (a name, a description): then words such as "menu"
    /// still interrupt, and a form gives the type only what the other fields left over.
    [[nodiscard]] virtual bool free_text() const { return false; }
    /// Every text key that `parse` may name, for validation.
    [[nodiscard]] virtual std::vector<std::string> text_keys() const = 0;
};

/// The type of that name, or null. The registry is fixed at compile time (dialogs/input.cpp).
const input_type* find_input_type(std::string_view name);

/// All registered names, sorted.
std::vector<std::string_view> input_type_names();

}  // namespace siwareng::dialogs
