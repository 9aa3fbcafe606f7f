#include "bot/local_office.hpp"

#include "bot/metrics.hpp"
#include "bot/operations.hpp"
#include "bot/sending/message.hpp"
#include "bot/turn_runner.hpp"

#include <fmt/format.h>

#include <optional>
#include <regex>
#include <stdexcept>
#include <utility>
#include <vector>

namespace siwareng::bot {
namespace {

using dialogs::chat_observation;
using dialogs::crash_point;

constexpr int timers_max = 100;
constexpr std::int64_t doubt_ms = 120'000;

/// Thrown inside a job to end it like a crash would.
struct simulated_crash {};

class office_on_store final : public dialogs::chat_driver {
  public:
    explicit office_on_store(local_office_options options)
        : options_(std::move(options)), counters_(create_metrics()) {
        open();
    }

    void script(std::vector<dialogs::result_event>) override {
        // The roll answers; scripted results are for the engine alone.
    }

    observed send(const dialogs::chat_input& what) override {
        last_ = message_of(what.what);
        const auto crash = std::exchange(crash_, std::nullopt);
        auto seen = crash ? send_through(*crash) : receive(last_);
        if (seen && options_.restart_after_turn) {
            open();
        }
        return seen;
    }

    observed repeat() override { return receive(last_); }

    observed advance(std::int64_t milliseconds) override {
        offset_ms_ += milliseconds;
        return collect([&](storage::transaction& tx) {
            return turns_->fire_timers(tx, now_ms(), timers_max);
        });
    }

    observed restart() override {
        open();
        return observe({});
    }

    observed deploy(std::string_view flow, int revision) override {
        auto& files = options_.content.files;
        const auto file = files.find(fmt::format("flows/{}.toml", flow));
        if (file == files.end()) {
            return std::unexpected(fmt::format("no flow '{}'", flow));
        }
        static const std::regex line(R"((^|\n)revision\s*=\s*\d+)");
        file->second =
            std::regex_replace(file->second, line, fmt::format("$1revision = {}", revision));
        auto flows = dialogs::load_flows(files, operation_signatures());
        if (!flows) {
            return std::unexpected(to_string(flows.error().front()));
        }
        options_.content.flows = *std::move(flows);
        open();
        return observe({});
    }

    observed crash(crash_point when) override {
        crash_ = when;
        return observe({});
    }

    observed set_language(dialogs::language lang) override {
        const auto done = store_->run([&](storage::transaction& tx) {
            const auto who =
                tx.resolve_contact(office().id, addresses(), options_.profile_name, now_ms());
            auto session = dialogs::session_from_json(who.session).value_or(dialogs::session{});
            session.lang = lang;
            tx.save_turn(who.id, to_json(session), who.window_until_ms);
        });
        if (!done) {
            return std::unexpected(std::string(to_string(done.error())));
        }
        return observe({});
    }

  private:
    [[nodiscard]] const office_config& office() const { return options_.settings.offices.front(); }
    [[nodiscard]] std::int64_t now_ms() const { return options_.clock_ms() + offset_ms_; }
    [[nodiscard]] std::vector<storage::address> addresses() const {
        return {{storage::address_kind::phone, options_.citizen}};
    }

    /// A new process: nothing is kept but what the store holds.
    void open() {
        store_.reset();
        store_ = options_.open_store();
        if (store_ == nullptr) {
            throw std::runtime_error("the store cannot be opened");
        }
        turns_ = create_turn_runner(
            {options_.settings, options_.content.flows, options_.content.understanding,
             options_.content.regions, *options_.rolls, *counters_, [] { return true; }},
            {[this](const dialogs::call& what, const dialogs::result_event& result) {
                 operations_.push_back(what);
                 results_.push_back(result);
             },
             {}});
    }

    inbound_message message_of(const dialogs::event& what) {
        inbound_message out;
        out.phone_number_id = office().phone_number_id;
        out.wamid = fmt::format("wamid.local{}.{}", now_ms(), ++messages_);
        out.from = addresses();
        out.profile_name = options_.profile_name;
        out.sent_ms = now_ms();
        out.use = message_use::turn;
        out.what = what;
        out.type = "text";
        if (const auto* text = std::get_if<dialogs::text_event>(&what)) {
            out.body = text->text;
        } else if (const auto* other = std::get_if<dialogs::other_event>(&what)) {
            out.type = other->type;
            if (other->type == "reaction") {
                out.use = message_use::silent;
            }
        }
        return out;
    }

    webhook_body body_of(const inbound_message& message) {
        webhook_body body;
        body.updates.emplace_back(message);
        turns_->understand(body);
        return body;
    }

    observed receive(const inbound_message& message) {
        const auto body = body_of(message);
        return collect([&](storage::transaction& tx) { return turns_->apply(tx, body, now_ms()); });
    }

