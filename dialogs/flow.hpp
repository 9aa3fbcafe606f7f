#pragma once

#include "dialogs/content.hpp"
#include "dialogs/engine.hpp"
#include "dialogs/session.hpp"

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

struct flow_model;  // dialogs/flow_model.hpp

/// All flows and all texts, loaded and validated; immutable, shared between threads.
/// The node model is private to the module (dialogs/flow_model.hpp).
class flow_set {
  public:
    virtual ~flow_set() = default;
    flow_set() = default;
    flow_set(const flow_set&) = delete;
    flow_set& operator=(const flow_set&) = delete;

    /// Names of all flows, sorted.
    [[nodiscard]] virtual std::vector<std::string> flow_names() const = 0;
    /// Every exit that exists; golden conversations are measured against it.
    [[nodiscard]] virtual std::vector<path_entry> exits() const = 0;
    /// A Mermaid flowchart of one flow; empty for an unknown name. Deterministic. With `taken`,
    /// only the exits in it are drawn solid, all others dashed; without, all are solid.
    [[nodiscard]] virtual std::string diagram(std::string_view flow,
                                              const std::vector<path_entry>& taken = {}) const = 0;
    /// A text with its placeholders filled from `vars`; Indonesian where `lang` lacks it.
    [[nodiscard]] virtual std::string text(language lang, std::string_view key,
                                           const var_map& vars = {}) const = 0;
    /// The nodes and texts themselves, for the engine.
    [[nodiscard]] virtual const flow_model& model() const = 0;
};

/// What the program offers to flows: an operation's name, its arguments and its outcomes.
/// A call node must bind every outcome and pass every argument.
struct operation_signature {
    std::string name;
    std::vector<std::string> args;
    std::vector<std::string> outcomes;
};

/// Parses and validates `flows/*.toml` and `locale/*.toml`: every exit bound, every node reachable,
/// no loop without a wait, every text in every language with the same placeholders, every channel
/// limit kept. All problems are reported at once.
std::expected<std::shared_ptr<const flow_set>, std::vector<content_problem>> load_flows(
    const content_files& files, const std::vector<operation_signature>& operations);

}  // namespace siwareng::dialogs
