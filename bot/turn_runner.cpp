#include "bot/turn_runner.hpp"

#include "bot/operations.hpp"
#include "bot/sending/message.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace siwareng::bot {
namespace {

constexpr std::int64_t hour_ms = 3600LL * 1000;
/// Free-form messages may follow a citizen's message for 24 hours. Cloud API, customer service
/// window.
constexpr std::int64_t window_ms = 24 * hour_ms;

/// A turn that the dialog engine refused: the message is kept as failed.
class turn_failed : public std::runtime_error {
  public:
    explicit turn_failed(dialogs::errc code)
        : std::runtime_error("turn failed: " + std::string(to_string(code))) {}
};

/// The intents of a text or a tapped title.
void add_intents(dialogs::event& what, const dialogs::understander& understanding) {
    if (auto* text = std::get_if<dialogs::text_event>(&what)) {
        text->intents = understanding.understand(text->text);
    } else if (auto* tap = std::get_if<dialogs::tap_event>(&what)) {
        tap->intents = understanding.understand(tap->title);
    }
}

class runner final : public turn_runner {
  public:
    runner(turn_services services, turn_observer observer)
        : services_(std::move(services)), observer_(std::move(observer)) {}

    void understand(webhook_body& body) const override {
        for (auto& each : body.updates) {
            auto* message = std::get_if<inbound_message>(&each);
            if (message != nullptr && message->use == message_use::turn) {
                add_intents(message->what, *services_.understanding);
            }
        }
    }

    after_commit apply(storage::transaction& tx, const webhook_body& body,
                       std::int64_t now_ms) const override {
        after_commit out;
        for (const auto& each : body.updates) {
            std::visit([&](const auto& update) { handle(tx, update, now_ms, out); }, each);
        }
        return out;
    }

    after_commit fire_timers(storage::transaction& tx, std::int64_t now_ms,
                             int limit) const override {
        after_commit out;
        for (const auto& timer : tx.take_due_timers(now_ms, limit)) {
            const auto* office = services_.settings.find_office(timer.office);
            const auto who = tx.load_contact(timer.contact);
            if (office == nullptr || !who) {
                continue;
            }
            services_.counters.add(counter::timers_fired);
            try {
                tx.with_savepoint([&] {
                    run(tx, *office, *who, dialogs::timer_event{timer.wait_seq}, std::nullopt,
                        who->window_until_ms, now_ms, out);
                });
            } catch (const turn_failed& error) {
                spdlog::error("a timer's {}", error.what());
            }
        }
        return out;
    }

  private:
    void handle(storage::transaction& tx, const inbound_message& message, std::int64_t now_ms,
                after_commit& out) const {
        const auto* office = services_.settings.office_of_number(message.phone_number_id);
        if (office == nullptr || message.wamid.empty()) {
            // The raw body is kept; without a number of ours or an id there is nothing to answer.
            services_.counters.add(counter::notices);
            return;
        }
        const auto count = out.to_send.size();
        try {
            tx.with_savepoint([&] { receive(tx, *office, message, now_ms, out); });
        } catch (const storage::store_error& error) {
            // A full or failing disk concerns the whole batch: it is rolled back and delivered
            // again. A row that the schema refuses is this message's own trouble and would fail for
            // ever.
            if (error.code() != storage::errc::constraint) {
                throw;
            }
            out.to_send.resize(count);
            spdlog::error("message of office {}: {}", office->id, error.what());
            keep_failed(tx, *office, message, now_ms, out);
        } catch (const std::exception& error) {
            // Whatever the turn did is rolled back; the message itself must not be lost.
            out.to_send.resize(count);
            spdlog::error("message of office {}: {}", office->id, error.what());
            keep_failed(tx, *office, message, now_ms, out);
        }
    }

