#pragma once

#include "storage/errc.hpp"
#include "storage/seal.hpp"
#include "storage/types.hpp"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::storage {

/// What a job may do. Lives only inside the job, on the writer's thread. Every call throws
/// `store_error` when the database fails; the job is then rolled back. Text marked sealed in
/// types.hpp is sealed here: callers hand over and receive plain text.
class transaction {
  public:
    virtual ~transaction() = default;
    transaction() = default;
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    /// Runs `body` under a savepoint of its own. What it throws is thrown on, after everything that
    /// it wrote was rolled back.
    virtual void with_savepoint(const std::function<void()>& body) = 0;

    // --- receiving -------------------------------------------------------------------------

    /// Keeps one webhook body (sealed) for the raw retention. False if the same bytes are kept.
    virtual bool keep_raw(std::string_view body, std::int64_t received_ms) = 0;

    /// The contact that has one of these addresses, made if none has. Addresses that it lacks are
    /// added. Where the addresses belong to several contacts, those are one person (Meta names them
    /// together): the oldest keeps everything, the others are merged into it; a session, a name or
    /// a later window that only another one has is taken over. The last given address of a kind is
    /// the one to send to from now on, so {before..., after...} tells of a changed number. Returns
    /// the addresses by kind, within a kind the one to send to first. Empty addresses: bug.
    virtual contact resolve_contact(std::string_view office, const std::vector<address>& addresses,
                                    std::string_view profile_name, std::int64_t now_ms) = 0;

    /// Inserts the row, or nothing if (phone_number_id, wamid) is known: a redelivery.
    virtual std::optional<inbound_id> insert_inbound(contact_id who, const inbound& what,
                                                     inbound_state state) = 0;
    /// errc::not_found for an unknown message.
    virtual void set_inbound_state(inbound_id id, inbound_state state) = 0;

    /// Saves the session after a turn and moves the window forward (never back); also lifts
    /// `blocked` where `window_until_ms` moved. Before `enqueue`, as the item of a reply carries
    /// the window. errc::not_found for an unknown contact.
    virtual void save_turn(contact_id who, std::string_view session,
                           std::int64_t window_until_ms) = 0;
    /// The contact by id; nothing if unknown (merged away or erased).
    virtual std::optional<contact> load_contact(contact_id who) = 0;

    // --- operations ------------------------------------------------------------------------

    /// Counts one more in the current window and returns the count including it. A window begins
    /// with its first count and lasts `window_ms`.
    virtual std::int64_t count_up(std::string_view office, const throttle_key& key,
                                  std::int64_t now_ms) = 0;
    /// The count in the current window, unchanged.
    virtual std::int64_t count(std::string_view office, const throttle_key& key,
                               std::int64_t now_ms) = 0;
    /// Opens a handoff, or refreshes the topic of the one that is open. True if it is new.
    virtual bool open_handoff(contact_id who, std::string_view topic, std::int64_t now_ms) = 0;
    virtual void close_handoff(contact_id who, std::int64_t now_ms) = 0;

    /// One timer a contact; a later one replaces it.
    virtual void set_timer(contact_id who, std::int64_t due_ms, std::uint64_t wait_seq) = 0;
    virtual void clear_timer(contact_id who) = 0;
    /// Removes and returns at most `limit` due timers, oldest first.
    virtual std::vector<due_timer> take_due_timers(std::int64_t now_ms, int limit) = 0;

    // --- sending ---------------------------------------------------------------------------

    /// Adds a message. With `dispatch` and no earlier unresolved message for the contact, the row
    /// starts as `sending` and is returned: hand it to the sender after the commit. Otherwise (also
    /// for a blocked contact) it waits as `queued` and nothing is returned. errc::constraint for a
    /// second reply to the same message and for an unknown contact.
    virtual std::optional<outbox_item> enqueue(const outbound& what, bool dispatch) = 0;

    /// Claims (`sending`) at most `limit` due rows, one a contact, officer lane first, then oldest;
    /// never one whose contact is blocked or has an earlier row that is unresolved (queued,
    /// sending, in doubt).
    virtual std::vector<outbox_item> claim_due(std::int64_t now_ms, int limit) = 0;

    /// The API accepted the message: sets wamid, applies parked statuses, and claims the contact's
    /// next queued row if it is due. A row that is already further (a status came first) keeps its
    /// state.
    virtual std::optional<outbox_item> record_accepted(outbox_id id, std::string_view wamid,
                                                       std::int64_t now_ms) = 0;
    /// The API refused it, or it was surely never sent: due again at `at_ms`. Counts an attempt.
    virtual void record_retry(outbox_id id, int error_code, std::int64_t at_ms) = 0;
    /// It will not be sent again. Claims the contact's next queued row if it is due.
    virtual std::optional<outbox_item> record_failed(outbox_id id, int error_code,
                                                     std::int64_t now_ms) = 0;
    /// Nobody knows whether it was accepted. Counts an attempt, so that repeats are bounded.
    virtual void record_in_doubt(outbox_id id, std::int64_t until_ms) = 0;
    /// Gives claimed rows back unsent (shutdown, stopped channel); no attempt is counted.
    virtual void release(const std::vector<outbox_id>& ids, std::int64_t at_ms) = 0;

    /// At start: every row left `sending` by the last process is in doubt until then, as above.
    virtual int recover_sending(std::int64_t until_ms) = 0;
    /// Rows in doubt whose time is up become queued, due now. Returns how many.
    virtual int expire_doubts(std::int64_t now_ms) = 0;