    observed send_through(crash_point when) {
        const auto body = body_of(last_);
        after_commit after;
        const auto done = store_->run([&](storage::transaction& tx) {
            after = turns_->apply(tx, body, now_ms());
            if (when == crash_point::before_commit) {
                throw simulated_crash{};
            }
        });
        if (when != crash_point::before_commit && !done) {
            return std::unexpected(std::string(to_string(done.error())));
        }
        auto calls = std::exchange(operations_, {});
        open();
        if (when == crash_point::before_commit) {
            return receive(last_);
        }
        return recover(when, after, std::move(calls));
    }

    /// The next process finds the reply in doubt. Meta delivers the message again, and, where the
    /// reply had gone out, its status; whatever is still in doubt later is sent again.
    observed recover(crash_point when, const after_commit& after,
                     std::vector<dialogs::call> calls) {
        std::vector<storage::outbox_item> sent;
        if (when == crash_point::after_send) {
            sent = after.to_send;
        }
        const auto recovered =
            store_->run([&](storage::transaction& tx) { tx.recover_sending(now_ms() + doubt_ms); });
        auto repeated = receive(last_);
        if (!recovered || !repeated) {
            return std::unexpected("the restart failed");
        }
        if (!repeated->sent.empty()) {
            return std::unexpected("the redelivered message was answered again");
        }
        offset_ms_ += doubt_ms;
        auto later = collect([&](storage::transaction& tx) {
            after_commit due;
            for (const auto& item : sent) {
                storage::status_update status;
                status.office = office().id;
                status.wamid = fmt::format("wamid.answer{}", item.id);
                status.outbox = item.id;
                status.at_ms = now_ms();
                std::optional<storage::outbox_item> next;
                tx.apply_status(status, now_ms(), next);
            }
            tx.expire_doubts(now_ms());
            due.to_send = tx.claim_due(now_ms(), 10);
            return due;
        });
        if (!later) {
            return later;
        }
        for (const auto& item : sent) {
            later->sent.insert(later->sent.begin(), bubble_of(item));
        }
        later->operations = std::move(calls);
        return later;
    }

    static dialogs::bubble bubble_of(const storage::outbox_item& item) {
        auto bubble = bubble_from_json(item.payload);
        if (!bubble) {
            throw std::runtime_error("an outbox row holds no bubble: " + bubble.error());
        }
        return *std::move(bubble);
    }

    /// Runs a job and sends what it left, one after the other, as the sender would.
    template <typename Work>
    observed collect(Work work) {
        after_commit after;
        const auto done = store_->run([&](storage::transaction& tx) { after = work(tx); });
        if (!done) {
            return std::unexpected(std::string(to_string(done.error())));
        }
        chat_observation seen;
        for (std::size_t i = 0; i < after.to_send.size(); ++i) {
            const auto item = after.to_send[i];
            seen.sent.push_back(bubble_of(item));
            std::optional<storage::outbox_item> next;
            const auto accepted = store_->run([&](storage::transaction& tx) {
                next =
                    tx.record_accepted(item.id, fmt::format("wamid.answer{}", item.id), now_ms());
            });
            if (!accepted) {
                return std::unexpected(std::string(to_string(accepted.error())));
            }
            if (next) {
                after.to_send.push_back(*std::move(next));
            }
        }
        seen.operations = std::exchange(operations_, {});
        seen.results = std::exchange(results_, {});
        return observe(std::move(seen));
    }

    /// Adds where the citizen stands, read back from the store.
    observed observe(chat_observation seen) {
        if (!seen.operations) {
            seen.operations.emplace();
        }
        seen.position = "idle";
        seen.variables.emplace();
        const auto who = store_->open_reader()->find_contact(office().id, addresses().front());
        if (!who || who->session.empty()) {
            return seen;
        }
        const auto session = dialogs::session_from_json(who->session);
        if (!session) {
            return std::unexpected("the stored session cannot be read");
        }
        if (!session->stack.empty()) {
            const auto& top = session->stack.back();
            seen.position = fmt::format("{}/{}", top.flow, top.node);
            seen.variables = top.vars;
        }
        return seen;
    }

    local_office_options options_;
    std::unique_ptr<metrics> counters_;
    std::unique_ptr<storage::store> store_;
    std::unique_ptr<turn_runner> turns_;
    std::vector<dialogs::call> operations_;
    std::vector<dialogs::result_event> results_;
    inbound_message last_;
    std::optional<crash_point> crash_;
    std::int64_t offset_ms_ = 0;
    int messages_ = 0;
};

}  // namespace

std::unique_ptr<dialogs::chat_driver> create_local_office(local_office_options options) {
    return std::make_unique<office_on_store>(std::move(options));
}

config local_settings(std::string office_id, std::string name, std::string region) {
    config settings;
    settings.limits = {20, 1200, 5, 24};
    settings.offices.push_back({std::move(office_id), std::move(name), std::move(region),
                                "106540352242922", "+62 811-0000-3603", "", 80});
    return settings;
}

}  // namespace siwareng::bot
