#include "bot/sending/cloud_api.hpp"

#include "bot/sending/message.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;

class cloud_api_client final : public cloud_api {
  public:
    cloud_api_client(net::client& client, std::string graph_version)
        : client_(client), graph_version_(std::move(graph_version)) {}

    asio::awaitable<send_outcome> send_message(const channel& from, std::string body) override {
        const auto answer =
            co_await client_.send("POST", target(from), headers(from), std::move(body));
        if (answer) co_return read_send_response(*answer);
        // A client that was stopped gave the request up before a byte of it left.
        if (answer.error().code == net::net_errc::in_doubt) {
            co_return send_in_doubt{answer.error().message};
        }
        co_return send_not_sent{answer.error().message};
    }

    asio::awaitable<bool> mark_read(const channel& from, std::string wamid) override {
        const auto answer =
            co_await client_.send("POST", target(from), headers(from), mark_read_message(wamid));
        if (!answer || answer->status != 200) co_return false;
        const auto body = nlohmann::json::parse(answer->body, nullptr, false);
        if (!body.is_object()) co_return false;
        const auto success = body.find("success");
        co_return success != body.end() && success->is_boolean() && success->get<bool>();
    }

  private:
    std::string target(const channel& from) const {
        return "/" + graph_version_ + "/" + net::url_encode(from.phone_number_id) + "/messages";
    }
    static net::header_list headers(const channel& from) {
        return {{"Authorization", "Bearer " + from.access_token},
                {"Content-Type", "application/json"}};
    }

    net::client& client_;
    std::string graph_version_;
};

}  // namespace

std::unique_ptr<cloud_api> create_cloud_api(net::client& client, std::string graph_version) {
    return std::make_unique<cloud_api_client>(client, std::move(graph_version));
}

}  // namespace siwareng::bot
