#include "tools/emulator/core.hpp"

#include "bot/clock.hpp"
#include "tools/emulator/citizen_message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace siwareng::tools {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr std::size_t media_bytes_max = 512UL * 1024 * 1024;
/// What is kept of one citizen; older messages and webhooks are forgotten.
constexpr std::size_t inbox_max = 1000;
constexpr std::size_t webhooks_max = 100;
constexpr std::int64_t window_ms = 24LL * 3600 * 1000;
constexpr double pair_burst = 45;
constexpr double pair_per_s = 1.0 / 6;

std::uint64_t seed_of(const emulator_options& options, std::int64_t now_ms) {
    return options.seed != 0 ? options.seed : static_cast<std::uint64_t>(now_ms);
}

/// The same citizen has the same user id in every run, as their number would.
std::string user_id_of(std::string_view wa_id) {
    return fmt::format("ID.{:017}", mix(1, wa_id) % 100'000'000'000'000'000ULL);
}

bool is_number(std::string_view id) {
    return !id.empty() && std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
}

graph_error error_of(int code, std::string details) {
    return {
        .code = code, .message = std::string(graph_message(code)), .details = std::move(details)};
}

std::string digits_of(std::string_view phone) {
    std::string digits;
    std::ranges::copy_if(phone, std::back_inserter(digits),
                         [](char c) { return c >= '0' && c <= '9'; });
    return digits;
}

}  // namespace

bool token_bucket::take(std::int64_t now_ms, double capacity, double tokens_per_s) {
    if (filled_ms == 0) {
        tokens = capacity;
    } else {
        const auto passed_s = static_cast<double>(now_ms - filled_ms) / 1000;
        tokens = std::min(capacity, tokens + passed_s * tokens_per_s);
    }
    filled_ms = now_ms;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
}

emulator_core::emulator_core(const asio::any_io_executor& strand, const emulator_options& options,
                             std::unique_ptr<event_log> log, std::shared_ptr<net::client> client,
                             std::string webhook_target)
    : strand_(strand),
      options_(options),
      log_(std::move(log)),
      client_(std::move(client)),
      timers_(std::make_shared<scheduler>(strand)),
      webhook_target_(std::move(webhook_target)),
      wamids_(seed_of(options, now_ms())),
      media_(seed_of(options, now_ms()), media_bytes_max) {
    options_.display_phone = digits_of(options_.display_phone);
}

void emulator_core::start() {
    if (!client_) return;
    deliveries_ = std::make_shared<delivery_queue>(
        strand_, client_, timers_,
        delivery_options{.target = webhook_target_,
                         .app_secret = options_.app_secret,
                         .in_flight_max = options_.deliveries_max,
                         .ordered_per_citizen = options_.ordered_per_citizen,
                         .retry_first_ms = options_.retry_first_ms,
                         .retry_max_ms = options_.retry_max_ms},
        // An attempt in flight may outlive the emulator.
        [weak = weak_from_this()](const delivery_attempt& attempt) {
            if (const auto self = weak.lock()) self->log_attempt(attempt);
        });
}

void emulator_core::log_attempt(const delivery_attempt& attempt) {
    json members{{"delivery", attempt.what.id},      {"kind", attempt.what.kind},
                 {"citizen", attempt.what.citizen},  {"wamid", attempt.what.wamid},
                 {"attempt", attempt.what.attempts}, {"http_status", attempt.status}};
    if (!attempt.problem.empty()) members["problem"] = attempt.problem;
    log_->write(now_ms(), "webhook", members);
}

void emulator_core::stop() {
    stopped_ = true;
    timers_->stop();
    if (deliveries_) deliveries_->stop();
    if (client_) client_->stop();
    for (auto& [id, who] : citizens_) {
        for (asio::steady_timer* const timer : who.waiting)
            timer->cancel();
    }
}

std::int64_t emulator_core::now_ms() const {
    if (options_.clock_ms) return options_.clock_ms();
    return bot::system_clock_ms();
}

