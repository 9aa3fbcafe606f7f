#include "storage/memory/tables.hpp"
#include "storage/memory/transaction.hpp"
#include "storage/ports.hpp"
#include "storage/store_rules.hpp"

#include <deque>
#include <exception>
#include <mutex>
#include <utility>

namespace siwareng::storage {
namespace {

/// The tables and what guards them. Recursive, so that a job may use a reader of its own store.
struct shared_tables {
    std::recursive_mutex mutex;
    memory::tables data;
};

class memory_reader final : public reader {
  public:
    explicit memory_reader(std::shared_ptr<shared_tables> shared) : shared_(std::move(shared)) {}

    [[nodiscard]] store_stats stats() override {
        const std::lock_guard lock(shared_->mutex);
        const memory::tables& data = shared_->data;
        store_stats result;
        result.contacts = static_cast<std::int64_t>(data.contacts.all().size());
        for (const auto& [id, row] : data.inbounds.all()) {
            if (row.state == inbound_state::failed) ++result.inbound_failed;
        }
        for (const auto& [id, row] : data.outbox.all()) {
            count(row, result);
        }
        result.handoffs_open = static_cast<std::int64_t>(data.open_handoffs.all().size());
        result.parked_statuses = static_cast<std::int64_t>(data.parked.all().size());
        return result;
    }

    [[nodiscard]] std::optional<contact> find_contact(std::string_view office,
                                                      const address& who) override {
        const std::lock_guard lock(shared_->mutex);
        const memory::tables& data = shared_->data;
        const auto* const id = data.contact_by_lookup.find(memory::lookup_key(office, who));
        if (id == nullptr) return std::nullopt;
        return memory::to_contact(*id, *data.contacts.find(*id));
    }

    [[nodiscard]] std::vector<conversation_entry> conversation(contact_id who, int limit) override {
        const std::lock_guard lock(shared_->mutex);
        const memory::tables& data = shared_->data;
        std::vector<conversation_entry> entries;
        for (auto at = data.inbounds_of.all().lower_bound({who, 0});
             at != data.inbounds_of.all().end() && at->first.first == who; ++at) {
            entries.push_back(to_entry(at->first.second, *data.inbounds.find(at->first.second)));
        }
        for (auto at = data.outbox_of.all().lower_bound({who, 0});
             at != data.outbox_of.all().end() && at->first.first == who; ++at) {
            entries.push_back(to_entry(at->first.second, *data.outbox.find(at->first.second)));
        }
        return last_entries(std::move(entries), limit);
    }

  private:
    static void count(const memory::tables::outbox_row& row, store_stats& into) {
        if (row.state == outbox_state::queued) ++into.outbox_queued;
        if (row.state == outbox_state::sending) ++into.outbox_sending;
        if (row.state == outbox_state::in_doubt) ++into.outbox_in_doubt;
        if (row.state == outbox_state::failed) ++into.outbox_failed;
        if (!is_unresolved(row.state)) return;
        const std::int64_t created_ms = row.what.created_ms;
        const bool older = into.oldest_unsent_ms == 0 || created_ms < into.oldest_unsent_ms;
        if (older) into.oldest_unsent_ms = created_ms;
    }

    static conversation_entry to_entry(inbound_id id, const memory::tables::inbound_row& row) {
        conversation_entry entry;
        entry.from_citizen = true;
        entry.id = id;
        entry.at_ms = row.what.received_ms;
        entry.type = row.what.type;
        entry.body = row.what.body;
        entry.wamid = row.what.wamid;
        entry.inbound = row.state;
        return entry;
    }

    static conversation_entry to_entry(outbox_id id, const memory::tables::outbox_row& row) {
        conversation_entry entry;
        entry.id = id;
        entry.at_ms = row.what.created_ms;
        entry.body = row.what.payload;
        entry.wamid = row.wamid;
        entry.outbox = row.state;
        entry.reply_to = row.what.reply_to;
        entry.error_code = row.error_code;
        entry.pricing_category = row.pricing_category;
        return entry;
    }

    std::shared_ptr<shared_tables> shared_;
};

class memory_store final : public store {
  public:
    explicit memory_store(std::size_t queue_jobs_max) : queue_jobs_max_(queue_jobs_max) {}

    /// Whoever finds the store idle works until the queue is empty. A job submitted meanwhile, by a
    /// job, a callback or another thread, is left to that one: no locks are held while callbacks
    /// run.
    [[nodiscard]] std::expected<void, errc> submit(job work) override {
        {
            const std::lock_guard lock(queue_mutex_);
            if (closed_) return std::unexpected(errc::closed);
            if (queue_.size() >= queue_jobs_max_) return std::unexpected(errc::queue_full);
            queue_.push_back(std::move(work));
            if (working_) return {};
            working_ = true;
        }
        while (auto next = take()) {
            const auto outcome = run_job(*next);
            // A callback that throws is a bug that nothing here could mend: it ends the program.
            [&]() noexcept { next->done(outcome); }();
        }
        return {};
    }

    [[nodiscard]] std::unique_ptr<reader> open_reader() override {
        return std::make_unique<memory_reader>(shared_);
    }

    [[nodiscard]] std::size_t queue_depth() const override {
        const std::lock_guard lock(queue_mutex_);
        return queue_.size();
    }

    void close() override {
        const std::lock_guard lock(queue_mutex_);
        closed_ = true;
    }

    /// A store in memory has no file format of its own.
    [[nodiscard]] std::expected<void, errc> backup(const std::filesystem::path&) override {
        return std::unexpected(errc::not_a_store);
    }

  private:
    std::optional<job> take() {
        const std::lock_guard lock(queue_mutex_);
        if (queue_.empty()) {
            working_ = false;
            return std::nullopt;
        }
        job next = std::move(queue_.front());
        queue_.pop_front();
        return next;
    }

    std::expected<void, errc> run_job(job& each) {
        const std::lock_guard lock(shared_->mutex);
        errc code = errc::rolled_back;
        try {
            each.work(*transaction_);
            shared_->data.log.clear();
            return {};
        } catch (const store_error& error) {
            code = error.code();
        } catch (...) {
            // The outcome says it; there is no log here to tell the words to.
            code = errc::rolled_back;
        }
        shared_->data.log.roll_back(0);
        return std::unexpected(code);
    }

    const std::size_t queue_jobs_max_;
    std::shared_ptr<shared_tables> shared_ = std::make_shared<shared_tables>();
    std::unique_ptr<transaction> transaction_ = memory::create_transaction(shared_->data);
    mutable std::mutex queue_mutex_;
    std::deque<job> queue_;
    bool working_ = false;
    bool closed_ = false;
};

}  // namespace

std::unique_ptr<store> create_memory_store(std::size_t queue_jobs_max) {
    return std::make_unique<memory_store>(queue_jobs_max);
}

}  // namespace siwareng::storage
