#include "tools/emulator/core.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace siwareng::tools {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr std::int64_t wait_ms_max = 60'000;

net::response json_response(int status, const json& body) {
    return {.status = status,
            .content_type = "application/json",
            .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

net::response problem(int status, std::string_view words) {
    return json_response(status, {{"error", words}});
}

/// Is this the origin of a page on this machine? A page from elsewhere must not play citizens.
bool is_local_origin(std::string_view origin) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme)) origin.remove_prefix(scheme.size());
    }
    for (const std::string_view host : {"127.0.0.1", "localhost", "[::1]"}) {
        if (!origin.starts_with(host)) continue;
        const std::string_view rest = origin.substr(host.size());
        if (rest.empty() || rest.starts_with(':')) return true;
    }
    return false;
}

bool is_loopback(const std::string& remote) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(remote, error);
    if (error) return false;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
    }
    return address.is_loopback();
}

std::int64_t query_number(const net::request& request, std::string_view name) {
    const std::string_view text = net::find_header(request.query, name);
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return std::max<std::int64_t>(value, 0);
}

json describe(const citizen& who) {
    return {{"id", who.id},
            {"wa_id", who.wa_id},
            {"user_id", who.user_id},
            {"profile_name", who.profile_name},
            {"username", who.username},
            {"hide_phone", who.hide_phone},
            {"unreachable", who.unreachable},
            {"reads", who.reads}};
}

net::response write_message(emulator_core& core, citizen& from, const json& body) {
    const auto wamid = core.write(from, body);
    if (!wamid) return problem(400, wamid.error());
    return json_response(200, {{"wamid", *wamid}});
}

net::response write_again(emulator_core& core, citizen& from, const json& body) {
    const auto given = body.find("wamid");
    const bool named = given != body.end() && given->is_string();
    const std::string wamid = named ? given->get<std::string>() : std::string{};
    if (!core.write_again(from, wamid)) return problem(404, "no such message of this citizen");
    return json_response(200, {{"redelivered", true}});
}

/// `/emulator/citizens/{id}` and below.
asio::awaitable<net::response> answer_citizen(std::shared_ptr<emulator_core> core,
                                              net::request request) {
    const auto segments = path_segments(request.path);
    const std::string id(segments[2]);
    const std::string_view what = segments.size() == 4 ? segments[3] : std::string_view{};
    if (!emulator_core::is_citizen_id(id)) {
        co_return problem(400, "a citizen is named by digits or by a user id");
    }
    if (request.method == "GET" && what == "messages") {
        const auto wait = std::min(query_number(request, "wait_ms"), wait_ms_max);
        const auto after = static_cast<std::uint64_t>(query_number(request, "after"));
        const json found =
            co_await emulator_core::messages(core, id, after, std::chrono::milliseconds(wait));
        co_return json_response(200, found);
    }
    citizen& who = core->citizen_of(id);
    if (request.method == "GET" && what.empty()) co_return json_response(200, describe(who));
    if (request.method != "POST") co_return problem(405, "this address takes POST only");
    const json body =
        request.body.empty() ? json::object() : json::parse(request.body, nullptr, false);
    if (!body.is_object()) co_return problem(400, "the body must be a JSON object");
    if (what.empty()) {
        core->configure(who, body);
        co_return json_response(200, describe(who));
    }
    if (what == "messages") co_return write_message(*core, who, body);
    if (what == "again") co_return write_again(*core, who, body);
    co_return problem(404, "no such address");
}

asio::awaitable<net::response> answer_local(std::shared_ptr<emulator_core> core,
                                            net::request request) {
    const auto segments = path_segments(request.path);
    const std::string_view what = segments.size() > 1 ? segments[1] : std::string_view{};
    if (what == "citizens" && (segments.size() == 3 || segments.size() == 4)) {
        co_return co_await answer_citizen(std::move(core), std::move(request));
    }
    if (what == "stats" && segments.size() == 2 && request.method == "GET") {
        co_return json_response(200, core->stats());
    }
    if (what == "raw" && segments.size() == 2 && request.method == "POST") {
        const json answer = co_await emulator_core::post_raw(core, std::move(request.body));
        co_return json_response(200, answer);
    }
    co_return problem(404, "no such address");
}

}  // namespace

asio::awaitable<net::response> answer_control(std::shared_ptr<emulator_core> core,
                                              net::request request) {
    if (!is_loopback(request.remote)) {
        co_return problem(403, "the control API is for this machine only");
    }
    const std::string origin(net::find_header(request.headers, "origin"));
    if (!origin.empty() && !is_local_origin(origin)) {
        co_return problem(403, "the control API is for pages of this machine only");
    }
    net::response answer;
    if (request.method == "OPTIONS") {
        answer = {.status = 204,
                  .headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                              {"Access-Control-Allow-Headers", "Content-Type"}}};
    } else {
        answer = co_await answer_local(std::move(core), std::move(request));
    }
    if (!origin.empty()) answer.headers.emplace_back("Access-Control-Allow-Origin", origin);
    co_return answer;
}

}  // namespace siwareng::tools
