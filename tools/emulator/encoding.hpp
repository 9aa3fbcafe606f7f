#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace siwareng::tools {

/// Standard alphabet, padded.
std::string base64_encode(std::string_view bytes);
/// Nothing for text that is not base64.
std::optional<std::string> base64_decode(std::string_view text);
/// 32 bytes.
std::string sha256(std::string_view bytes);
std::string hex(std::string_view bytes);
/// Unicode characters in valid UTF-8: how the Cloud API counts its limits.
std::size_t characters(std::string_view text);
/// A number that looks random and is the same for the same input.
std::uint64_t mix(std::uint64_t seed, std::string_view text);

/// Message ids of the shape that Meta gives: "wamid." and the base64 of a small binary record with
/// the citizen's number and 20 hex digits. Deterministic for a seed.
class wamid_source {
  public:
    explicit wamid_source(std::uint64_t seed) : seed_(seed) {}

    /// `peer` is the citizen's number or user id.
    std::string next(std::string_view peer, bool from_citizen);

  private:
    std::uint64_t seed_;
    std::uint64_t count_ = 0;
};

}  // namespace siwareng::tools
