#include "bot/sending/cloud_api.hpp"

#include "bot/sending/message.hpp"

#include <nlohmann/json.hpp>

#include <expected>
#include <utility>

namespace siwareng::bot {
namespace {

namespace asio = boost::asio;

class cloud_api_client final : public cloud_api {
  public:
    cloud_api_client(net::client& client, std::string graph_version)
        : client_(client), graph_version_(std::move(graph_version)) {}

    asio::awaitable<send_outcome> send_message(const channel& from, std::string body) override {
        const auto answer = co_await post(from, std::move(body));
        if (answer) co_return read_send_response(*answer);
        // A client that was stopped gave the request up before a byte of it left.
        if (answer.error().code == net::net_errc::in_doubt) {
            co_return send_in_doubt{answer.error().message};
        }
        co_return send_not_sent{answer.error().message};
    }

    asio::awaitable<bool> mark_read(const channel& from, std::string wamid) override {
        const auto answer = co_await post(from, mark_read_message(wamid));
        if (!answer || answer->status != 200) co_return false;
        const auto body = nlohmann::json::parse(answer->body, nullptr, false);
        if (!body.is_object()) co_return false;
        const auto success = body.find("success");
        co_return success != body.end() && success->is_boolean() && success->get<bool>();
    }

  private:
    asio::awaitable<std::expected<net::response, net::net_error>> post(const channel& from,
                                                                       std::string body) {
        net::header_list headers;
        headers.emplace_back("Authorization", "Bearer " + from.access_token);
        headers.emplace_back("Content-Type", "application/json");
        std::string target = "/" + graph_version_ + "/";
        target += net::url_encode(from.phone_number_id);
        target += "/messages";
        co_return co_await client_.send("POST", std::move(target), std::move(headers),
                                        std::move(body));
    }

    net::client& client_;
    std::string graph_version_;
};

}  // namespace

std::unique_ptr<cloud_api> create_cloud_api(net::client& client, std::string graph_version) {
    return std::make_unique<cloud_api_client>(client, std::move(graph_version));
}

}  // namespace siwareng::bot
