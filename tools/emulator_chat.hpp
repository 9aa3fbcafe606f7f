#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace siwareng::tools {

/// Which emulator, and who writes.
struct emulator_chat_options {
    std::string base_url = "http://127.0.0.1:8090";  ///< a running emulator
    std::string wa_id = "6281234567890";             ///< who the chat plays
    std::string profile_name = {};                   ///< empty: as the emulator has it
    std::int64_t answer_timeout_ms = 15'000;         ///< how long an answer is waited for
    /// How long nothing may happen, after the webhook was taken, until silence counts as the
    /// answer.
    std::int64_t silence_ms = 2'500;
    /// Null: standard input and output, with line editing and colours on a terminal.
    std::istream* in = nullptr;
    std::ostream* out = nullptr;
};

/// A chat in the terminal that plays one citizen through the emulator's control API, so that every
/// message takes the whole way. Lines from a pipe are sent one by one, each after the answer to the
/// one before. `/help` lists the commands. Returns the program's exit status: 0, or 1 when the
/// emulator cannot be reached.
int run_emulator_chat(const emulator_chat_options& options);

}  // namespace siwareng::tools
