#include "storage/roll/row_sorter.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace siwareng::storage {
namespace {

constexpr std::size_t pending_bytes_max = std::size_t{1} << 16U;
constexpr std::uint64_t bucket_bytes_wanted = 12U << 20U;
constexpr unsigned bucket_bits_max = 10;

/// What precedes the two groups of a row in a bucket's bytes.
struct row_header {
    blind_index key;
    std::uint64_t ordinal;
    std::uint32_t answer_bytes;
    std::uint32_t record_bytes;
};

std::size_t leading_bits(const blind_index& key, unsigned bits) {
    const unsigned first = (static_cast<unsigned>(key[0]) << 8U) | key[1];
    return first >> (16U - bits);
}

}  // namespace

row_sorter::row_sorter(const std::filesystem::path& folder, std::uint64_t bytes_expected, int lanes)
    : folder_(folder), lanes_(static_cast<std::size_t>(lanes)) {
    while (bucket_bits_ < bucket_bits_max &&
           (bytes_expected >> bucket_bits_) > bucket_bytes_wanted) {
        ++bucket_bits_;
    }
    for (lane_state& lane : lanes_) {
        lane.pending.resize(buckets());
        lane.spilled.resize(buckets());
    }
}

void row_sorter::add(int lane, const sorted_row& row) {
    lane_state& state = lanes_[static_cast<std::size_t>(lane)];
    const std::size_t index = leading_bits(row.key, bucket_bits_);
    std::string& pending = state.pending[index];
    const row_header header{row.key, row.ordinal, static_cast<std::uint32_t>(row.answer.size()),
                            static_cast<std::uint32_t>(row.record.size())};
    const std::size_t size = sizeof header + row.answer.size() + row.record.size();
    if (!pending.empty() && pending.size() + size > pending_bytes_max) spill(state, index);
    pending.append(reinterpret_cast<const char*>(&header), sizeof header);
    pending += row.answer;
    pending += row.record;
}

descriptor& row_sorter::spill_file() {
    std::call_once(opened_, [this] { file_ = file_io::open_nameless(folder_); });
    return file_;
}

void row_sorter::spill(lane_state& lane, std::size_t index) {
    std::string& pending = lane.pending[index];
    const std::uint64_t offset = file_bytes_.fetch_add(pending.size());
    file_io::write_all_at(spill_file(), pending, offset, folder_.native());
    lane.spilled[index].push_back({offset, pending.size()});
    pending.clear();
}

row_sorter::bucket row_sorter::take(std::size_t index) {
    bucket result;
    std::size_t size = 0;
    for (const lane_state& lane : lanes_) {
        size += lane.pending[index].size();
        for (const extent& part : lane.spilled[index])
            size += part.size;
    }
    result.bytes.reserve(size);
    for (lane_state& lane : lanes_) {
        for (const extent& part : lane.spilled[index]) {
            const std::size_t had = result.bytes.size();
            result.bytes.resize(had + part.size);
            file_io::read_all_at(file_, result.bytes.data() + had, part.size, part.offset,
                                 folder_.native());
        }
        const std::string& pending = lane.pending[index];
        result.bytes.insert(result.bytes.end(), pending.begin(), pending.end());
        lane.pending[index] = std::string{};
    }
    const std::string_view bytes{result.bytes.data(), result.bytes.size()};
    for (std::size_t at = 0; at < bytes.size();) {
        row_header header;
        std::memcpy(&header, bytes.data() + at, sizeof header);
        at += sizeof header;
        sorted_row row{header.key, header.ordinal, bytes.substr(at, header.answer_bytes), {}};
        at += header.answer_bytes;
        row.record = bytes.substr(at, header.record_bytes);
        at += header.record_bytes;
        result.rows.push_back(row);
    }
    std::ranges::sort(result.rows, [](const sorted_row& a, const sorted_row& b) {
        const int order = std::memcmp(a.key.data(), b.key.data(), a.key.size());
        return order != 0 ? order < 0 : a.ordinal < b.ordinal;
    });
    return result;
}

}  // namespace siwareng::storage
