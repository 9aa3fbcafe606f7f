#include "storage/roll/publish.hpp"

#include "storage/ports.hpp"
#include "storage/roll/file_io.hpp"
#include "storage/roll/roll_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace siwareng::storage {
namespace {

[[noreturn]] void fail(errc code, const std::filesystem::path& file, std::string_view why) {
    throw store_error{code, fmt::format("{}: {}", file.string(), why)};
}

/// Versions of the office in the folder, in no order.
std::vector<std::int64_t> versions_in(const std::filesystem::path& folder,
                                      std::string_view office) {
    std::vector<std::int64_t> versions;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (const auto one = roll_format::version_of(office, entry.path().filename().native())) {
            versions.push_back(*one);
        }
    }
    return versions;
}

std::string draft_name(std::string_view office) {
    return fmt::format(".{}.roll.tmp", office);
}
std::string draft_link_name(std::string_view office) {
    return fmt::format(".{}.current.tmp", office);
}

}  // namespace

roll_publisher::roll_publisher(const std::filesystem::path& folder, std::string_view office)
    : folder_(folder), office_(office), draft_(folder / draft_name(office)) {
    if (const auto made = make_private_folders(folder_); !made) {
        fail(made.error(), folder_, "cannot make the folder");
    }
    const auto lock_name = folder_ / fmt::format(".{}.lock", office_);
    auto lock = lock_file(lock_name);
    if (!lock && lock.error() == errc::in_use) {
        fail(errc::in_use, lock_name, "another import for this office is running; wait for it");
    }
    if (!lock) fail(lock.error(), lock_name, "cannot make the lock file");
    lock_ = std::move(*lock);
    // Under the lock nobody else is writing these: they are what an import left that died.
    std::error_code ignored;
    std::filesystem::remove(draft_, ignored);
    std::filesystem::remove(folder_ / draft_link_name(office_), ignored);
    const auto versions = versions_in(folder_, office_);
    if (!versions.empty()) version_ = std::ranges::max(versions) + 1;
}

roll_publisher::~roll_publisher() {
    std::error_code ignored;
    std::filesystem::remove(draft_, ignored);
    std::filesystem::remove(folder_ / draft_link_name(office_), ignored);
}

std::filesystem::path roll_publisher::publish(int keep_versions) {
    const auto file = folder_ / roll_format::file_name(office_, version_);
    const auto link = folder_ / roll_format::link_name(office_);
    const auto draft_link = folder_ / draft_link_name(office_);
    if (::rename(draft_.c_str(), file.c_str()) != 0) file_io::throw_errno("rename", draft_);
    // The name must be durable before a link that points to it can be.
    file_io::sync(folder_);
    const bool linked = ::symlink(file.filename().c_str(), draft_link.c_str()) == 0 &&
                        ::rename(draft_link.c_str(), link.c_str()) == 0;
    if (!linked) {
        const int reason = errno;
        ::unlink(file.c_str());
        errno = reason;
        file_io::throw_errno("put the new roll in use", link);
    }
    file_io::sync(folder_);
    remove_old(keep_versions);
    return file;
}

void roll_publisher::remove_old(int keep_versions) const {
    auto versions = versions_in(folder_, office_);
    std::ranges::sort(versions, std::ranges::greater{});
    const auto keep = static_cast<std::size_t>(std::max(keep_versions, 1));
    for (std::size_t at = keep; at < versions.size(); ++at) {
        // One that cannot be removed now is tried again after the next import.
        std::error_code ignored;
        std::filesystem::remove(folder_ / roll_format::file_name(office_, versions[at]), ignored);
    }
}

}  // namespace siwareng::storage
