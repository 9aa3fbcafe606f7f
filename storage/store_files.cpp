#include "storage/store_files.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace siwareng::storage {

descriptor::descriptor(descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
    // What was held before is closed here and now, not when `other` goes.
    descriptor taken(std::move(other));
    std::swap(value_, taken.value_);
    return *this;
}

descriptor::~descriptor() {
    if (value_ >= 0) ::close(value_);
}

errc from_errno(int code) {
    switch (code) {
        case ENOENT:
        case ENOTDIR:
            return errc::not_found;
        case EEXIST:
            return errc::exists;
        case ENOSPC:
        case EFBIG:
        case EDQUOT:
            return errc::disk_full;
        case EROFS:
        case EACCES:
        case EPERM:
            return errc::read_only;
        default:
            return errc::io;
    }
}

std::expected<void, errc> make_private_folders(const std::filesystem::path& folder) {
    std::error_code failed;
    if (folder.empty() || std::filesystem::is_directory(folder, failed)) return {};
    if (folder.has_parent_path() && folder.parent_path() != folder) {
        if (auto made = make_private_folders(folder.parent_path()); !made) return made;
    }
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return std::unexpected(from_errno(errno));
    }
    return {};
}

std::expected<descriptor, errc> make_private_file(const std::filesystem::path& file) {
    descriptor opened(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (opened.get() < 0) return std::unexpected(from_errno(errno));
    return opened;
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ::ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void sync_folder_of(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.parent_path();
    const descriptor opened(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() >= 0) ::fsync(opened.get());
}

std::expected<descriptor, errc> lock_file(const std::filesystem::path& file) {
    descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (opened.get() < 0) return std::unexpected(from_errno(errno));
    // flock belongs to this open file, so a second open of the same process is refused as well.
    while (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        return std::unexpected(errno == EWOULDBLOCK ? errc::in_use : from_errno(errno));
    }
    return opened;
}

}  // namespace siwareng::storage
