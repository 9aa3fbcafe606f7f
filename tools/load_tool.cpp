#include "tools/load_tool.hpp"

#include "bot/clock.hpp"
#include "bot/net/http.hpp"
#include "bot/webhook/signature.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <memory>
#include <unordered_map>
#include <vector>

namespace siwareng::tools {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct voter_line {
    std::string nik;
    std::string name;
};

/// The first voters whose rows need no quoting and carry no remark: enough for distinct questions.
std::vector<voter_line> read_voters(const std::filesystem::path& file) {
    constexpr std::size_t voters_max = 100'000;
    std::vector<voter_line> out;
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    while (out.size() < voters_max && std::getline(in, line)) {
        std::vector<std::string> cells;
        std::size_t start = 0;
        for (std::size_t end = 0; end != std::string::npos; start = end + 1) {
            end = line.find(',', start);
            cells.push_back(line.substr(start, end == std::string::npos ? end : end - start));
            if (end == std::string::npos) break;
        }
        const bool plain = line.find('"') == std::string::npos && cells.size() == 15;
        if (plain && (cells[14].empty() || cells[14] == "\r")) {
            out.push_back({cells[1], cells[2]});
        }
    }
    return out;
}

double percentile(std::vector<double>& sorted, double share) {
    if (sorted.empty()) return 0;
    const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
    return sorted[at];
}

double milliseconds(steady::duration value) {
    return std::chrono::duration<double, std::milli>(value).count();
}

class load_run {
  public:
    load_run(const load_options& options, std::vector<voter_line> voters)
        : options_(options), voters_(std::move(voters)) {}

    std::expected<load_report, std::string> run() {
        if (auto problem = open()) return std::unexpected(*problem);
        asio::co_spawn(io_, drive(), asio::detached);
        io_.run();
        return report_;
    }

  private:
    std::optional<std::string> open() {
        net::server_options serving;
        serving.port = options_.graph_port;
        auto graph = net::create_server(io_.get_executor(), serving, [this](net::request request) {
            return answer_as_cloud_api(std::move(request));
        });
        if (!graph) return "cannot listen: " + graph.error();
        graph_ = std::move(*graph);
        if (!options_.port_file.empty()) {
            std::ofstream(options_.port_file) << graph_->port() << "\n";
        }
        net::client_options sending;
        sending.base_url = options_.server_url;
        sending.connections_max = static_cast<std::size_t>(std::max(options_.in_flight, 16)) + 16;
        auto client = net::create_client(io_.get_executor(), sending);
        if (!client) return client.error();
        client_ = std::move(*client);
        return std::nullopt;
    }

