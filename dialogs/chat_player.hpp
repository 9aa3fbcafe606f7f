#pragma once

#include "dialogs/chat_file.hpp"
#include "dialogs/chat_runner.hpp"

#include <vector>

namespace siwareng::dialogs {

/// Plays the actions of a conversation on a level, one by one: it remembers what was shown, so that
/// "[Button]" and "(3)" find what they tap.
class chat_player final {
  public:
    /// `driver` outlives it.
    explicit chat_player(chat_driver& driver) : driver_(driver) {}

    /// One action; a record that only expects something is an error.
    chat_driver::observed play(const chat_content& what);
    /// The last bubble with options, or an empty one.
    [[nodiscard]] const bubble& last_options() const;

  private:
    chat_driver::observed act(const chat_text& what);
    chat_driver::observed act(const chat_tap& what);
    chat_driver::observed act(const chat_row& what);
    chat_driver::observed act(const chat_attachment& what);
    chat_driver::observed act(const chat_again& what);
    chat_driver::observed act(const chat_clock& what);
    chat_driver::observed act(const chat_restart& what);
    chat_driver::observed act(const chat_deploy& what);
    chat_driver::observed act(const chat_crash& what);
    chat_driver::observed act(const chat_language& what);
    template <typename expectation>
    chat_driver::observed act(const expectation& what);

    chat_driver& driver_;
    std::vector<bubble> shown_;
};

/// An operation as the record "! operation {json}".
chat_operation record_of(const call& what);

/// An action with all that followed it, as records of a `.chat` file: for recording.
std::vector<chat_record> record_turn(const chat_content& action, const chat_observation& seen);

}  // namespace siwareng::dialogs
