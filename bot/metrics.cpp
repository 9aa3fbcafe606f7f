#include "bot/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>

namespace siwareng::bot {
namespace {

struct description {
    const char* name;
    const char* help;
};

constexpr std::size_t counters_n = std::to_underlying(counter::how_many);
constexpr std::size_t gauges_n = std::to_underlying(gauge::how_many);

constexpr std::array<description, counters_n> counter_names{{
    {"siwareng_webhooks_accepted_total", "Webhooks answered with 200, after the commit"},
    {"siwareng_webhooks_bad_signature_total", "Webhooks refused with 401"},
    {"siwareng_webhooks_unreadable_total", "Signed webhooks that are not JSON"},
    {"siwareng_webhooks_busy_total", "Webhooks answered with 503, to be delivered again"},
    {"siwareng_messages_handled_total", "Messages that had a turn"},
    {"siwareng_messages_repeated_total", "Redeliveries that did nothing"},
    {"siwareng_messages_kept_total", "Messages kept without a turn"},
    {"siwareng_messages_failed_total", "Messages whose turn failed"},
    {"siwareng_statuses_applied_total", "Statuses that moved a message forward"},
    {"siwareng_statuses_stale_total", "Statuses repeated or overtaken"},
    {"siwareng_statuses_parked_total", "Statuses that came before their message was known"},
    {"siwareng_notices_total", "Account events, errors and unknown fields"},
    {"siwareng_roll_checks_found_total", "Status checks that found a voter"},
    {"siwareng_roll_checks_not_found_total", "Status checks that found none"},
    {"siwareng_roll_checks_throttled_total", "Status checks over a limit"},
    {"siwareng_roll_enumeration_alarms_total",
     "A contact or a NIK went over its limit: someone may be enumerating"},
    {"siwareng_handoffs_opened_total", "Conversations that asked for an officer"},
    {"siwareng_timers_fired_total", "Waits that lasted too long"},
}};

constexpr std::array<description, gauges_n> gauge_names{{
    {"siwareng_contacts", "People known"},
    {"siwareng_inbound_failed", "Messages whose turn failed, still to be looked at"},
    {"siwareng_outbox_queued", "Messages waiting to be sent"},
    {"siwareng_outbox_sending", "Messages being sent"},
    {"siwareng_outbox_in_doubt", "Messages sent without an answer, waiting for their status"},
    {"siwareng_outbox_failed", "Messages that could not be sent"},
    {"siwareng_outbox_oldest_unsent_seconds", "Age of the oldest unsent message"},
    {"siwareng_handoffs_open", "Conversations waiting for an officer"},
    {"siwareng_statuses_parked", "Statuses kept for a message not yet known"},
    {"siwareng_store_queue_jobs", "Jobs waiting for the database"},
    {"siwareng_sends_accepted", "Sends accepted by the API since the start"},
    {"siwareng_sends_refused", "Sends refused by the API since the start"},
    {"siwareng_sends_retried", "Sends repeated after a refusal since the start"},
    {"siwareng_sends_in_doubt", "Sends without an answer since the start"},
    {"siwareng_sends_failed", "Messages given up since the start"},
    {"siwareng_sends_window_closed", "Messages not sent as the 24-hour window was closed"},
    {"siwareng_channels_stopped", "Numbers that may not send now"},
    {"siwareng_sender_in_flight", "Sends waiting for an answer"},
    {"siwareng_http_connections", "Open HTTP connections"},
    {"siwareng_http_requests", "HTTP requests since the start"},
    {"siwareng_http_bad_requests", "Unreadable, too large or too slow HTTP requests"},
    {"siwareng_roll_voters", "Voters in the current rolls of all offices"},
}};

class registry_metrics final : public metrics {
  public:
    registry_metrics()
        : commit_seconds_(
              prometheus::BuildHistogram()
                  .Name("siwareng_store_commit_seconds")
                  .Help("Time of one commit of the store")
                  .Register(registry_)
                  .Add({}, prometheus::Histogram::BucketBoundaries{0.0002, 0.0005, 0.001, 0.002,
                                                                   0.005, 0.01, 0.05, 0.2, 1})),
          commit_jobs_(prometheus::BuildHistogram()
                           .Name("siwareng_store_commit_jobs")
                           .Help("Jobs in one commit of the store")
                           .Register(registry_)
                           .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64,
                                                                            128, 256})) {
        for (std::size_t i = 0; i < counters_n; ++i) {
            counters_[i] = &prometheus::BuildCounter()
                                .Name(counter_names[i].name)
                                .Help(counter_names[i].help)
                                .Register(registry_)
                                .Add({});
        }
        for (std::size_t i = 0; i < gauges_n; ++i) {
            gauges_[i] = &prometheus::BuildGauge()
                              .Name(gauge_names[i].name)
                              .Help(gauge_names[i].help)
                              .Register(registry_)
                              .Add({});
        }
    }

    void add(counter which, std::uint64_t amount) override {
        counters_[std::to_underlying(which)]->Increment(static_cast<double>(amount));
    }
    void set(gauge which, double value) override { gauges_[std::to_underlying(which)]->Set(value); }
    void observe_commit(std::size_t jobs, std::int64_t microseconds) override {
        commit_seconds_.Observe(static_cast<double>(microseconds) / 1e6);
        commit_jobs_.Observe(static_cast<double>(jobs));
    }
    [[nodiscard]] double value(counter which) const override {
        return counters_[std::to_underlying(which)]->Value();
    }
    [[nodiscard]] std::string text() const override {
        return prometheus::TextSerializer{}.Serialize(registry_.Collect());
    }

  private:
    prometheus::Registry registry_;
    prometheus::Histogram& commit_seconds_;
    prometheus::Histogram& commit_jobs_;
    std::array<prometheus::Counter*, counters_n> counters_{};
    std::array<prometheus::Gauge*, gauges_n> gauges_{};
};

}  // namespace

std::unique_ptr<metrics> create_metrics() {
    return std::make_unique<registry_metrics>();
}

}  // namespace siwareng::bot