    /// Statuses only move forward. A status proves acceptance: it resolves a row in doubt (found by
    /// outbox id, else by wamid). `next` receives the contact's next row if this released it. The
    /// first pricing of a message is kept, whatever the outcome.
    virtual status_outcome apply_status(const status_update& update, std::int64_t now_ms,
                                        std::optional<outbox_item>& next) = 0;

    /// No free-form message can reach the contact (131026 ...), until they write again.
    virtual void block_contact(contact_id who) = 0;

    // --- upkeep ----------------------------------------------------------------------------

    /// Deletes at most `limit` rows that are past their retention; returns how many.
    virtual int purge(const retention& keep, std::int64_t now_ms, int limit) = 0;
};

/// One unit of work: all or nothing.
struct job {
    /// Runs on the writer's thread. What it throws rolls this job back, not its neighbours.
    std::move_only_function<void(transaction&)> work;
    /// Called on the writer's thread once the outcome is durable or final; must not block or throw.
    std::move_only_function<void(std::expected<void, errc>)> done;
};

/// Reads on a snapshot, from any thread; never delays the writer. Every call throws `store_error`
/// when the database fails.
class reader {
  public:
    virtual ~reader() = default;
    reader() = default;
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    [[nodiscard]] virtual store_stats stats() = 0;
    [[nodiscard]] virtual std::optional<contact> find_contact(std::string_view office,
                                                              const address& who) = 0;
    /// The last `limit` entries, oldest first.
    [[nodiscard]] virtual std::vector<conversation_entry> conversation(contact_id who,
                                                                       int limit) = 0;
};

/// A durable store. Safe from any thread.
class store {
  public:
    virtual ~store() = default;
    store() = default;
    store(const store&) = delete;
    store& operator=(const store&) = delete;

    /// Queues a job. queue_full or closed: `done` is not called.
    [[nodiscard]] virtual std::expected<void, errc> submit(job work) = 0;
    /// Submits and waits for the outcome. Not from the writer's thread.
    std::expected<void, errc> run(std::move_only_function<void(transaction&)> work);

    /// A reader of its own; cheap, one a thread. Throws store_error where the file cannot be read.
    [[nodiscard]] virtual std::unique_ptr<reader> open_reader() = 0;
    /// Jobs waiting now.
    [[nodiscard]] virtual std::size_t queue_depth() const = 0;
    /// Finishes what is queued, refuses what comes, stops the writer. Idempotent.
    virtual void close() = 0;
    /// A consistent copy while the store is in use. Never overwrites (errc::exists).
    [[nodiscard]] virtual std::expected<void, errc> backup(const std::filesystem::path& to) = 0;
};

/// A database failure, as a job sees it.
class store_error : public std::exception {
  public:
    store_error(errc code, std::string detail) : code_(code), detail_(std::move(detail)) {}
    [[nodiscard]] errc code() const { return code_; }
    /// SQLite's message: never holds personal data, as no value is ever part of a statement.
    [[nodiscard]] const char* what() const noexcept override { return detail_.c_str(); }

  private:
    errc code_;
    std::string detail_;
};

/// Observes the writer, for metrics and the log. Called on the writer's thread; each may be empty.
struct writer_observer {
    /// After each batch that became durable. `commit_us` is 0 without `clock_us`.
    std::function<void(std::size_t jobs, std::int64_t commit_us)> on_commit{};
    /// Why a job, a batch or a checkpoint failed: the words of SQLite or of the exception.
    std::function<void(errc code, std::string_view detail)> on_error{};
    /// A monotonic clock in microseconds, to time commits with.
    std::function<std::int64_t()> clock_us{};
};

/// Which file, and the writer's limits.
struct sqlite_options {
    std::filesystem::path file{};
    std::size_t queue_jobs_max = 4096;
    std::size_t batch_jobs_max = 256;
    /// The log is copied into the database when it holds this many pages of 4 KiB.
    int checkpoint_pages = 4096;
    /// Pages that the file may have; what would need more gets errc::disk_full. 0: no limit.
    std::int64_t pages_max = 0;
    writer_observer observer{};
};

/// Makes the database file with the newest schema, mode 0600, and missing folders above it. Never
/// overwrites (errc::exists).
std::expected<void, errc> create_sqlite_database(const std::filesystem::path& file,
                                                 const keyring& keys);

/// Opens an existing database, migrates it to the newest schema, starts the writer thread. A lock
/// on FILE.lock keeps a second store, here or in another process, from writing (errc::in_use). Also
/// not_found, read_only, not_a_store, newer_schema, wrong_key, corrupt.
std::expected<std::unique_ptr<store>, errc> open_sqlite_store(const sqlite_options& options,
                                                              std::shared_ptr<const keyring> keys);

/// The same copy from another process, through a read-only connection: for `siwareng backup`. Never
/// overwrites (errc::exists).
std::expected<void, errc> backup_sqlite_database(const std::filesystem::path& file,
                                                 const std::filesystem::path& to);

/// A store in memory with the same behaviour, jobs run inside `submit` on the caller's thread.
/// For tests, `siwareng chat` and the simulation's model.
std::unique_ptr<store> create_memory_store(std::size_t queue_jobs_max = 4096);

}  // namespace siwareng::storage
