#pragma once

#include "bot/config.hpp"
#include "bot/loaded_content.hpp"
#include "bot/metrics.hpp"
#include "bot/turn_runner.hpp"
#include "dialogs/effect.hpp"
#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace siwareng::bot {

/// An operation as it was performed.
struct performed_operation {
    dialogs::call what;
    dialogs::result_event result;
};

/// What one message led to.
struct local_answer {
    /// Bubbles that would have been sent, in order, with their outbox rows.
    std::vector<storage::outbox_item> sent;
    std::vector<performed_operation> operations;
    /// The session afterwards; empty if no turn took place.
    std::vector<dialogs::session> sessions;
    /// Every exit that the turns took.
    std::vector<dialogs::path_entry> path;
};

/// An office without a network: the program's own turns on a store, replies collected instead of
/// sent. For `siwareng chat` and for golden conversations on the store. Not thread-safe.
class local_office {
  public:
    virtual ~local_office() = default;
    local_office() = default;
    local_office(const local_office&) = delete;
    local_office& operator=(const local_office&) = delete;

    /// One message through the whole turn, then every reply that is due, each recorded as accepted.
    virtual std::expected<local_answer, storage::errc> receive(inbound_message message,
                                                               std::int64_t now_ms) = 0;
    /// Timers that are due by now.
    virtual std::expected<local_answer, storage::errc> wake(std::int64_t now_ms) = 0;
    /// What `receive` does before the replies are sent: a crash may follow.
    virtual std::expected<local_answer, storage::errc> receive_only(inbound_message message,
                                                                    std::int64_t now_ms) = 0;
    /// Records rows as accepted by the API, and claims what that releases.
    virtual std::expected<void, storage::errc> accept(std::vector<storage::outbox_item>& sent,
                                                      std::int64_t now_ms) = 0;
};

/// All arguments outlive it. `settings` needs one office; its first is used.
std::unique_ptr<local_office> create_local_office(const config& settings,
                                                  const loaded_content& content,
                                                  const storage::roll_library& rolls,
                                                  storage::store& store);

/// Settings for an office that talks to nobody: all defaults, one office.
config local_settings(std::string office_id, std::string name, std::string region);

}  // namespace siwareng::bot
