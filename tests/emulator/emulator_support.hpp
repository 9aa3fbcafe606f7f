#pragma once

#include "bot/webhook/signature.hpp"
#include "tests/bot/net_support.hpp"
#include "tools/emulator.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace siwareng::tools::testing {

using namespace std::chrono_literals;
using net::testing::background;
using net::testing::eventually;
using nlohmann::json;

inline const std::string app_secret = "rahasia";
inline const std::string access_token = "token";
inline const std::string number_id = "106540352242922";
inline const std::string citizen = "6281234567890";

/// What came to the webhook.
struct received {
    std::string body;
    std::string signature;
    int answered = 200;

    /// `value` of the one change.
    json value() const { return json::parse(body)["entry"][0]["changes"][0]["value"]; }
};

/// A webhook that keeps what comes and answers as it is told.
class webhook {
  public:
    explicit webhook(background& in)
        : server_(net::testing::start_server(
              in, {}, [this](net::request request) { return answer(*this, std::move(request)); })) {
    }

    std::string url() const { return net::testing::url_of(*server_) + "/webhook"; }
    /// Ends the connections; requests in progress may still look at this object until the
    /// background is joined.
    void stop() { server_->stop(std::chrono::milliseconds(0)); }

    /// The next answers, then 200.
    void will_answer(std::deque<int> statuses) {
        const std::scoped_lock lock(mutex_);
        planned_ = std::move(statuses);
    }
    std::vector<received> all() const {
        const std::scoped_lock lock(mutex_);
        return received_;
    }
    /// The statuses of a message that were answered with 200, in the order in which they came.
    std::vector<std::string> statuses(const std::string& wamid) const {
        std::vector<std::string> names;
        for (const auto& one : all()) {
            const json value = one.value();
            if (one.answered != 200 || !value.contains("statuses")) continue;
            if (value["statuses"][0]["id"] == wamid)
                names.push_back(value["statuses"][0]["status"]);
        }
        return names;
    }
    bool wait_for(std::size_t count) const {
        return eventually([&] { return all().size() >= count; });
    }

  private:
    static net::testing::asio::awaitable<net::response> answer(webhook& self,
                                                               net::request request) {
        const std::scoped_lock lock(self.mutex_);
        net::response out;
        if (!self.planned_.empty()) {
            out.status = self.planned_.front();
            self.planned_.pop_front();
        }
        self.received_.push_back(
            {std::move(request.body),
             std::string(net::find_header(request.headers, "x-hub-signature-256")), out.status});
        co_return out;
    }

    mutable std::mutex mutex_;
    std::deque<int> planned_;
    std::vector<received> received_;
    std::unique_ptr<net::server> server_;
};

/// An emulator with clients for both of its sides.
class running_emulator {
  public:
    running_emulator(background& in, emulator_options options) : in_(in) {
        options.app_secret = app_secret;
        options.access_token = access_token;
        options.phone_number_id = number_id;
        options.display_phone = "+62 811-0000-3603";
        options.seed = 5;
        auto made = create_emulator(in.executor(), options);
        if (!made) throw std::runtime_error(made.error());
        emulator_ = std::move(*made);
        client_ = net::testing::start_client(in, {.base_url = url()});
    }
    running_emulator(const running_emulator&) = delete;
    running_emulator& operator=(const running_emulator&) = delete;
    ~running_emulator() {
        emulator_->stop();
        in_.call([&] { client_.reset(); });
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(emulator_->port()); }
    std::uint16_t port() const { return emulator_->port(); }
    void stop() { emulator_->stop(); }

    net::response call(std::string method, std::string target, std::string body = {},
                       net::header_list headers = {}) {
        auto got = in_.run(client_->send(std::move(method), std::move(target), std::move(headers),
                                         std::move(body)));
        if (!got) throw std::runtime_error(got.error().message);
        return std::move(*got);
    }
    /// The control API, where success is expected.
    json control(std::string method, std::string target, const json& body = nullptr) {
        const auto got = call(std::move(method), "/emulator" + target,
                              body.is_null() ? std::string{} : body.dump());
        if (got.status != 200) throw std::runtime_error(got.body);
        return json::parse(got.body);
    }
    /// The Graph API, with the right token.
    net::response graph(std::string method, const std::string& below, std::string body = {},
                        net::header_list headers = {}) {
        headers.emplace_back("Authorization", "Bearer " + access_token);
        return call(std::move(method), "/v26.0/" + below, std::move(body), std::move(headers));
    }
    net::response send(const json& message) {
        return graph("POST", number_id + "/messages", message.dump());
    }
    /// Sends a text and returns its wamid.
    std::string send_text(const std::string& body, json more = json::object()) {
        json message{{"messaging_product", "whatsapp"},
                     {"to", "+" + citizen},
                     {"type", "text"},
                     {"text", {{"body", body}}}};
        message.update(more);
        const auto got = send(message);
        if (got.status != 200) throw std::runtime_error(got.body);
        return json::parse(got.body)["messages"][0]["id"];
    }
    std::string write(const json& form, const std::string& who = citizen) {
        return control("POST", "/citizens/" + who + "/messages", form)["wamid"];
    }
    std::string write_text(const std::string& words) {
        return write({{"type", "text"}, {"text", words}});
    }

  private:
    background& in_;
    std::unique_ptr<emulator> emulator_;
    std::unique_ptr<net::client> client_;
};

}  // namespace siwareng::tools::testing
