#pragma once

#include "storage/roll/file_io.hpp"
#include "storage/seal.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::storage {

/// A row on its way into the file: sealed, so that what is spilled to disk is no personal data.
struct sorted_row {
    blind_index key{};
    std::uint64_t ordinal = 0;  ///< order among rows of the same key
    std::string_view answer;
    std::string_view record;
};

/// Sorts rows by key in bounded memory. Keys are hashes and so spread evenly: a row goes into the
/// bucket of its first bits, buckets spill to a nameless file, and each is small enough to be
/// sorted in memory. Memory: 64 KiB a bucket and lane, plus two buckets (about 12 MiB each) while
/// reading.
class row_sorter {
  public:
    /// Expects about that many bytes of rows; more only makes buckets larger.
    row_sorter(const std::filesystem::path& folder, std::uint64_t bytes_expected, int lanes);

    /// Adds a row. One thread a lane. Throws store_error.
    void add(int lane, const sorted_row& row);

    /// How many buckets there are; bucket 0 has the lowest keys.
    [[nodiscard]] std::size_t buckets() const { return std::size_t{1} << bucket_bits_; }

    /// The rows of one bucket in order of (key, ordinal), and the bytes they point into.
    struct bucket {
        std::vector<char> bytes;
        std::vector<sorted_row> rows;
    };
    /// After the last `add`; frees what the lanes still hold of it, so once a bucket. Different
    /// buckets may be taken by different threads. Throws store_error.
    bucket take(std::size_t index);

  private:
    struct extent {
        std::uint64_t offset = 0;
        std::size_t size = 0;
    };
    struct lane_state {
        std::vector<std::string> pending;          ///< by bucket
        std::vector<std::vector<extent>> spilled;  ///< by bucket
    };

    void spill(lane_state& lane, std::size_t index);
    descriptor& spill_file();

    std::filesystem::path folder_;
    unsigned bucket_bits_ = 0;
    std::vector<lane_state> lanes_;
    std::once_flag opened_;
    descriptor file_;
    std::atomic<std::uint64_t> file_bytes_ = 0;
};

}  // namespace siwareng::storage
