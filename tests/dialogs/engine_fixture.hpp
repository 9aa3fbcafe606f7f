#pragma once

#include "dialogs/content.hpp"
#include "dialogs/engine.hpp"
#include "dialogs/flow.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::dialogs {

/// Flows by name and texts by key, completed to content that loads: the four flows and the texts
/// that every conversation needs are added where they are missing. Other languages get the
/// Indonesian text behind "en:", "su:" and "jv:".
content_files make_content(const std::map<std::string, std::string>& flows,
                           const std::map<std::string, std::string>& texts);

/// The flows of `make_content`; a failed load stops the program with its problems.
std::shared_ptr<const flow_set> make_flows(const std::map<std::string, std::string>& flows,
                                           const std::map<std::string, std::string>& texts);

/// The operations that the inline flows of these tests may call.
const std::vector<operation_signature>& test_operations();

/// A conversation in a test. Words are understood by a fixed table: "menu", "batal", "kembali",
/// "petugas", "bahasa", "sunda", and "cek NIK NAME".
class conversation {
  public:
    explicit conversation(std::shared_ptr<const flow_set> flows) : flows_(std::move(flows)) {}

    /// The bubble's text, with "[title]" lines for its options.
    std::string says(std::string_view text);
    /// A tap on the option of that title in the last bubble.
    std::string taps(std::string_view title);
    /// Any event. A turn that fails gives "error: NAME".
    std::string gets(const event& what);
    /// Puts the citizen into a flow, as an intent does.
    std::string opens(std::string_view intent_id, const var_map& slots = {});

    /// "flow/node" or "idle".
    [[nodiscard]] std::string where() const;
    [[nodiscard]] std::string var(std::string_view name) const;

    session now;
    bubble shown;
    std::vector<effect> effects;
    std::vector<path_entry> path;
    std::vector<call> calls;
    environment env;
    /// What the next operations come back with; none left: "done".
    std::vector<result_event> results;

    void use(std::shared_ptr<const flow_set> flows) { flows_ = std::move(flows); }
    [[nodiscard]] const flow_set& flows() const { return *flows_; }

  private:
    std::shared_ptr<const flow_set> flows_;
};

/// What the fixed table makes of a text.
std::vector<intent> test_intents(std::string_view text);

/// Two valid numbers; nobody's.
inline constexpr std::string_view good_nik = "3603014101900001";
inline constexpr std::string_view other_nik = "3603011203850002";

}  // namespace siwareng::dialogs