    void handle(storage::transaction& tx, const address_change& change, std::int64_t now_ms,
                after_commit& out) const {
        const auto* office = services_.settings.office_of_number(change.phone_number_id);
        auto all = change.before;
        all.insert(all.end(), change.after.begin(), change.after.end());
        if (office == nullptr || all.empty()) {
            services_.counters.add(counter::notices);
            return;
        }
        // Naming both addresses together is what merges their contacts.
        const auto who = tx.resolve_contact(office->id, all, "", now_ms);
        const storage::inbound row{office->id, change.phone_number_id, change.wamid,
                                   "system",   "[nomor berubah]",      change.sent_ms,
                                   now_ms};
        if (!change.wamid.empty()) {
            tx.insert_inbound(who.id, row, storage::inbound_state::kept);
        }
        services_.counters.add(counter::messages_kept);
        static_cast<void>(out);
    }

    void handle(storage::transaction& tx, const delivery_status& status, std::int64_t now_ms,
                after_commit& out) const {
        const auto* office = services_.settings.office_of_number(status.phone_number_id);
        if (office == nullptr) {
            services_.counters.add(counter::notices);
            return;
        }
        auto update = status.update;
        update.office = office->id;
        std::optional<storage::outbox_item> next;
        switch (tx.apply_status(update, now_ms, next)) {
            case storage::status_outcome::applied:
                services_.counters.add(counter::statuses_applied);
                break;
            case storage::status_outcome::stale:
                services_.counters.add(counter::statuses_stale);
                break;
            case storage::status_outcome::parked:
                services_.counters.add(counter::statuses_parked);
                break;
        }
        if (next) {
            out.to_send.push_back(*std::move(next));
        }
    }

    void handle(storage::transaction&, const notice& what, std::int64_t, after_commit&) const {
        services_.counters.add(counter::notices);
        spdlog::info("webhook notice: field {}, kind {}, error {}", what.field, what.kind,
                     what.error_code);
    }

    static storage::inbound row_of(const office_config& office, const inbound_message& message,
                                   std::int64_t now_ms) {
        return {office.id,    message.phone_number_id, message.wamid, message.type,
                message.body, message.sent_ms,         now_ms};
    }

    void receive(storage::transaction& tx, const office_config& office,
                 const inbound_message& message, std::int64_t now_ms, after_commit& out) const {
        auto addresses = message.from;
        if (addresses.empty()) {
            // Meta hid the sender entirely: one anonymous contact keeps such messages, unanswered.
            addresses.push_back({storage::address_kind::bsuid, "anonymous"});
        }
        const auto who = tx.resolve_contact(office.id, addresses, message.profile_name, now_ms);
        const bool turn_due = message.use == message_use::turn && !message.from.empty();
        const auto id = tx.insert_inbound(
            who.id, row_of(office, message, now_ms),
            turn_due ? storage::inbound_state::handled : storage::inbound_state::kept);
        if (!id) {
            services_.counters.add(counter::messages_repeated);
            return;
        }
        if (!turn_due) {
            services_.counters.add(counter::messages_kept);
            return;
        }
        // The window counts from Meta's timestamp; a clock that is ahead must not stretch it.
        const auto sent_ms = message.sent_ms > 0 ? std::min(message.sent_ms, now_ms) : now_ms;
        run(tx, office, who, message.what, id, sent_ms + window_ms, now_ms, out);
        services_.counters.add(counter::messages_handled);
        out.to_mark_read.push_back({office.id, message.wamid});
    }

    /// The session to go on with: a new one after a long silence, in the same language.
    [[nodiscard]] dialogs::session session_of(const storage::contact& who,
                                              std::int64_t now_ms) const {
        if (who.session.empty()) {
            return {};
        }
        auto session = dialogs::session_from_json(who.session);
        if (!session) {
            // Better a fresh start than a citizen who gets no answer for ever.
            spdlog::error("a stored session could not be read; it starts anew");
            return {};
        }
        const auto idle_ms = services_.settings.limits.session_idle_hours * hour_ms;
        const auto last_ms = who.window_until_ms - window_ms;
        if (idle_ms > 0 && now_ms - last_ms > idle_ms) {
            session->stack.clear();
        }
        return *std::move(session);
    }

