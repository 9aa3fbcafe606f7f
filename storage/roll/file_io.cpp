#include "storage/roll/file_io.hpp"

#include "storage/ports.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace siwareng::storage::file_io {

void throw_errno(std::string_view action, const std::filesystem::path& file) {
    const int code = errno;
    throw store_error{from_errno(code), fmt::format("{}: cannot {}: {}", file.string(), action,
                                                    std::generic_category().message(code))};
}

descriptor open_to_read(const std::filesystem::path& file) {
    descriptor result{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (result.get() < 0) throw_errno("open", file);
    return result;
}

std::size_t read_some(const descriptor& file, char* to, std::size_t size, std::string_view name) {
    for (;;) {
        const ssize_t got = ::read(file.get(), to, size);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw_errno("read", name);
    }
}

void write_all_at(const descriptor& file, std::string_view bytes, std::uint64_t offset,
                  std::string_view name) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno != EINTR) throw_errno("write", name);
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset += static_cast<std::uint64_t>(written);
        }
    }
}

void read_all_at(const descriptor& file, char* to, std::size_t size, std::uint64_t offset,
                 std::string_view name) {
    while (size > 0) {
        const ssize_t got = ::pread(file.get(), to, size, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno("read", name);
        if (got == 0) throw store_error{errc::io, fmt::format("{}: shorter than expected", name)};
        to += got;
        size -= static_cast<std::size_t>(got);
        offset += static_cast<std::uint64_t>(got);
    }
}

void sync(const std::filesystem::path& file) {
    const descriptor opened = open_to_read(file);
    if (::fsync(opened.get()) != 0) throw_errno("sync", file);
}

descriptor open_nameless(const std::filesystem::path& folder) {
    constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
    descriptor result{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, owner_only)};
    if (result.get() >= 0) return result;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) throw_errno("write to", folder);
    // A file system without nameless files (NFS, some overlays): make one and take its name away.
    std::string name = (folder / ".spill.XXXXXX").string();
    descriptor named{::mkostemp(name.data(), O_CLOEXEC)};
    if (named.get() < 0) throw_errno("write to", folder);
    if (::unlink(name.c_str()) != 0) throw_errno("remove", name);
    return named;
}

}  // namespace siwareng::storage::file_io
