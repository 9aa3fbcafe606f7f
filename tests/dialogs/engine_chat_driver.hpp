#pragma once

#include "dialogs/chat_runner.hpp"
#include "dialogs/content.hpp"
#include "dialogs/engine.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/understanding/understand.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace siwareng::dialogs {

/// The engine alone: operations answer what the file scripts, the session is written to JSON and
/// read back after each turn.
class engine_chat_driver final : public chat_driver {
  public:
    /// `understanding` may be null: then no text means anything beyond itself.
    engine_chat_driver(content_files files, std::vector<operation_signature> operations,
                       std::shared_ptr<const flow_set> flows,
                       std::shared_ptr<const understander> understanding);

    void script(std::vector<result_event> results) override;
    observed send(const chat_input& what) override;
    observed repeat() override;
    observed advance(std::int64_t milliseconds) override;
    observed restart() override;
    observed deploy(std::string_view flow, int revision) override;
    observed crash(crash_point when) override;
    observed set_language(language lang) override;

    /// Every exit that was taken so far.
    [[nodiscard]] const std::vector<path_entry>& path() const { return path_; }

  private:
    struct timer {
        std::int64_t due_ms = 0;
        std::uint64_t wait_seq = 0;
    };

    /// Runs a turn, adding what it sent and called to `seen`; an error's sentence, or nothing.
    std::optional<std::string> turn(const event& what, chat_observation& seen);
    [[nodiscard]] observed idle_observation() const;
    void observe_session(chat_observation& seen) const;
    [[nodiscard]] std::optional<std::string> store(const session& next);

    content_files files_;
    std::vector<operation_signature> operations_;
    std::shared_ptr<const flow_set> flows_;
    std::shared_ptr<const understander> understanding_;
    environment env_;
    std::string session_json_;
    session session_;
    std::vector<result_event> results_;
    std::optional<timer> timer_;
    std::vector<path_entry> path_;
};

}  // namespace siwareng::dialogs
