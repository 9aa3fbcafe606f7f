#include "dialogs/input.hpp"

#include "dialogs/input/types.hpp"

#include <algorithm>
#include <array>

namespace siwareng::dialogs {
namespace {

// Sorted by name.
const std::array<const input_type*, 5>& all_types() {
    static const std::array<const input_type*, 5> types{&input::date_type(), &input::name_type(),
                                                        &input::nik_type(), &input::text_type(),
                                                        &input::yes_no_type()};
    return types;
}

}  // namespace

const input_type* find_input_type(std::string_view name) {
    const auto* const found = std::ranges::find(all_types(), name, &input_type::name);
    return found == all_types().end() ? nullptr : *found;
}

std::vector<std::string_view> input_type_names() {
    std::vector<std::string_view> out;
    for (const input_type* type : all_types())
        out.push_back(type->name());
    return out;
}

namespace input {

std::optional<std::string_view> text_of(const event& what) {
    if (const auto* text = std::get_if<text_event>(&what)) return text->text;
    if (const auto* tap = std::get_if<tap_event>(&what)) return tap->title;
    return std::nullopt;
}

input_problem needs_text() {
    return {"input.needs_text", {}};
}

}  // namespace input
}  // namespace siwareng::dialogs
