#pragma once

#include "storage/roll/file_io.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::storage::csv {

/// Longest record that is read as one. A quote that is never closed would otherwise swallow the
/// rest of the file.
constexpr std::size_t record_bytes_max = std::size_t{1} << 16U;

/// One record as it stands in the file, without its line end, and where it starts.
struct record {
    std::string_view text;
    std::uint64_t line = 0;  ///< from 1, as an editor counts
};

/// Whole records, in the order of the file.
struct block {
    std::uint64_t sequence = 0;  ///< from 0, without gaps
    std::string text;            ///< owns what the records point into
    std::vector<record> records;
};

/// Which field of a file holds which wanted column.
struct layout {
    char delimiter = ',';
    std::size_t fields = 0;             ///< of every record
    std::vector<std::size_t> field_of;  ///< for each wanted column
    std::vector<std::string> ignored;   ///< columns that nobody asked for
};

/// Finds delimiter and columns in a header. Names are compared without case, spaces around them,
/// and quotes. Error: what is wrong, with the nearest present name for a missing column.
std::expected<layout, std::string> detect_layout(std::string_view header,
                                                 std::span<const std::string_view> wanted);

/// Why a record cannot be split.
enum class split_error : std::uint8_t {
    none,
    unclosed_quote,    ///< a quoted field does not end within the record
    text_after_quote,  ///< something other than a delimiter follows a closing quote
};

/// The fields of a record, quotes resolved as RFC 4180 has them. A quote is special only at the
/// start of a field. The fields point into the record or into `scratch`.
split_error split(std::string_view record, char delimiter, std::vector<std::string_view>& fields,
                  std::string& scratch);

/// True if the bytes are well-formed UTF-8.
bool is_utf8(std::string_view text);

/// Reads a file in blocks of whole records. `next` may be called from any thread; the rest is for
/// the thread that opened it, before.
class source {
  public:
    /// Throws store_error (not_found, io).
    explicit source(const std::filesystem::path& file);

    /// The first line without byte order mark and line end. Error: what kind of file this is
    /// instead, where that can be told.
    std::expected<std::string, std::string> read_header();
    /// Must be set before the first `next`: a quote opens a field only behind a delimiter.
    void set_delimiter(char delimiter) { delimiter_ = delimiter; }

    /// Fills `out`; false at the end of the file. `bytes_read` is the position in the file so far.
    /// Throws store_error when reading fails or a line has no end (bad_input).
    bool next(block& out, std::uint64_t& bytes_read);

    /// Makes every later `next` say that the file has ended: one reader has failed, the others
    /// need not go on. Any thread.
    void stop() { stopped_ = true; }

    /// The size of the file when it was opened.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  private:
    bool fill(std::string& text);
    std::size_t take_records(block& out, bool at_end);

    std::string name_;
    descriptor file_;
    std::uint64_t bytes_ = 0;
    std::mutex mutex_;
    std::string carry_;  ///< bytes read that belong to the next block
    std::uint64_t position_ = 0;
    std::uint64_t line_ = 1;
    std::uint64_t sequence_ = 0;
    bool end_of_file_ = false;
    std::atomic<bool> stopped_ = false;
    char delimiter_ = ',';
};

}  // namespace siwareng::storage::csv