    [[nodiscard]] dialogs::environment environment_of(const office_config& office,
                                                      std::int64_t now_ms) const {
        return {now_ms, {}, {{"office", office.name}, {"office_phone", office.display_phone}}};
    }

    void run(storage::transaction& tx, const office_config& office, const storage::contact& who,
             const dialogs::event& what, std::optional<storage::inbound_id> reply_to,
             std::int64_t window_until_ms, std::int64_t now_ms, after_commit& out) const {
        const operation_context context{tx,
                                        office,
                                        who.id,
                                        services_.rolls,
                                        *services_.regions,
                                        services_.settings.limits,
                                        services_.counters,
                                        now_ms};
        const auto result =
            dialogs::run_turn(*services_.flows, session_of(who, now_ms), what,
                              environment_of(office, now_ms), [&](const dialogs::call& call) {
                                  auto answer = perform(context, call);
                                  if (answer && observer_.on_operation) {
                                      observer_.on_operation(call, *answer);
                                  }
                                  return answer;
                              });
        if (!result) {
            throw turn_failed(result.error());
        }
        tx.save_turn(who.id, to_json(result->next), window_until_ms);
        perform_effects(tx, who.id, *result, now_ms);
        if (!result->reply.empty()) {
            reply(tx, office, who.id, result->reply, reply_to, now_ms, out);
        }
        if (observer_.on_turn) {
            observer_.on_turn(*result);
        }
    }

    void perform_effects(storage::transaction& tx, storage::contact_id who,
                         const dialogs::turn_result& result, std::int64_t now_ms) const {
        for (const auto& effect : result.effects) {
            if (const auto* wanted = std::get_if<dialogs::handoff>(&effect)) {
                if (tx.open_handoff(who, wanted->topic, now_ms)) {
                    services_.counters.add(counter::handoffs_opened);
                }
            } else if (const auto* timer = std::get_if<dialogs::start_timer>(&effect)) {
                tx.set_timer(who, now_ms + timer->after_ms, timer->wait_seq);
            }
        }
    }

    void reply(storage::transaction& tx, const office_config& office, storage::contact_id who,
               const dialogs::bubble& bubble, std::optional<storage::inbound_id> reply_to,
               std::int64_t now_ms, after_commit& out) const {
        const storage::outbound row{
            office.id, who, storage::lane::reply, reply_to, to_json(bubble), true, now_ms};
        if (auto item = tx.enqueue(row, services_.sender_has_room())) {
            out.to_send.push_back(*std::move(item));
        }
    }

    /// The message of a turn that failed stays, marked for staff, with one apology for an answer.
    void keep_failed(storage::transaction& tx, const office_config& office,
                     const inbound_message& message, std::int64_t now_ms, after_commit& out) const {
        const auto who = tx.resolve_contact(office.id, message.from, message.profile_name, now_ms);
        const auto id = tx.insert_inbound(who.id, row_of(office, message, now_ms),
                                          storage::inbound_state::failed);
        if (!id) {
            return;
        }
        services_.counters.add(counter::messages_failed);
        const auto session = dialogs::session_from_json(who.session);
        const auto lang = session ? session->lang : dialogs::language::id;
        tx.save_turn(who.id, who.session, now_ms + window_ms);
        reply(tx, office, who.id,
              {services_.flows->text(lang, "common.apology", environment_of(office, now_ms).facts),
               {},
               {}},
              id, now_ms, out);
    }

    turn_services services_;
    turn_observer observer_;
};

}  // namespace

std::unique_ptr<turn_runner> create_turn_runner(turn_services services, turn_observer observer) {
    return std::make_unique<runner>(std::move(services), std::move(observer));
}

}  // namespace siwareng::bot
