#include "tools/emulator/check.hpp"

#include "tools/emulator/encoding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace siwareng::tools {
namespace {

const nlohmann::json nothing;

std::string path_of(const located& in, std::string_view key) {
    return in.path.empty() ? std::string(key) : fmt::format("{}['{}']", in.path, key);
}

}  // namespace

void check::report(graph_error problem) {
    if (!problem_) problem_ = std::move(problem);
}

bool check::has(const located& in, std::string_view key) const {
    return ok() && in.value->is_object() && in.value->contains(key) && !(*in.value)[key].is_null();
}

located check::need(const located& in, std::string_view key) {
    if (!ok()) return {&nothing, {}};
    std::string path = path_of(in, key);
    if (!has(in, key)) {
        // Meta has one code for the parameters of the call, another for the parts of a message.
        report(in.path.empty()
                   ? invalid_parameter(fmt::format("The parameter {} is required.", path))
                   : missing_parameter(fmt::format("The parameter {} is required.", path)));
        return {&nothing, {}};
    }
    return {&(*in.value)[key], std::move(path)};
}

located check::object(const located& in, std::string_view key) {
    located found = need(in, key);
    if (ok() && !found.value->is_object()) {
        report(invalid_parameter(fmt::format("Param {} must be a JSON object.", found.path)));
    }
    return ok() ? found : located{&nothing, {}};
}

located check::array(const located& in, std::string_view key, std::size_t min, std::size_t max) {
    located found = need(in, key);
    if (ok() && !found.value->is_array()) {
        report(invalid_parameter(fmt::format("Param {} must be an array.", found.path)));
    }
    if (ok() && (found.value->size() < min || found.value->size() > max)) {
        report(bad_value(fmt::format("Invalid {} count. Min allowed: {}, Max allowed: {}",
                                     found.path, min, max)));
    }
    return ok() ? found : located{&nothing, {}};
}

located check::element(const located& in, std::size_t index) const {
    if (!ok()) return {&nothing, {}};
    return {&(*in.value)[index], fmt::format("{}[{}]", in.path, index)};
}

std::string check::text(const located& in, std::string_view key, length_limits limits) {
    const located found = need(in, key);
    if (!ok()) return {};
    if (!found.value->is_string()) {
        report(invalid_parameter(fmt::format("Param {} must be a string.", found.path)));
        return {};
    }
    auto value = found.value->get<std::string>();
    const std::size_t length = characters(value);
    if (length < limits.min || length > limits.max) {
        report(bad_value(fmt::format("{} length invalid. Min length: {}, Max length: {}",
                                     found.path, limits.min, limits.max)));
        return {};
    }
    return value;
}

std::string check::optional_text(const located& in, std::string_view key, std::size_t max) {
    return has(in, key) ? text(in, key, {.min = 0, .max = max}) : std::string{};
}

std::string check::one_of(const located& in, std::string_view key,
                          std::initializer_list<std::string_view> values) {
    const located found = need(in, key);
    if (!ok()) return {};
    const auto* const value = found.value->get_ptr<const std::string*>();
    if (value == nullptr || std::ranges::find(values, *value) == values.end()) {
        report(invalid_parameter(
            fmt::format("Param {} must be one of {{{}}}.", found.path, fmt::join(values, ", "))));
        return {};
    }
    return *value;
}

void check::boolean_if_present(const located& in, std::string_view key) {
    if (has(in, key) && !(*in.value)[key].is_boolean()) {
        report(invalid_parameter(fmt::format("Param {} must be a boolean.", path_of(in, key))));
    }
}

double check::number(const located& in, std::string_view key, double min, double max) {
    const located found = need(in, key);
    if (!ok()) return 0;
    double value = 0;
    bool readable = found.value->is_number();
    if (readable) value = found.value->get<double>();
    if (const auto* const digits = found.value->get_ptr<const std::string*>()) {
        const char* const end = digits->data() + digits->size();
        const auto result = std::from_chars(digits->data(), end, value);
        readable = result.ec == std::errc{} && result.ptr == end;
    }
    if (!readable || value < min || value > max) {
        report(bad_value(fmt::format("{} must be a number from {} to {}", found.path, min, max)));
        return 0;
    }
    return value;
}

std::string check::url(const located& in, std::string_view key, std::size_t max) {
    std::string value = text(in, key, {.min = 1, .max = max});
    if (ok() && !value.starts_with("http://") && !value.starts_with("https://")) {
        report(bad_value(fmt::format("{} is not a valid URI.", path_of(in, key))));
    }
    return value;
}

}  // namespace siwareng::tools
