#pragma once

#include <cstdint>
#include <string_view>

namespace siwareng::dialogs {

/// What can go wrong in the dialog module.
enum class errc : std::uint8_t {
    bad_session,        ///< stored session text is not a session
    unknown_language,   ///< not one of id, en, su, jv
    unknown_flow,       ///< a session or an intent names a flow that does not exist
    too_many_steps,     ///< a turn passed more nodes than limits allow
    stack_too_deep,     ///< more sub-flows inside each other than limits allow
    unexpected_result,  ///< an operation's outcome that the call node does not bind
    bad_operation,      ///< the performer knows no such operation or lacks an argument
};

/// The enumerator's name, for logs and metrics; never personal data.
std::string_view to_string(errc value);

}  // namespace siwareng::dialogs
