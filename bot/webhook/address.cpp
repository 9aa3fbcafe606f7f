#include "bot/webhook/address.hpp"

#include "bot/webhook/json_read.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace siwareng::bot {
namespace {

using storage::address;
using storage::address_kind;

constexpr std::size_t phone_digits_min = 5;
constexpr std::size_t phone_digits_max = 20;
constexpr std::size_t user_id_bytes_max = 140;

// Locale-free on purpose, unlike <cctype>.
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_user_id_character(char c) {
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z') || c == '.';
}

bool is_phone(std::string_view text) {
    return text.size() >= phone_digits_min && text.size() <= phone_digits_max &&
           std::ranges::all_of(text, is_digit);
}

bool is_user_id(std::string_view text) {
    return text.size() > 3 && text.size() <= 3 + user_id_bytes_max && is_upper(text[0]) &&
           is_upper(text[1]) && text[2] == '.' &&
           std::ranges::all_of(text.substr(3), is_user_id_character);
}

void add(std::vector<address>& to, std::optional<address> found) {
    if (found && std::ranges::find(to, *found) == to.end()) to.push_back(std::move(*found));
}

}  // namespace

std::optional<address> read_address(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (is_phone(text)) return address{address_kind::phone, std::string(text)};
    if (!is_user_id(text)) return std::nullopt;
    const std::string_view rest = text.substr(3);
    if (rest == "ENT" || rest == "ENT.") return std::nullopt;
    const bool parent = rest.starts_with("ENT.");
    return address{parent ? address_kind::parent_bsuid : address_kind::bsuid, std::string(text)};
}

void add_address(std::vector<address>& to, const nlohmann::json& value, std::string_view key) {
    add(to, read_address(text_at(value, key)));
}

void add_user_id(std::vector<address>& to, const nlohmann::json& value, std::string_view key) {
    auto found = read_address(text_at(value, key));
    if (found && found->kind == address_kind::phone) return;
    add(to, std::move(found));
}

void sort_addresses(std::vector<address>& addresses) {
    // By hand, as the library's stable sort rests on a deprecated part of libstdc++ 12.
    std::vector<address> sorted;
    sorted.reserve(addresses.size());
    for (const auto kind : {address_kind::phone, address_kind::bsuid, address_kind::parent_bsuid}) {
        for (const address& each : addresses) {
            if (each.kind == kind) sorted.push_back(each);
        }
    }
    addresses = std::move(sorted);
}

}  // namespace siwareng::bot
