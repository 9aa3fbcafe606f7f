#include "storage/sql/contacts.hpp"
#include "storage/sql/handoffs.hpp"
#include "storage/sql/inbound.hpp"
#include "storage/sql/outbox.hpp"
#include "storage/sql/parked_statuses.hpp"
#include "storage/sql/transaction.hpp"
#include "storage/store_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace siwareng::storage::sql {
namespace {

constexpr std::string_view contacts_count = "SELECT count(*) FROM contacts";

class sql_reader final : public reader {
  public:
    sql_reader(std::unique_ptr<connection> db, std::unique_ptr<snapshot> view,
               std::shared_ptr<const keyring> keys)
        : db_(std::move(db)),
          view_(std::move(view)),
          seals_(std::move(keys)),
          contacts_(*db_, seals_),
          count_contacts_(db_->prepare(contacts_count)),
          inbound_(*db_, seals_),
          outbox_(*db_, seals_),
          handoffs_(*db_),
          parked_(*db_) {}

    [[nodiscard]] store_stats stats() override {
        const shared_view view(*view_);
        store_stats result;
        result.contacts = first_integer(count_contacts_).value();
        result.inbound_failed = inbound_.count_failed();
        outbox_.count(result);
        result.handoffs_open = handoffs_.open();
        result.parked_statuses = parked_.all();
        return result;
    }

    [[nodiscard]] std::optional<contact> find_contact(std::string_view office,
                                                      const address& who) override {
        auto found = contacts_.by_address(address_lookup(seals_, office, who));
        if (!found) return std::nullopt;
        return std::move(found->who);
    }

    [[nodiscard]] std::vector<conversation_entry> conversation(contact_id who, int limit) override {
        const shared_view view(*view_);
        std::vector<conversation_entry> entries = inbound_.newest(who, limit);
        std::ranges::move(outbox_.newest(who, limit), std::back_inserter(entries));
        return last_entries(std::move(entries), limit);
    }

  private:
    /// Several statements see one state of the database.
    class shared_view {
      public:
        explicit shared_view(snapshot& view) : view_(view) { view_.begin(); }
        shared_view(const shared_view&) = delete;
        shared_view& operator=(const shared_view&) = delete;
        ~shared_view() { view_.end(); }

      private:
        snapshot& view_;
    };

    std::unique_ptr<connection> db_;
    std::unique_ptr<snapshot> view_;
    vault seals_;
    contact_lookup contacts_;
    kept count_contacts_;
    inbound_history inbound_;
    outbox_history outbox_;
    handoff_counts handoffs_;
    parked_status_counts parked_;
};

}  // namespace

std::unique_ptr<reader> create_reader(std::unique_ptr<connection> db,
                                      std::unique_ptr<snapshot> view,
                                      std::shared_ptr<const keyring> keys) {
    return std::make_unique<sql_reader>(std::move(db), std::move(view), std::move(keys));
}

}  // namespace siwareng::storage::sql
