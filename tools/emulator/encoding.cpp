#include "tools/emulator/encoding.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace siwareng::tools {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint64_t scramble(std::uint64_t value) {
    // splitmix64, public domain.
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            const std::uint32_t byte =
                i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
            group = (group << 8U) | byte;
        }
        const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
        for (std::size_t k = 0; k < 4; ++k) {
            out += k < digits ? alphabet[(group >> (18U - 6U * k)) & 63U] : '=';
        }
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    while (text.ends_with('='))
        text.remove_suffix(1);
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = ((held << 6U) | static_cast<std::uint32_t>(digit)) & 0xffffU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((held >> bits) & 0xffU);
        }
    }
    if (bits >= 6) return std::nullopt;
    return out;
}

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL could not compute a SHA-256");
    }
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::uint64_t mix(std::uint64_t seed, std::string_view text) {
    std::uint64_t value = scramble(seed);
    for (const char c : text)
        value = scramble(value ^ static_cast<unsigned char>(c));
    return value;
}

std::string wamid_source::next(std::string_view peer, bool from_citizen) {
    const std::uint64_t number = scramble(seed_ ^ scramble(++count_));
    const std::string token =
        fmt::format("{:016X}{:04X}", number, static_cast<unsigned>(count_ & 0xffffU));
    const std::string_view kept = peer.substr(0, 40);
    std::string record{'\x1c', '\x18'};
    record += static_cast<char>(kept.size());
    record += kept;
    record += from_citizen ? std::string{'\x15', '\x02', '\0', '\x12', '\x18'}
                           : std::string{'\x15', '\x02', '\0', '\x11', '\x18'};
    record += static_cast<char>(token.size());
    record += token;
    record += '\0';
    return "wamid." + base64_encode(record);
}

}  // namespace siwareng::tools
