#pragma once

#include "storage/ports.hpp"
#include "tests/storage/temp_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace siwareng::storage {

/// How gtest prints it.
inline std::ostream& operator<<(std::ostream& out, errc value) {
    return out << to_string(value);
}

}  // namespace siwareng::storage

namespace siwareng::tests {

inline constexpr std::int64_t minute_ms = 60'000;
inline constexpr std::int64_t hour_ms = 60 * minute_ms;
inline constexpr std::int64_t day_ms = 24 * hour_ms;
/// 2026-11-21, when nothing special happens.
inline constexpr std::int64_t start_ms = 1'795'219'200'000;
inline constexpr const char* office = "tangerang";
inline constexpr const char* number = "106540352242922";

inline storage::address phone(std::string value) {
    return {storage::address_kind::phone, std::move(value)};
}

inline storage::address bsuid(std::string value) {
    return {storage::address_kind::bsuid, std::move(value)};
}

inline storage::inbound message(std::string wamid, std::string body = "cek") {
    return {.office = office,
            .phone_number_id = number,
            .wamid = std::move(wamid),
            .type = "text",
            .body = std::move(body),
            .sent_ms = start_ms,
            .received_ms = start_ms};
}

inline storage::status_update status(std::string wamid, storage::outbox_state state) {
    storage::status_update update;
    update.office = office;
    update.wamid = std::move(wamid);
    update.state = state;
    update.at_ms = start_ms;
    return update;
}

/// A keyring that is the same in every process.
inline std::shared_ptr<const storage::keyring> test_keys(std::uint8_t fill = 7) {
    std::array<std::uint8_t, 32> master{};
    master.fill(fill);
    return storage::create_keyring(master);
}

/// A new SQLite store in the folder, with test_keys.
inline std::unique_ptr<storage::store> make_sqlite_store(const std::filesystem::path& file) {
    const auto keys = test_keys();
    if (!storage::create_sqlite_database(file, *keys)) return nullptr;
    storage::sqlite_options options;
    options.file = file;
    auto opened = storage::open_sqlite_store(options, keys);
    return opened ? std::move(*opened) : nullptr;
}

enum class store_kind : std::uint8_t { sqlite, memory };

/// Every store keeps the same promises: tests of this fixture run on each.
class any_store : public testing::TestWithParam<store_kind> {
  protected:
    void SetUp() override {
        if (GetParam() == store_kind::memory) {
            store_ = storage::create_memory_store();
        } else {
            store_ = make_sqlite_store(folder_.path() / "test.db");
        }
        ASSERT_TRUE(store_);
        reader_ = store_->open_reader();
    }

    /// Runs a job that must succeed.
    void run(std::move_only_function<void(storage::transaction&)> work) {
        const auto outcome = store_->run(std::move(work));
        ASSERT_TRUE(outcome) << to_string(outcome.error());
    }

    /// Runs a job that must succeed and returns what it returns.
    template <typename result_type>
    result_type get(std::function<result_type(storage::transaction&)> work) {
        std::optional<result_type> result;
        run([&](storage::transaction& in) { result.emplace(work(in)); });
        if (!result) throw std::runtime_error("the job failed");
        return std::move(*result);
    }

    storage::contact resolve(const std::vector<storage::address>& addresses,
                             const std::string& name = "", std::int64_t now_ms = start_ms) {
        return get<storage::contact>([&](storage::transaction& in) {
            return in.resolve_contact(office, addresses, name, now_ms);
        });
    }

    storage::contact_id new_contact(const std::string& digits = "6281234567890") {
        return resolve({phone(digits)}).id;
    }

    storage::contact load(storage::contact_id who) {
        return get<std::optional<storage::contact>>(
                   [&](storage::transaction& in) { return in.load_contact(who); })
            .value();
    }

    using item = std::optional<storage::outbox_item>;

    /// Adds a message; created one millisecond after the one before, like in life.
    item enqueue(storage::contact_id who, const std::string& payload, bool dispatch = false,
                 storage::lane priority = storage::lane::reply) {
        storage::outbound what;
        what.office = office;
        what.contact = who;
        what.priority = priority;
        what.payload = payload;
        what.created_ms = ++created_ms_;
        return get<item>([&](storage::transaction& in) { return in.enqueue(what, dispatch); });
    }

    std::vector<storage::outbox_item> claim(int limit = 100,
                                            std::int64_t now_ms = start_ms + minute_ms) {
        return get<std::vector<storage::outbox_item>>(
            [&](storage::transaction& in) { return in.claim_due(now_ms, limit); });
    }

    item accept(storage::outbox_id id, const std::string& wamid,
                std::int64_t now_ms = start_ms + minute_ms) {
        return get<item>(
            [&](storage::transaction& in) { return in.record_accepted(id, wamid, now_ms); });
    }

    item fail(storage::outbox_id id, int code, std::int64_t now_ms = start_ms + minute_ms) {
        return get<item>(
            [&](storage::transaction& in) { return in.record_failed(id, code, now_ms); });
    }

    storage::status_outcome apply(const storage::status_update& update, item* next = nullptr) {
        return get<storage::status_outcome>([&](storage::transaction& in) {
            item released;
            const auto outcome = in.apply_status(update, start_ms + minute_ms, released);
            if (next != nullptr) *next = released;
            return outcome;
        });
    }

    /// The outbox entry with that id as staff see it.
    storage::conversation_entry sent(storage::contact_id who, storage::outbox_id id) {
        for (const auto& entry : reader_->conversation(who, 1000)) {
            if (!entry.from_citizen && entry.id == id) return entry;
        }
        throw std::runtime_error("no such entry");
    }

    storage::outbox_state state_of(storage::contact_id who, storage::outbox_id id) {
        return sent(who, id).outbox;
    }

    temp_folder folder_;
    std::unique_ptr<storage::store> store_;
    std::unique_ptr<storage::reader> reader_;
    std::int64_t created_ms_ = start_ms;
};

/// Names and instantiates a suite of `any_store`.
inline std::string kind_name(const testing::TestParamInfo<store_kind>& info) {
    return info.param == store_kind::sqlite ? "sqlite" : "memory";
}

}  // namespace siwareng::tests
