#pragma once

#include "bot/config.hpp"
#include "bot/loaded_content.hpp"
#include "dialogs/chat_runner.hpp"
#include "storage/ports.hpp"
#include "storage/roll/roll.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace siwareng::bot {

/// What an office without a network works with.
struct local_office_options {
    /// Its first office is the one.
    config settings;
    loaded_content content;
    std::shared_ptr<const storage::roll_library> rolls;
    /// Opens the store: once at first, and again after each restart. A memory store forgets then.
    std::function<std::unique_ptr<storage::store>()> open_store;
    std::function<std::int64_t()> clock_ms;
    /// The citizen's number.
    std::string citizen = "6281234567890";
    std::string profile_name = "Warga";
    /// Close and open the store after each turn: nothing may live in memory only.
    bool restart_after_turn = false;
};

/// An office without a network: the program's own turns on a store, with one citizen. Replies are
/// observed instead of sent and recorded as accepted. For `siwareng chat` and for golden
/// conversations on the store. Faults are played as they would happen: a crash before the commit
/// rolls the turn back and the webhook comes again; one after it finds the reply in doubt; one
/// after the send has it resolved by its status. Not thread-safe. Throws where the store cannot be
/// opened.
std::unique_ptr<dialogs::chat_driver> create_local_office(local_office_options options);

/// Settings for an office that talks to nobody: all defaults, one office.
config local_settings(std::string office_id, std::string name, std::string region);

}  // namespace siwareng::bot
