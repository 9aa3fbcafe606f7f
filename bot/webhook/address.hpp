#pragma once

#include "storage/types.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace siwareng::bot {

/// An address by its form, whatever field it stood in (Meta puts a BSUID into `from` and `wa_id`
/// too): 5 to 20 digits, with or without "+", are a phone; `XX.` and up to 140 letters, digits and
/// points a BSUID; `XX.ENT.` and more a parent BSUID. Nothing for any other text.
std::optional<storage::address> read_address(std::string_view text);

/// Adds the address that the member holds, unless it is implausible or already there.
void add_address(std::vector<storage::address>& to, const nlohmann::json& value,
                 std::string_view key);

/// The same for a field that can only hold a BSUID or a parent BSUID: a phone number there is
/// garbage.
void add_user_id(std::vector<storage::address>& to, const nlohmann::json& value,
                 std::string_view key);

/// Phones first, then BSUIDs, then parents; otherwise in the order of appearance.
void sort_addresses(std::vector<storage::address>& addresses);

}  // namespace siwareng::bot
