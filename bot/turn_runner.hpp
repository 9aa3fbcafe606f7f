#pragma once

#include "bot/config.hpp"
#include "bot/metrics.hpp"
#include "bot/webhook/update.hpp"
#include "dialogs/engine.hpp"
#include "dialogs/flow.hpp"
#include "dialogs/understanding/understand.hpp"
#include "dialogs/voter/region.hpp"
#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace siwareng::bot {

/// Everything a turn needs; all of it outlives the runner.
struct turn_services {
    const config& settings;
    std::shared_ptr<const dialogs::flow_set> flows;
    std::shared_ptr<const dialogs::understander> understanding;
    std::shared_ptr<const dialogs::region_table> regions;
    const storage::roll_library& rolls;
    metrics& counters;
    /// May a reply be handed to the sender directly? See `outbox_sender::has_room`.
    std::function<bool()> sender_has_room;
};

/// What a batch of updates leaves to be done once it is committed.
struct after_commit {
    /// Rows in state `sending`, for the sender.
    std::vector<storage::outbox_item> to_send;
    /// Messages that had a turn: to be marked as read.
    struct seen {
        std::string office;
        std::string wamid;
    };
    std::vector<seen> to_mark_read;
};

/// Observes turns: `siwareng chat --record`, golden conversations. Called inside the transaction.
struct turn_observer {
    std::function<void(const dialogs::call&, const dialogs::result_event&)> on_operation;
    std::function<void(const dialogs::turn_result&)> on_turn;
};

/// Turns webhook updates into conversation turns. Immutable but for counters: one is enough for all
/// threads; `apply` runs on the store's writer.
class turn_runner {
  public:
    virtual ~turn_runner() = default;
    turn_runner() = default;
    turn_runner(const turn_runner&) = delete;
    turn_runner& operator=(const turn_runner&) = delete;

    /// Understands the texts of a webhook body, outside the transaction.
    virtual void understand(webhook_body& body) const = 0;

    /// Handles every update in one transaction: each message at most once, each in a savepoint of
    /// its own. A turn that fails keeps its message as failed and apologises once; database errors
    /// pass through and roll the whole batch back.
    virtual after_commit apply(storage::transaction& tx, const webhook_body& body,
                               std::int64_t now_ms) const = 0;

    /// Wakes conversations whose wait lasted too long; at most `limit`.
    virtual after_commit fire_timers(storage::transaction& tx, std::int64_t now_ms,
                                     int limit) const = 0;
};

/// The runner of all offices of the configuration.
std::unique_ptr<turn_runner> create_turn_runner(turn_services services,
                                                turn_observer observer = {});

}  // namespace siwareng::bot
