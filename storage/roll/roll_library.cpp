#include "storage/roll/roll.hpp"
#include "storage/roll/roll_format.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace siwareng::storage {
namespace {

/// Tells one file from another that later took its name.
struct file_identity {
    dev_t device = 0;
    ino_t number = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const file_identity&) const = default;
};

class folder_library final : public roll_library {
  public:
    folder_library(std::filesystem::path folder, std::shared_ptr<const keyring> keys)
        : folder_(std::move(folder)), keys_(std::move(keys)) {}

    [[nodiscard]] std::shared_ptr<const roll> current(std::string_view office) const override {
        const std::shared_lock lock{mutex_};
        const auto found = offices_.find(office);
        return found == offices_.end() ? nullptr : found->second.open;
    }

    std::vector<std::string> refresh(const std::vector<std::string>& offices) override {
        // One refresh at a time; look-ups go on meanwhile, on what is open.
        const std::scoped_lock one_at_a_time{refreshing_};
        std::vector<std::string> problems;
        for (const std::string& office : offices) {
            std::string problem = refresh_one(office);
            std::string& last = reported_[office];
            // The same problem each second would fill the log.
            if (!problem.empty() && problem != last) problems.push_back(problem);
            last = std::move(problem);
        }
        return problems;
    }

  private:
    struct office_state {
        std::shared_ptr<const roll> open;
        file_identity identity;
    };

    std::string refresh_one(const std::string& office) {
        if (!roll_format::is_office_name(office)) return "the id of an office is no file name";
        const auto link = folder_ / roll_format::link_name(office);
        std::error_code failed;
        const auto target = std::filesystem::read_symlink(link, failed);
        if (failed == std::errc::no_such_file_or_directory) return no_link(office, link);
        if (failed) return fmt::format("{}: {}", link.string(), failed.message());
        // Never follow a link out of the folder.
        if (!roll_format::version_of(office, target.native())) {
            return fmt::format("{}: points to something that is no roll", link.string());
        }
        struct stat facts{};
        const auto file = folder_ / target;
        if (::stat(file.c_str(), &facts) != 0) {
            return fmt::format("{}: {}", file.string(), std::generic_category().message(errno));
        }
        const file_identity identity{
            facts.st_dev, facts.st_ino,
            std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
        {
            const std::shared_lock lock{mutex_};
            const auto found = offices_.find(office);
            if (found != offices_.end() && found->second.identity == identity) return {};
        }
        auto opened = open_roll(file, office, keys_);
        if (!opened) return std::move(opened.error().message);
        const std::unique_lock lock{mutex_};
        offices_[office] = {std::move(*opened), identity};
        return {};
    }

    /// An office without a roll is no problem; one that had a roll is.
    std::string no_link(const std::string& office, const std::filesystem::path& link) const {
        if (!current(office)) return {};
        return fmt::format("{}: is gone; the roll that is open stays in use", link.string());
    }

    std::filesystem::path folder_;
    std::shared_ptr<const keyring> keys_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, office_state, std::less<>> offices_;
    std::mutex refreshing_;
    std::map<std::string, std::string> reported_;
};

}  // namespace

std::unique_ptr<roll_library> open_roll_library(std::filesystem::path folder,
                                                std::shared_ptr<const keyring> keys) {
    return std::make_unique<folder_library>(std::move(folder), std::move(keys));
}

}  // namespace siwareng::storage