    asio::awaitable<void> drive() {
        started_ = steady::now();
        const auto end = started_ + std::chrono::duration_cast<steady::duration>(
                                        std::chrono::duration<double>(options_.seconds));
        if (options_.rate > 0) {
            co_await offer_at_rate(end);
        } else {
            for (int i = 0; i < options_.in_flight; ++i) {
                asio::co_spawn(io_, ask_until(end), asio::detached);
            }
        }
        asio::steady_timer timer(io_);
        while (steady::now() < end) {
            timer.expires_after(10ms);
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        const auto seconds = std::chrono::duration<double>(steady::now() - started_).count();
        const auto answered = report_.answered;
        const auto last = steady::now() + 10s;
        while (steady::now() < last && (waiting_ > 0 || in_flight_ > 0)) {
            timer.expires_after(10ms);
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        finish(seconds, answered);
        client_->stop();
        graph_->stop(1s);
    }

    /// Open loop: a message is due at its time whatever the server does; lateness counts.
    asio::awaitable<void> offer_at_rate(steady::time_point end) {
        asio::steady_timer timer(io_);
        const auto step = std::chrono::duration<double>(1.0 / options_.rate);
        for (std::int64_t n = 0;; ++n) {
            const auto due = started_ + std::chrono::duration_cast<steady::duration>(
                                            step * static_cast<double>(n));
            if (due >= end) co_return;
            if (due > steady::now()) {
                timer.expires_at(due);
                co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            }
            asio::co_spawn(io_, ask(due), asio::detached);
        }
    }

    /// Closed loop: one citizen after the other, each waiting for the answer.
    asio::awaitable<void> ask_until(steady::time_point end) {
        asio::steady_timer answered(io_);
        while (steady::now() < end) {
            answered.expires_at(steady::time_point::max());
            const auto question = co_await ask(steady::now(), &answered);
            if (!question->answered) {
                co_await answered.async_wait(asio::as_tuple(asio::use_awaitable));
            }
        }
    }

    struct pending {
        steady::time_point due;
        asio::steady_timer* wake = nullptr;
        bool answered = false;
    };

    asio::awaitable<std::shared_ptr<pending>> ask(steady::time_point due,
                                                  asio::steady_timer* wake = nullptr) {
        const auto n = report_.offered++;
        const auto citizen = std::to_string(options_.first_number + n % options_.citizens);
        const auto& voter = voters_[static_cast<std::size_t>(n) % voters_.size()];
        const auto body = message_body(citizen, n, voter);
        auto& outstanding = citizens_[citizen];
        auto question = std::make_shared<pending>(pending{due, wake, false});
        outstanding.push_back(question);
        ++waiting_;
        co_await deliver(body);
        acks_.push_back(milliseconds(steady::now() - due));
        co_return question;
    }

    std::string message_body(const std::string& citizen, std::int64_t n,
                             const voter_line& voter) const {
        const auto seconds = bot::system_clock_ms() / 1000;
        return envelope(fmt::format(
            R"("contacts":[{{"profile":{{"name":"Warga {0}"}},"wa_id":"{0}"}}],)"
            R"("messages":[{{"from":"{0}","id":"wamid.load.{0}.{1}.{2}","timestamp":"{3}",)"
            R"("type":"text","text":{{"body":"cek {4} {5}"}}}}])",
            citizen, n, options_.first_number, seconds, voter.nik, voter.name));
    }

    [[nodiscard]] std::string envelope(const std::string& content) const {
        return fmt::format(
            R"({{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":)"
            R"("messages","value":{{"messaging_product":"whatsapp","metadata":{{)"
            R"("display_phone_number":"6281100003603","phone_number_id":"{}"}},{}}}}}]}}]}})",
            options_.phone_number_id, content);
    }

    /// Posts a webhook until it is answered with 200, as Meta does.
    asio::awaitable<void> deliver(std::string body) {
        ++in_flight_;
        const auto signature = bot::sign_body(body, options_.app_secret);
        for (auto pause = 50ms; pause < 10s; pause *= 2) {
            const auto answer = co_await client_->send(
                "POST", "/webhook",
                {{"Content-Type", "application/json"}, {"X-Hub-Signature-256", signature}}, body);
            if (answer && answer->status == 200) break;
            ++report_.refused;
            asio::steady_timer timer(io_, pause);
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        --in_flight_;
    }

    asio::awaitable<net::response> answer_as_cloud_api(net::request request) {
        const auto message = nlohmann::json::parse(request.body, nullptr, false);
        net::response out;
        out.content_type = "application/json";
        if (message.is_object() && message.value("status", "") == "read") {
            out.body = R"({"success":true})";
            co_return out;
        }
        if (!message.is_object() || !message.contains("to")) {
            out.status = 400;
            out.body = R"({"error":{"code":100,"message":"bad message"}})";
            co_return out;
        }
        auto to = message["to"].get<std::string>();
        if (to.starts_with('+')) to.erase(0, 1);
        const auto wamid = fmt::format("wamid.answer.{}", ++answers_);
        take_answer(to);
        for (int i = 0; i < options_.statuses; ++i) {
            static constexpr const char* names[] = {"sent", "delivered", "read"};
            asio::co_spawn(io_,
                           deliver(envelope(fmt::format(
                               R"("statuses":[{{"id":"{}","status":"{}","timestamp":"{}",)"
                               R"("recipient_id":"{}","biz_opaque_callback_data":"{}","pricing":{{)"
                               R"("billable":true,"pricing_model":"PMP","type":"regular",)"
                               R"("category":"service"}}}}])",
                               wamid, names[i % 3], 1790000000, to,
                               message.value("biz_opaque_callback_data", "")))),
                           asio::detached);
        }
        out.body = fmt::format(R"({{"messaging_product":"whatsapp","contacts":[{{"input":"{0}",)"
                               R"("wa_id":"{0}"}}],"messages":[{{"id":"{1}"}}]}})",
                               to, wamid);
        co_return out;
    }

    void take_answer(const std::string& citizen) {
        auto found = citizens_.find(citizen);
        if (found == citizens_.end() || found->second.empty()) {
            ++report_.repeated;
            return;
        }
        const auto question = found->second.front();
        found->second.pop_front();
        question->answered = true;
        --waiting_;
        ++report_.answered;
        times_.push_back(milliseconds(steady::now() - question->due));
        if (question->wake != nullptr) question->wake->cancel();
    }

    void finish(double seconds, std::int64_t answered) {
        report_.lost = waiting_;
        report_.seconds = seconds;
        report_.per_second = static_cast<double>(answered) / seconds;
        std::ranges::sort(acks_);
        std::ranges::sort(times_);
        report_.ack_p50 = percentile(acks_, 0.5);
        report_.ack_p99 = percentile(acks_, 0.99);
        report_.ack_max = percentile(acks_, 1);
        report_.answer_p50 = percentile(times_, 0.5);
        report_.answer_p99 = percentile(times_, 0.99);
        report_.answer_max = percentile(times_, 1);
    }

    const load_options& options_;
    std::vector<voter_line> voters_;
    asio::io_context io_{1};
    std::unique_ptr<net::server> graph_;
    std::unique_ptr<net::client> client_;
    steady::time_point started_;
    std::unordered_map<std::string, std::deque<std::shared_ptr<pending>>> citizens_;
    std::int64_t waiting_ = 0;
    std::int64_t in_flight_ = 0;
    std::int64_t answers_ = 0;
    std::vector<double> acks_;
    std::vector<double> times_;
    load_report report_;
};

}  // namespace

std::expected<load_report, std::string> run_load(const load_options& options) {
    auto voters = read_voters(options.voters_csv);
    if (voters.empty()) {
        return std::unexpected(fmt::format("'{}' holds no voters that could be asked for",
                                           options.voters_csv.string()));
    }
    if (options.citizens < 1 || options.in_flight < 1) {
        return std::unexpected("at least one citizen and one message in flight are needed");
    }
    return load_run(options, std::move(voters)).run();
}

std::string to_text(const load_report& r) {
    return fmt::format(
        "{} messages offered, {} answered in {:.1f} s: {:.0f} a second\n"
        "acknowledged  p50 {:.2f} ms  p99 {:.2f} ms  max {:.2f} ms\n"
        "answered      p50 {:.2f} ms  p99 {:.2f} ms  max {:.2f} ms\n"
        "lost {}  repeated {}  webhooks delivered again {}\n",
        r.offered, r.answered, r.seconds, r.per_second, r.ack_p50, r.ack_p99, r.ack_max,
        r.answer_p50, r.answer_p99, r.answer_max, r.lost, r.repeated, r.refused);
}

std::string to_json(const load_report& r) {
    return nlohmann::json{{"offered", r.offered},
                          {"answered", r.answered},
                          {"seconds", r.seconds},
                          {"per_second", r.per_second},
                          {"ack_p50_ms", r.ack_p50},
                          {"ack_p99_ms", r.ack_p99},
                          {"ack_max_ms", r.ack_max},
                          {"answer_p50_ms", r.answer_p50},
                          {"answer_p99_ms", r.answer_p99},
                          {"answer_max_ms", r.answer_max},
                          {"lost", r.lost},
                          {"repeated", r.repeated},
                          {"delivered_again", r.refused}}
        .dump();
}

}  // namespace siwareng::tools
