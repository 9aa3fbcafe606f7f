#pragma once

#include "tools/emulator/graph_error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace siwareng::tools {

/// A value inside a message and where it stands: "interactive['action']['buttons'][0]".
struct located {
    const nlohmann::json* value = nullptr;
    std::string path = {};
};

/// Shortest and longest text, in characters.
struct length_limits {
    std::size_t min = 1;
    std::size_t max = 0;
};

/// Reads a message and remembers the first problem; after one, every further call gives an empty
/// value and reports nothing, so that callers need not stop.
class check {
  public:
    [[nodiscard]] bool ok() const { return !problem_; }
    [[nodiscard]] const std::optional<graph_error>& problem() const { return problem_; }
    void report(graph_error problem);

    [[nodiscard]] bool has(const located& in, std::string_view key) const;
    /// A member that must be there, of any kind.
    located need(const located& in, std::string_view key);
    located object(const located& in, std::string_view key);
    located array(const located& in, std::string_view key, std::size_t min, std::size_t max);
    located element(const located& in, std::size_t index) const;
    /// A text that must be there and keep its limits.
    std::string text(const located& in, std::string_view key, length_limits limits);
    /// The same, empty where absent.
    std::string optional_text(const located& in, std::string_view key, std::size_t max);
    /// A text that must be one of these.
    std::string one_of(const located& in, std::string_view key,
                       std::initializer_list<std::string_view> values);
    void boolean_if_present(const located& in, std::string_view key);
    /// A number, or a text that is one.
    double number(const located& in, std::string_view key, double min, double max);
    /// An http or https URL.
    std::string url(const located& in, std::string_view key, std::size_t max);

  private:
    std::optional<graph_error> problem_;
};

}  // namespace siwareng::tools
