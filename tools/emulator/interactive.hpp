#pragma once

#include "tools/emulator/check.hpp"
#include "tools/emulator/send_request.hpp"

#include <vector>

namespace siwareng::tools {

/// Checks the `interactive` object of a message and collects the media of its headers.
void check_interactive(check& in, const located& interactive, std::vector<media_reference>& media);

/// Checks `{id}` xor `{link}` of a media object of that kind.
void check_media_source(check& in, const located& media, const std::string& kind,
                        std::vector<media_reference>& found);

}  // namespace siwareng::tools
