#include "bot/webhook/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>

namespace siwareng::bot {
namespace {

constexpr std::size_t digest_bytes = 32;
constexpr std::string_view header_prefix = "sha256=";
constexpr std::size_t header_bytes = header_prefix.size() + 2 * digest_bytes;

using digest = std::array<unsigned char, digest_bytes>;

struct mac_context_deleter {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using mac_context = std::unique_ptr<EVP_MAC_CTX, mac_context_deleter>;

/// HMAC-SHA256 without a key yet. Looking the algorithms up costs more than hashing a typical
/// webhook, so that a context is kept and given a new key for each use.
mac_context make_context() {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
        EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), &EVP_MAC_free);
    mac_context context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    std::array<char, 7> name{"SHA256"};
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_CTX_set_params(context.get(), params.data()) != 1) {
        throw std::runtime_error("OpenSSL has no HMAC-SHA256");
    }
    return context;
}

digest hmac_sha256(std::string_view body, std::string_view secret) {
    thread_local const mac_context context = make_context();
    // A null key would mean "the key of the last use".
    const char* const key = secret.empty() ? "" : secret.data();
    digest result{};
    std::size_t written = 0;
    if (EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key), secret.size(),
                     nullptr) != 1 ||
        EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(body.data()),
                       body.size()) != 1 ||
        EVP_MAC_final(context.get(), result.data(), &written, result.size()) != 1 ||
        written != result.size()) {
        throw std::runtime_error("OpenSSL could not compute an HMAC-SHA256");
    }
    return result;
}

/// The value of a lowercase hex digit, or -1. Meta writes lowercase only.
int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/// Reads a whole header; false unless it has exactly Meta's form. The header is the sender's own
/// word, so nothing about it needs constant time.
bool read_header(std::string_view header, digest& claimed) {
    if (header.size() != header_bytes || !header.starts_with(header_prefix)) return false;
    const std::string_view hex = header.substr(header_prefix.size());
    for (std::size_t i = 0; i < claimed.size(); ++i) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        claimed[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return true;
}

}  // namespace

std::string sign_body(std::string_view body, std::string_view secret) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string header(header_prefix);
    header.reserve(header_bytes);
    for (const unsigned char byte : hmac_sha256(body, secret)) {
        header += digits[byte >> 4U];
        header += digits[byte & 15U];
    }
    return header;
}

bool verify_signature(std::string_view header, std::string_view body,
                      const std::vector<std::string>& secrets) {
    digest claimed{};
    if (!read_header(header, claimed)) return false;
    bool matches = false;
    // Every secret is tried, so that the time does not tell which one it was.
    for (const std::string& secret : secrets) {
        if (secret.empty()) continue;
        const digest expected = hmac_sha256(body, secret);
        const bool equal = CRYPTO_memcmp(expected.data(), claimed.data(), claimed.size()) == 0;
        matches = matches || equal;
    }
    return matches;
}

}  // namespace siwareng::bot
