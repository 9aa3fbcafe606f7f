#pragma once

#include "tools/roll_generator/random.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace siwareng::tools {

/// Whose naming customs a household follows.
enum class community : std::uint8_t {
    local,     ///< Betawi and Sundanese, Islamic names
    javanese,  ///< people from Central and East Java and from Lampung
    batak,     ///< people from North Sumatra, with a clan name
    benteng,   ///< Chinese-Indonesians who have lived in Tangerang for centuries
};

/// What decides how a person may be called.
struct name_request {
    community custom = community::local;
    bool male = true;
    int birth_year = 1980;
    int age = 40;
};

/// Appends a made-up name in capitals, as voter lists write it. Parts are combined at random, so
/// that no name stands for a particular person; clan names are shared by the household.
void append_name(std::string& out, random_source& random, const name_request& request,
                 std::string_view clan);

/// A clan name for a household; empty where the custom has none.
std::string_view pick_clan(random_source& random, community custom);

/// Names of kampung, of housing estates and of mosques, for addresses and polling places.
std::span<const std::string_view> kampung_names();
std::span<const std::string_view> estate_names();
std::span<const std::string_view> mosque_names();

}  // namespace siwareng::tools
