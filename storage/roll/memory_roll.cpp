#include "storage/roll/roll.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace siwareng::storage {
namespace {

class memory_roll final : public roll {
  public:
    memory_roll(std::string office, std::vector<voter> voters,
                std::vector<polling_station> stations) {
        info_.office = std::move(office);
        info_.version = 1;
        info_.voters = static_cast<std::int64_t>(voters.size());
        for (voter& one : voters) {
            std::string nik = one.nik;
            voters_[std::move(nik)].push_back(std::move(one));
        }
        for (polling_station& one : stations) {
            std::pair key{one.region, one.number};
            stations_.insert_or_assign(std::move(key), std::move(one));
        }
        info_.stations = static_cast<std::int64_t>(stations_.size());
    }

    [[nodiscard]] std::vector<voter_answer> find_by_nik(std::string_view nik) const override {
        std::vector<voter_answer> answers;
        for (const voter& one : load_by_nik(nik)) {
            answers.push_back({one.name, one.region, one.tps, one.status});
        }
        return answers;
    }

    [[nodiscard]] std::vector<voter> load_by_nik(std::string_view nik) const override {
        const auto found = voters_.find(nik);
        return found == voters_.end() ? std::vector<voter>{} : found->second;
    }

    [[nodiscard]] std::optional<polling_station> station(std::string_view region,
                                                         int number) const override {
        const auto found = stations_.find({std::string{region}, number});
        if (found == stations_.end()) return std::nullopt;
        return found->second;
    }

    [[nodiscard]] const roll_info& info() const override { return info_; }

  private:
    roll_info info_;
    std::map<std::string, std::vector<voter>, std::less<>> voters_;
    std::map<std::pair<std::string, int>, polling_station> stations_;
};

class memory_library final : public roll_library {
  public:
    explicit memory_library(std::shared_ptr<const roll> only) : only_(std::move(only)) {}

    [[nodiscard]] std::shared_ptr<const roll> current(std::string_view office) const override {
        return office == only_->info().office ? only_ : nullptr;
    }

    std::vector<std::string> refresh(const std::vector<std::string>& /*offices*/) override {
        return {};
    }

  private:
    std::shared_ptr<const roll> only_;
};

}  // namespace

std::unique_ptr<roll_library> create_memory_roll_library(std::string office,
                                                         std::vector<voter> voters,
                                                         std::vector<polling_station> stations) {
    return std::make_unique<memory_library>(std::make_shared<const memory_roll>(
        std::move(office), std::move(voters), std::move(stations)));
}

}  // namespace siwareng::storage
