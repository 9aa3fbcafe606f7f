#pragma once

#include "storage/roll/roll.hpp"
#include "storage/seal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace siwareng::storage {

/// The key under which all rows of a NIK are found.
blind_index roll_key(const keyring& keys, std::string_view nik);

/// Where a sealed group belongs: its kind, the office and the row's key. Authenticated with the
/// group, so that someone who can write the file but lacks the key cannot give one voter the row
/// of another. Reuses memory; not for sharing between threads.
class seal_places {
  public:
    explicit seal_places(std::string_view office);
    /// For what a status check may read.
    std::string_view answer(const blind_index& key) { return fill(answer_, key); }
    /// For the whole record.
    std::string_view record(const blind_index& key) { return fill(record_, key); }

  private:
    static std::string_view fill(std::string& place, const blind_index& key);
    std::string answer_;
    std::string record_;
};

/// The two groups of a row as text to be sealed; `out` is replaced.
void encode_answer(const voter& from, std::string& out);
void encode_record(const voter& from, std::string& out);

/// Nothing if the text was not made by the functions above.
std::optional<voter_answer> decode_answer(std::string_view text);
std::optional<voter> decode_record(std::string_view text);

}  // namespace siwareng::storage
