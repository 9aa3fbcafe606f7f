#include "dialogs/errc.hpp"

namespace siwareng::dialogs {

std::string_view to_string(errc value) {
    switch (value) {
        case errc::bad_session:
            return "bad_session";
        case errc::unknown_language:
            return "unknown_language";
        case errc::unknown_flow:
            return "unknown_flow";
        case errc::too_many_steps:
            return "too_many_steps";
        case errc::stack_too_deep:
            return "stack_too_deep";
        case errc::unexpected_result:
            return "unexpected_result";
        case errc::bad_operation:
            return "bad_operation";
    }
    return "unknown";
}

}  // namespace siwareng::dialogs
