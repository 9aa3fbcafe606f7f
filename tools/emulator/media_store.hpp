#pragma once

#include "tools/emulator/graph_error.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::tools {

/// A file that the business uploaded or a citizen sent.
struct media_file {
    std::string id = {};
    std::string mime_type = {};
    std::string filename = {};
    std::string bytes = {};
    std::string digest = {};  ///< SHA-256, binary
    std::int64_t created_ms = 0;
    bool from_citizen = false;
};

/// "image", "video", "audio", "sticker" or "document", by MIME type.
std::string_view media_kind(std::string_view mime_type);

/// Refuses types and sizes that the Cloud API does not take for upload.
std::expected<void, graph_error> check_upload(std::string_view mime_type, std::size_t bytes);

/// Files in memory. Uploads live for 30 days, files of citizens for 7, download addresses for 5
/// minutes; beyond `bytes_max` in all the oldest go first.
class media_store {
  public:
    media_store(std::uint64_t seed, std::size_t bytes_max) : seed_(seed), bytes_max_(bytes_max) {}

    const media_file& add(media_file file, std::int64_t now_ms);
    /// Null where unknown or expired.
    const media_file* find(std::string_view id, std::int64_t now_ms);
    bool remove(std::string_view id);
    [[nodiscard]] std::size_t size() const { return files_.size(); }

    /// Path and query of a download address that is good from now on for 5 minutes.
    [[nodiscard]] std::string download_target(std::string_view id, std::int64_t now_ms) const;
    /// The file of an address, null where the address is wrong or over.
    const media_file* open(std::string_view id, std::string_view expires, std::string_view hash,
                           std::int64_t now_ms);

  private:
    [[nodiscard]] std::string hash_of(std::string_view id, std::string_view expires) const;

    std::uint64_t seed_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::uint64_t count_ = 0;
    std::map<std::string, media_file, std::less<>> files_;
    std::deque<std::string> order_;
};

/// One part of a multipart/form-data body; views into it.
struct form_part {
    std::string name;
    std::string filename;
    std::string content_type;
    std::string_view data;
};

/// The parts of a body, or an error text.
std::expected<std::vector<form_part>, std::string> read_form(std::string_view content_type,
                                                             std::string_view body);

}  // namespace siwareng::tools
