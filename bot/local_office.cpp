#include "bot/local_office.hpp"

#include <fmt/format.h>

#include <utility>

namespace siwareng::bot {
namespace {

constexpr int timers_max = 100;

class office_on_store final : public local_office {
  public:
    office_on_store(const config& settings, const loaded_content& content,
                    const storage::roll_library& rolls, storage::store& store)
        : store_(store),
          counters_(create_metrics()),
          turns_(create_turn_runner({settings, content.flows, content.understanding,
                                     content.regions, rolls, *counters_, [] { return true; }},
                                    observer())) {}

    std::expected<local_answer, storage::errc> receive(inbound_message message,
                                                       std::int64_t now_ms) override {
        auto answer = receive_only(std::move(message), now_ms);
        if (answer) {
            if (const auto done = accept(answer->sent, now_ms); !done) {
                return std::unexpected(done.error());
            }
        }
        return answer;
    }

    std::expected<local_answer, storage::errc> wake(std::int64_t now_ms) override {
        auto answer = collect(
            [&](storage::transaction& tx) { return turns_->fire_timers(tx, now_ms, timers_max); });
        if (answer) {
            if (const auto done = accept(answer->sent, now_ms); !done) {
                return std::unexpected(done.error());
            }
        }
        return answer;
    }

    std::expected<local_answer, storage::errc> receive_only(inbound_message message,
                                                            std::int64_t now_ms) override {
        webhook_body body;
        body.updates.emplace_back(std::move(message));
        turns_->understand(body);
        return collect([&](storage::transaction& tx) { return turns_->apply(tx, body, now_ms); });
    }

    std::expected<void, storage::errc> accept(std::vector<storage::outbox_item>& sent,
                                              std::int64_t now_ms) override {
        for (std::size_t i = 0; i < sent.size(); ++i) {
            std::optional<storage::outbox_item> next;
            const auto done = store_.run([&](storage::transaction& tx) {
                next = tx.record_accepted(sent[i].id, fmt::format("wamid.local{}", sent[i].id),
                                          now_ms);
            });
            if (!done) {
                return done;
            }
            if (next) {
                sent.push_back(*std::move(next));
            }
        }
        return {};
    }

  private:
    template <typename Work>
    std::expected<local_answer, storage::errc> collect(Work work) {
        current_ = {};
        const auto done =
            store_.run([&](storage::transaction& tx) { current_.sent = work(tx).to_send; });
        if (!done) {
            return std::unexpected(done.error());
        }
        return std::exchange(current_, {});
    }

    turn_observer observer() {
        return {[this](const dialogs::call& what, const dialogs::result_event& result) {
                    current_.operations.push_back({what, result});
                },
                [this](const dialogs::turn_result& turn) {
                    current_.sessions.push_back(turn.next);
                    current_.path.insert(current_.path.end(), turn.path.begin(), turn.path.end());
                }};
    }

    storage::store& store_;
    std::unique_ptr<metrics> counters_;
    local_answer current_;
    std::unique_ptr<turn_runner> turns_;
};

}  // namespace

std::unique_ptr<local_office> create_local_office(const config& settings,
                                                  const loaded_content& content,
                                                  const storage::roll_library& rolls,
                                                  storage::store& store) {
    return std::make_unique<office_on_store>(settings, content, rolls, store);
}

config local_settings(std::string office_id, std::string name, std::string region) {
    config settings;
    settings.limits = {20, 1200, 5, 24};
    settings.offices.push_back({std::move(office_id), std::move(name), std::move(region),
                                "106540352242922", "+62 811-0000-3603", "", 80});
    return settings;
}

}  // namespace siwareng::bot
