#include "storage/errc.hpp"

namespace siwareng::storage {

std::string_view to_string(errc value) {
    switch (value) {
        case errc::queue_full:
            return "queue_full";
        case errc::closed:
            return "closed";
        case errc::disk_full:
            return "disk_full";
        case errc::read_only:
            return "read_only";
        case errc::not_found:
            return "not_found";
        case errc::exists:
            return "exists";
        case errc::not_a_store:
            return "not_a_store";
        case errc::newer_schema:
            return "newer_schema";
        case errc::wrong_key:
            return "wrong_key";
        case errc::bad_key_file:
            return "bad_key_file";
        case errc::bad_seal:
            return "bad_seal";
        case errc::corrupt:
            return "corrupt";
        case errc::in_use:
            return "in_use";
        case errc::bad_input:
            return "bad_input";
        case errc::constraint:
            return "constraint";
        case errc::rolled_back:
            return "rolled_back";
        case errc::io:
            return "io";
    }
    return "unknown";
}

}  // namespace siwareng::storage