bool emulator_core::is_authorized(std::string_view authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    if (!authorization.starts_with(scheme)) return false;
    authorization.remove_prefix(scheme.size());
    const std::string& token = options_.access_token;
    return authorization.size() == token.size() &&
           CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

business_number emulator_core::number() const {
    return {.account_id = options_.account_id,
            .phone_number_id = options_.phone_number_id,
            .display_phone = options_.display_phone};
}

webhook_person emulator_core::person_of(const citizen& who) const {
    return {.wa_id = who.hide_phone ? std::string{} : who.wa_id,
            .user_id = who.user_id,
            .name = who.profile_name,
            .username = who.username};
}

bool emulator_core::is_citizen_id(std::string_view id) {
    if (id.size() < 3 || id.size() > 140) return false;
    return std::ranges::all_of(id, [](char c) {
        const auto letter = static_cast<char>(c | 0x20);
        return (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'z') || c == '.';
    });
}

citizen& emulator_core::citizen_of(const std::string& id) {
    // Someone who is known by number may also be named by user id.
    const auto known = ids_by_user_id_.find(id);
    const std::string& key = known == ids_by_user_id_.end() ? id : known->second;
    const auto [found, added] = citizens_.try_emplace(key);
    citizen& who = found->second;
    if (added) {
        who.id = key;
        who.wa_id = is_number(key) ? key : std::string{};
        who.user_id = is_number(key) ? user_id_of(key) : key;
        who.profile_name = "Warga";
        ids_by_user_id_[who.user_id] = key;
    }
    return who;
}

void emulator_core::configure(citizen& who, const json& settings) {
    const auto text = [&](const char* key, std::string& into) {
        const auto found = settings.find(key);
        if (found != settings.end() && found->is_string()) into = found->get<std::string>();
    };
    const auto flag = [&](const char* key, bool& into) {
        const auto found = settings.find(key);
        if (found != settings.end() && found->is_boolean()) into = found->get<bool>();
    };
    const std::string old_user_id = who.user_id;
    text("profile_name", who.profile_name);
    text("username", who.username);
    text("user_id", who.user_id);
    flag("hide_phone", who.hide_phone);
    flag("unreachable", who.unreachable);
    flag("reads", who.reads);
    if (who.user_id != old_user_id) {
        ids_by_user_id_.erase(old_user_id);
        ids_by_user_id_[who.user_id] = who.id;
    }
}

void emulator_core::deliver(const std::string& citizen_id, std::string kind, std::string wamid,
                            std::string body) {
    if (!deliveries_) return;
    deliveries_->enqueue({.citizen = citizen_id,
                          .kind = std::move(kind),
                          .wamid = std::move(wamid),
                          .body = std::move(body)});
}

std::expected<std::string, std::string> emulator_core::write(citizen& from, const json& form) {
    if (form.is_object()) configure(from, form);
    const webhook_person person = person_of(from);
    const message_surroundings around{
        .wamid = wamids_.next(from.id, true),
        .now_ms = now_ms(),
        .wa_id = person.wa_id,
        .user_id = person.user_id,
        .business_phone = options_.display_phone,
        .find_option = [&](std::string_view id) { return find_option(from, id); },
        .keep = [&](media_file file) -> const media_file& {
            return media_.add(std::move(file), now_ms());
        },
        .address_of = [&](const media_file& file) { return media_url(file.id); }};
    auto message = citizen_message(form, around);
    if (!message) return std::unexpected(std::move(message.error()));
    std::string wamid = around.wamid;
    if (const auto id = message->find("id"); id != message->end() && id->is_string()) {
        wamid = id->get<std::string>();
    }
    std::string body = message_webhook(number(), person, *message);
    ++written_count_;
    from.last_written_ms = around.now_ms;
    written_[wamid] = from.id;
    from.webhooks.push_back({wamid, body});
    if (from.webhooks.size() > webhooks_max) from.webhooks.pop_front();
    log_->write(around.now_ms, "citizen_message",
                {{"citizen", from.id}, {"wamid", wamid}, {"message", std::move(*message)}});
    deliver(from.id, "message", wamid, std::move(body));
    return wamid;
}

bool emulator_core::write_again(citizen& from, std::string_view wamid) {
    const auto found = std::find_if(
        from.webhooks.rbegin(), from.webhooks.rend(),
        [&](const kept_webhook& kept) { return wamid.empty() || kept.wamid == wamid; });
    if (found == from.webhooks.rend()) return false;
    log_->write(now_ms(), "again", {{"citizen", from.id}, {"wamid", found->wamid}});
    deliver(from.id, "again", found->wamid, found->body);
    return true;
}

json emulator_core::find_option(const citizen& of, std::string_view id) const {
    for (auto sent = of.inbox.rbegin(); sent != of.inbox.rend(); ++sent) {
        const json& message = sent->message;
        if (message.value("type", "") != "interactive") continue;
        const json& action = message["interactive"]["action"];
        for (const json& button : action.value("buttons", json::array())) {
            if (button["reply"]["id"] == id) {
                return {{"wamid", sent->wamid},
                        {"kind", "button"},
                        {"title", button["reply"]["title"]}};
            }
        }
        if (message["interactive"]["type"] != "list") continue;
        for (const json& section : action["sections"]) {
            for (const json& row : section["rows"]) {
                if (row["id"] == id) {
                    return {{"wamid", sent->wamid},
                            {"kind", "list"},
                            {"title", row["title"]},
                            {"description", row.value("description", "")}};
                }
            }
        }
    }
    return json::object();
}

std::string emulator_core::media_url(std::string_view id) const {
    return fmt::format("http://{}:{}{}", options_.address, port_,
                       media_.download_target(id, now_ms()));
}

net::response emulator_core::refuse(const graph_error& error, const json& request) {
    ++refused_;
    const std::uint64_t seq =
        log_->write(now_ms(), "refused",
                    {{"code", error.code},
                     {"http_status", error.http_status},
                     {"details", error.details.empty() ? error.message : error.details},
                     {"request", request}});
    const std::string trace = base64_encode(fmt::format("{:016x}", mix(seq, "trace")));
    return graph_response(error, "A" + trace.substr(0, 20));
}

std::expected<json, graph_error> emulator_core::receive_receipt(const send_request& request) {
    const auto found = written_.find(request.read_wamid);
    if (found == written_.end()) {
        return std::unexpected(bad_value("Param message_id is not the id of a received message"));
    }
    ++receipts_;
    log_->write(
        now_ms(), "read",
        {{"citizen", found->second}, {"wamid", request.read_wamid}, {"typing", request.typing}});
    return json{{"success", true}};
}

std::expected<void, graph_error> emulator_core::check_surroundings(const send_request& request) {
    for (const media_reference& reference : request.media) {
        if (media_.find(reference.id, now_ms()) == nullptr) {
            return std::unexpected(invalid_parameter(
                fmt::format("Param {} is not a valid whatsapp business account media attachment ID",
                            reference.path)));
        }
    }
    const auto& known = options_.templates;
    if (!request.template_name.empty() && !known.empty() &&
        std::ranges::find(known, request.template_name) == known.end()) {
        graph_error unknown = error_of(132001, "The template does not exist in this language");
        unknown.http_status = 404;
        return std::unexpected(std::move(unknown));
    }
    return {};
}

std::expected<void, graph_error> emulator_core::check_rates(citizen& to) {
    const std::int64_t now = now_ms();
    if (options_.messages_per_s > 0 &&
        !number_rate_.take(now, std::max(1.0, options_.messages_per_s), options_.messages_per_s)) {
        return std::unexpected(
            error_of(130429,
                     "Message failed to send because there were too many messages sent from this "
                     "phone number in a short period of time"));
    }
    if (options_.enforce_pair_rate && !to.pair.take(now, pair_burst, pair_per_s)) {
        return std::unexpected(
            error_of(131056,
                     "Message failed to send because there were too many messages sent from this "
                     "phone number to the same phone number in a short period of time."));
    }
    return {};
}

citizen* emulator_core::recipient_of(const send_request& request) {
    // A number that nobody wrote from is still someone; a user id is not, unless it is known.
    if (request.to_user_id && !ids_by_user_id_.contains(request.to)) return nullptr;
    return &citizen_of(request.to);
}

graph_error emulator_core::later_failure(const send_request& request, const citizen* to) {
    if (to == nullptr || to->unreachable) return error_of(131026, "Message Undeliverable.");
    const bool closed = now_ms() - to->last_written_ms >= window_ms;
    if (options_.enforce_window && closed && request.type != "template") {
        return error_of(131047,
                        "Message failed to send because more than 24 hours have passed since the "
                        "customer last replied to this number.");
    }
    if (!request.reaction_to.empty() && !written_.contains(request.reaction_to)) {
        return error_of(131009, "The reaction's message does not exist or is too old");
    }
    for (const media_reference& reference : request.media) {
        const auto kind = media_kind(media_.find(reference.id, now_ms())->mime_type);
        if (reference.kind != "document" && kind != reference.kind) {
            return error_of(131053,
                            fmt::format("The file is of kind {}, not {}", kind, reference.kind));
        }
    }
    return {.code = 0};
}

std::expected<json, graph_error> emulator_core::send(const json& body) {
    auto read = read_send_request(
        body, {.country_code = options_.country_code, .own_number = options_.display_phone});
    if (!read) return std::unexpected(std::move(read.error()));
    send_request& request = *read;
    if (request.is_receipt) return receive_receipt(request);
    if (auto good = check_surroundings(request); !good) return std::unexpected(good.error());
    citizen* const to = recipient_of(request);
    if (to != nullptr) {
        if (auto allowed = check_rates(*to); !allowed) return std::unexpected(allowed.error());
    }
    const std::int64_t now = now_ms();
    const graph_error failure = later_failure(request, to);
    const std::string wamid = wamids_.next(request.to, false);
    const std::uint64_t seq = log_->write(now, "accepted",
                                          {{"citizen", to != nullptr ? to->id : request.to},
                                           {"wamid", wamid},
                                           {"type", request.type},
                                           {"callback", request.callback},
                                           {"message", request.message}});
    ++accepted_;
    plan_statuses(request, wamid, to, failure);
    json contact{{"input", request.to_input}};
    contact[request.to_user_id ? "user_id" : "wa_id"] = request.to;
    json message{{"id", wamid}};
    if (request.type == "template") message["message_status"] = "accepted";
    if (to != nullptr && failure.code == 0) {
        to->inbox.push_back(
            {.seq = seq, .wamid = wamid, .at_ms = now, .message = std::move(request.message)});
        if (to->inbox.size() > inbox_max) to->inbox.pop_front();
        for (asio::steady_timer* const timer : to->waiting)
            timer->cancel();
    }
    return json{{"messaging_product", "whatsapp"},
                {"contacts", json::array({std::move(contact)})},
                {"messages", json::array({std::move(message)})}};
}

void emulator_core::plan_statuses(const send_request& request, const std::string& wamid,
                                  citizen* to, const graph_error& failure) {
    webhook_person person;
    if (to != nullptr) person = person_of(*to);
    // Who was sent to by number is named by number, whatever they hide.
    if (!request.to_user_id) person.wa_id = request.to;
    if (request.to_user_id) person.user_id = request.to;
    const std::string citizen_id = to != nullptr ? to->id : request.to;
    const auto plan = [&](std::string_view name, std::int64_t after_ms) {
        if (after_ms < 0) return;
        webhook_status status{.wamid = wamid,
                              .status = std::string(name),
                              .callback = request.callback,
                              .pricing_category = {},
                              .sent_to_user_id = request.to_user_id,
                              .error = failure};
        if (name == "sent" || name == "delivered") {
            status.pricing_category = request.type == "template" ? "utility" : "service";
        }
        timers_->after(std::chrono::milliseconds(after_ms),
                       [self = shared_from_this(), status = std::move(status), citizen_id, person] {
                           self->produce_status(status, citizen_id, person);
                       });
    };
    if (failure.code != 0) {
        plan("failed", std::max<std::int64_t>(options_.sent_after_ms, 0));
        return;
    }
    plan("sent", options_.sent_after_ms);
    // A reaction is never reported as delivered or read.
    if (request.type == "reaction") return;
    plan("delivered", options_.delivered_after_ms);
    if (to->reads) plan("read", options_.read_after_ms);
}

void emulator_core::produce_status(const webhook_status& planned, const std::string& citizen_id,
                                   const webhook_person& person) {
    webhook_status status = planned;
    status.at_ms = now_ms();
    ++statuses_;
    citizen& who = citizen_of(citizen_id);
    const auto sent = std::ranges::find(who.inbox, status.wamid, &sent_message::wamid);
    if (sent != who.inbox.end()) {
        sent->statuses.push_back({{"status", status.status}, {"ms", status.at_ms}});
    }
    json members{{"citizen", citizen_id}, {"wamid", status.wamid}, {"status", status.status}};
    if (status.error.code != 0) members["code"] = status.error.code;
    log_->write(status.at_ms, "status", members);
    deliver(citizen_id, "status", status.wamid, status_webhook(number(), person, status));
}

asio::awaitable<json> emulator_core::messages(std::shared_ptr<emulator_core> self,
                                              std::string citizen_id, std::uint64_t after,
                                              std::chrono::milliseconds wait) {
    citizen& who = self->citizen_of(citizen_id);
    const auto is_new = [after](const sent_message& sent) { return sent.seq > after; };
    if (std::ranges::none_of(who.inbox, is_new) && wait.count() > 0 && !self->stopped_) {
        asio::steady_timer timer(self->strand_, wait);
        const auto place = who.waiting.insert(who.waiting.end(), &timer);
        std::ignore = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        who.waiting.erase(place);
    }
    json list = json::array();
    std::uint64_t last = after;
    for (const sent_message& sent : who.inbox) {
        if (!is_new(sent)) continue;
        last = sent.seq;
        list.push_back({{"seq", sent.seq},
                        {"wamid", sent.wamid},
                        {"ms", sent.at_ms},
                        {"message", sent.message},
                        {"statuses", sent.statuses}});
    }
    const std::uint64_t pending = self->deliveries_ ? self->deliveries_->pending(who.id) : 0;
    co_return json{
        {"messages", std::move(list)}, {"last_seq", last}, {"webhooks_pending", pending}};
}

asio::awaitable<json> emulator_core::post_raw(std::shared_ptr<emulator_core> self,
                                              std::string body) {
    if (!self->client_) co_return json{{"error", "no webhook address is set"}};
    self->log_->write(self->now_ms(), "raw", {{"bytes", body.size()}});
    auto headers = webhook_headers(body, self->options_.app_secret);
    auto answer = co_await self->client_->send("POST", self->webhook_target_, std::move(headers),
                                               std::move(body));
    if (!answer) co_return json{{"http_status", 0}, {"problem", answer.error().message}};
    co_return json{{"http_status", answer->status}, {"body", answer->body}};
}

json emulator_core::stats() const {
    const delivery_counters counters = deliveries_ ? deliveries_->counters() : delivery_counters{};
    return {{"webhooks",
             {{"pending", counters.pending},
              {"delivered", counters.delivered},
              {"retried", counters.retried}}},
            {"messages",
             {{"written", written_count_},
              {"accepted", accepted_},
              {"refused", refused_},
              {"receipts", receipts_}}},
            {"statuses", statuses_},
            {"citizens", citizens_.size()},
            {"media", media_.size()},
            {"last_seq", log_->last_seq()}};
}

std::vector<std::string_view> path_segments(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end > 0) segments.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return segments;
}

}  // namespace siwareng::tools
