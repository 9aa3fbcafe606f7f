#pragma once

#include "bot/net/http.hpp"
#include "tools/emulator.hpp"
#include "tools/emulator/delivery.hpp"
#include "tools/emulator/encoding.hpp"
#include "tools/emulator/event_log.hpp"
#include "tools/emulator/graph_error.hpp"
#include "tools/emulator/media_store.hpp"
#include "tools/emulator/scheduler.hpp"
#include "tools/emulator/send_request.hpp"
#include "tools/emulator/webhook_body.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace siwareng::tools {

/// A message that the business sent to a citizen.
struct sent_message {
    std::uint64_t seq = 0;
    std::string wamid;
    std::int64_t at_ms = 0;
    nlohmann::json message;
    nlohmann::json statuses = nlohmann::json::array();
};

/// A webhook that can be delivered once more.
struct kept_webhook {
    std::string wamid;
    std::string body;
};

/// Fills up steadily to its capacity.
struct token_bucket {
    double tokens = 0;
    std::int64_t filled_ms = 0;

    /// Takes one token if there is one.
    bool take(std::int64_t now_ms, double capacity, double tokens_per_s);
};

/// Someone who writes to the business.
struct citizen {
    std::string id;       ///< as in the path of the control API: a number or a user id
    std::string wa_id;    ///< empty for someone known by user id only
    std::string user_id;  ///< business-scoped user id
    std::string profile_name;
    std::string username;
    bool hide_phone = false;   ///< a username was adopted: webhooks do not carry the number
    bool unreachable = false;  ///< every message to them fails with 131026
    bool reads = true;         ///< sends read receipts

    std::int64_t last_written_ms = 0;
    token_bucket pair;
    std::deque<sent_message> inbox;
    std::deque<kept_webhook> webhooks;
    std::list<boost::asio::steady_timer*> waiting;
};

/// Everything that the emulator knows. All of it on one strand.
class emulator_core : public std::enable_shared_from_this<emulator_core> {
  public:
    emulator_core(const boost::asio::any_io_executor& strand, const emulator_options& options,
                  std::unique_ptr<event_log> log, std::shared_ptr<net::client> client,
                  std::string webhook_target);

    /// Makes the delivery queue; once, before anything else.
    void start();

    void stop();
    [[nodiscard]] std::int64_t now_ms() const;
    void set_port(std::uint16_t port) { port_ = port; }

    // The Graph API's side.
    [[nodiscard]] bool is_authorized(std::string_view authorization) const;
    [[nodiscard]] const emulator_options& options() const { return options_; }
    /// The response to a send or a read receipt.
    std::expected<nlohmann::json, graph_error> send(const nlohmann::json& body);
    net::response refuse(const graph_error& error, const nlohmann::json& request);
    media_store& media() { return media_; }
    [[nodiscard]] std::string media_url(std::string_view id) const;
    event_log& log() { return *log_; }

    // The control API's side.
    /// A phone number or a business-scoped user id?
    static bool is_citizen_id(std::string_view id);
    citizen& citizen_of(const std::string& id);
    /// The wamid of the message that was put on its way.
    std::expected<std::string, std::string> write(citizen& from, const nlohmann::json& form);
    /// Delivers the same bytes again; the last ones where `wamid` is empty.
    bool write_again(citizen& from, std::string_view wamid);
    void configure(citizen& who, const nlohmann::json& settings);
    /// Messages after `after`; waits for the first one if need be.
    static boost::asio::awaitable<nlohmann::json> messages(std::shared_ptr<emulator_core> self,
                                                           std::string citizen_id,
                                                           std::uint64_t after,
                                                           std::chrono::milliseconds wait);
    /// Posts a body once, signed, and returns the server's answer.
    static boost::asio::awaitable<nlohmann::json> post_raw(std::shared_ptr<emulator_core> self,
                                                           std::string body);
    [[nodiscard]] nlohmann::json stats() const;

  private:
    std::expected<nlohmann::json, graph_error> receive_receipt(const send_request& request);
    std::expected<void, graph_error> check_surroundings(const send_request& request);
    std::expected<void, graph_error> check_rates(citizen& to);
    citizen* recipient_of(const send_request& request);
    /// The error with which an accepted message will fail; code 0 for none.
    graph_error later_failure(const send_request& request, const citizen* to);
    void plan_statuses(const send_request& request, const std::string& wamid, citizen* to,
                       const graph_error& failure);
    void produce_status(const webhook_status& status, const std::string& citizen_id,
                        const webhook_person& person);
    void log_attempt(const delivery_attempt& attempt);
    void deliver(const std::string& citizen_id, std::string kind, std::string wamid,
                 std::string body);
    [[nodiscard]] nlohmann::json find_option(const citizen& of, std::string_view id) const;
    [[nodiscard]] webhook_person person_of(const citizen& who) const;
    [[nodiscard]] business_number number() const;

    boost::asio::any_io_executor strand_;
    emulator_options options_;
    std::unique_ptr<event_log> log_;
    std::shared_ptr<net::client> client_;
    std::shared_ptr<scheduler> timers_;
    std::shared_ptr<delivery_queue> deliveries_;
    std::string webhook_target_;
    wamid_source wamids_;
    media_store media_;
    std::map<std::string, citizen, std::less<>> citizens_;
    std::unordered_map<std::string, std::string> ids_by_user_id_;
    /// Messages of citizens, so that receipts and reactions can be checked.
    std::unordered_map<std::string, std::string> written_;
    token_bucket number_rate_;
    std::atomic<std::uint16_t> port_ = 0;
    bool stopped_ = false;
    std::uint64_t written_count_ = 0;
    std::uint64_t accepted_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t receipts_ = 0;
    std::uint64_t statuses_ = 0;
};

/// Answers what a business sends to graph.facebook.com.
net::response answer_graph(emulator_core& core, const net::request& request);
/// Answers the control API, `/emulator/...`.
boost::asio::awaitable<net::response> answer_control(std::shared_ptr<emulator_core> core,
                                                     net::request request);
/// The parts of a path between its slashes.
std::vector<std::string_view> path_segments(std::string_view path);

}  // namespace siwareng::tools
