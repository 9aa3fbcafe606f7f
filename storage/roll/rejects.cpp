#include "storage/roll/rejects.hpp"

#include "storage/roll/file_io.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace siwareng::storage {
namespace {

constexpr std::string_view header = "file,line,column,reason,row\n";

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char letter : text) {
        if (letter == '"') out += '"';
        out += letter;
    }
    out += '"';
}

}  // namespace

void append_reject(std::string& out, std::string_view file, const csv::record& row,
                   const rejection& why) {
    append_quoted(out, file);
    fmt::format_to(std::back_inserter(out), ",{},{},", row.line, why.column);
    append_quoted(out, why.reason);
    out += ',';
    append_quoted(out, row.text);
    out += '\n';
}

void rejects_file::submit(std::uint64_t sequence, std::string lines, std::int64_t rows) {
    const std::scoped_lock lock{mutex_};
    rows_ += rows;
    early_.emplace(sequence, std::move(lines));
    while (!early_.empty() && early_.begin()->first == expected_) {
        write(early_.begin()->second);
        early_.erase(early_.begin());
        ++expected_;
    }
}

void rejects_file::write(std::string_view lines) {
    if (lines.empty()) return;
    if (output_.get() < 0) {
        // An older file may have another owner or a wider mode, so it is replaced, not reused.
        if (::unlink(file_.c_str()) != 0 && errno != ENOENT) {
            file_io::throw_errno("replace", file_);
        }
        constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
        output_ = descriptor{::open(
            file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_only)};
        if (output_.get() < 0) file_io::throw_errno("write", file_);
        if (!write_all(output_.get(), header)) file_io::throw_errno("write", file_);
    }
    if (!write_all(output_.get(), lines)) file_io::throw_errno("write", file_);
}

}  // namespace siwareng::storage
