#pragma once

#include "storage/roll/csv.hpp"
#include "storage/roll/rules.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace siwareng::storage {

/// Appends one line of the rejects file: file, line, column, reason and the row as it stood.
void append_reject(std::string& out, std::string_view file, const csv::record& row,
                   const rejection& why);

/// The file of rejected rows. It holds personal data: mode 0600. Made with the first row that is
/// rejected; an older one of that name is replaced then.
class rejects_file {
  public:
    explicit rejects_file(std::filesystem::path file) : file_(std::move(file)) {}

    /// Takes the lines of one block; blocks may come from any thread and in any order, the file has
    /// them in theirs. Every sequence number must come once, from 0. Throws store_error.
    void submit(std::uint64_t sequence, std::string lines, std::int64_t rows);
    /// Begins the next input file: sequence numbers start again.
    void next_input() { expected_ = 0; }

    [[nodiscard]] std::int64_t rows() const { return rows_; }

  private:
    void write(std::string_view lines);

    std::filesystem::path file_;
    std::mutex mutex_;
    descriptor output_;
    std::uint64_t expected_ = 0;
    std::map<std::uint64_t, std::string> early_;
    std::int64_t rows_ = 0;
};

}  // namespace siwareng::storage
