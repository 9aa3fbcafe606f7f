#pragma once

#include "storage/errc.hpp"

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace siwareng::storage {

/// A keyed hash that finds a row by a secret value without storing it: the first 16 bytes of keyed
/// BLAKE2b-256.
using blind_index = std::array<std::uint8_t, 16>;

/// Seals personal data and makes blind indexes. Immutable; safe from any thread.
/// Cipher: XChaCha20-Poly1305 (libsodium) with a random nonce; format `version(1) nonce(24)
/// ciphertext tag(16)`; the place ("outbox.payload") is authenticated with it, so that sealed text
/// cannot be moved to another column. Keys: one 32-byte master key in a file; a subkey each for
/// sealing and for indexes.
class keyring {
  public:
    virtual ~keyring() = default;
    keyring() = default;
    keyring(const keyring&) = delete;
    keyring& operator=(const keyring&) = delete;

    [[nodiscard]] virtual std::string seal(std::string_view place,
                                           std::string_view plain) const = 0;
    [[nodiscard]] virtual std::expected<std::string, errc> open(std::string_view place,
                                                                std::string_view sealed) const = 0;
    /// Equal values in the same `domain` give equal indexes; different domains never do.
    [[nodiscard]] virtual blind_index blind(std::string_view domain,
                                            std::string_view value) const = 0;
    /// A fixed public value of this key, stored in each database: tells a wrong key at start.
    [[nodiscard]] virtual std::string fingerprint() const = 0;
};

/// Writes a new random key, mode 0600, one line of hex behind a header line. Never overwrites
/// (errc::exists); makes missing parent folders with mode 0700.
std::expected<void, errc> create_key_file(const std::filesystem::path& file);

/// Refuses a missing (not_found), damaged, or group- or world-readable key file (bad_key_file).
std::expected<std::unique_ptr<keyring>, errc> load_keyring(const std::filesystem::path& file);

/// A keyring over a given 32-byte master key: for tests and for stores that live in memory only.
std::unique_ptr<keyring> create_keyring(const std::array<std::uint8_t, 32>& master);

/// The same with a random key that is lost with the process.
std::unique_ptr<keyring> create_random_keyring();

}  // namespace siwareng::storage
