#include "bot/sending/error_table.hpp"

#include "bot/sending/cloud_api.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace siwareng::bot {
namespace {

using enum error_action;

struct action_case {
    error_action action;
    std::vector<int> codes;
};

TEST(error_table, knows_every_code_of_the_reference) {
    const std::vector<action_case> cases{
        {slow_number, {130429}},
        {retry_pair, {131056}},
        {retry_later, {4, 17, 613, 80007, 131057, 131208, 133016, 2494100}},
        {retry, {1, 2, 131000, 131016, 131053, 133004}},
        {hold_number, {131048, 131064}},
        {needs_template, {131047}},
        {block_recipient, {131026}},
        // The recipient: limits, opt-outs, experiments, wrong numbers, another identity.
        {permanent, {130472, 131021, 131030, 131049, 131050, 131062, 131063, 137000}},
        // Our mistakes.
        {permanent, {33, 100, 131008, 131009, 131051, 131052, 131060, 135000}},
        {permanent, {132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018}},
        {permanent, {132068, 132069, 134011, 134100, 134101, 134102}},
        {permanent, {130501, 131020, 131041, 131059, 131201, 131207, 131209, 131215}},
        {permanent, {138000, 138018, 139000, 139999, 2388000, 2388999, 2593000, 2593999}},
        {stop_channel, {0, 3, 10, 190, 200, 250, 299, 131005}},
        {stop_channel, {368, 130497, 131031, 131037, 131042, 131045}},
        {stop_channel, {133000, 133005, 133006, 133008, 133009, 133010, 133015}},
    };
    for (const auto& [action, codes] : cases) {
        for (const int code : codes) {
            ASSERT_NE(find_error(code), nullptr) << code;
            EXPECT_EQ(action_for(code, 400), action) << code;
            if (code == 0) continue;
            // The HTTP status of a code changed over the years, so it must not matter.
            EXPECT_EQ(action_for(code, 500), action) << code;
            EXPECT_EQ(action_for(code, 429), action) << code;
        }
    }
}

TEST(error_table, goes_by_the_http_status_where_the_code_is_unknown) {
    struct row {
        int code;
        int status;
        error_action action;
    };
    for (const auto& [code, status, action] : std::vector<row>{{424242, 400, permanent},
                                                               {424242, 403, permanent},
                                                               {424242, 404, permanent},
                                                               {424242, 408, retry},
                                                               {424242, 429, slow_number},
                                                               {424242, 500, retry},
                                                               {424242, 503, retry},
                                                               {0, 503, retry},
                                                               {0, 401, stop_channel},
                                                               {199, 400, permanent},
                                                               {300, 400, permanent},
                                                               {131216, 400, permanent},
                                                               {-1, 400, permanent},
                                                               {2147483647, 400, permanent}}) {
        EXPECT_EQ(action_for(code, status), action) << code << ' ' << status;
    }
}

TEST(error_table, is_ordered_and_explains_each_row) {
    int last = -1;
    for (const auto& row : error_table()) {
        EXPECT_GT(row.first, last);
        EXPECT_LE(row.first, row.last);
        EXPECT_FALSE(row.meaning.empty());
        EXPECT_EQ(find_error(row.first), &row);
        EXPECT_EQ(find_error(row.last), &row);
        last = row.last;
    }
    for (const auto value : {retry, slow_number, retry_pair, retry_later, hold_number,
                             block_recipient, needs_template, stop_channel, permanent}) {
        EXPECT_NE(to_string(value), "unknown");
    }
}

send_outcome read(int status, std::string body) {
    net::response answer;
    answer.status = status;
    answer.body = std::move(body);
    return read_send_response(answer);
}

TEST(send_response, accepted) {
    const auto both = read(200, R"({"messaging_product":"whatsapp",
        "contacts":[{"input":"+62812","wa_id":"62812"}],"messages":[{"id":"wamid.A"}]})");
    ASSERT_TRUE(std::holds_alternative<send_accepted>(both));
    EXPECT_EQ(std::get<send_accepted>(both).wamid, "wamid.A");
    EXPECT_EQ(std::get<send_accepted>(both).wa_id, "62812");

    // Sent to a business-scoped user id: no wa_id.
    const auto bsuid = read(200, R"({"contacts":[{"input":"ID.1","user_id":"ID.1"}],
        "messages":[{"id":"wamid.B","message_status":"accepted"}]})");
    ASSERT_TRUE(std::holds_alternative<send_accepted>(bsuid));
    EXPECT_EQ(std::get<send_accepted>(bsuid).wa_id, "");

    EXPECT_TRUE(std::holds_alternative<send_accepted>(
        read(201, R"({"messages":[{"id":"wamid.C"}],"contacts":7})")));
}

TEST(send_response, in_doubt_where_nobody_can_know) {
    for (const auto& [status, body] :
         std::vector<std::pair<int, std::string>>{{200, ""},
                                                  {200, "{}"},
                                                  {200, "ok"},
                                                  {200, "[]"},
                                                  {200, R"({"messages":[]})"},
                                                  {200, R"({"messages":[{}]})"},
                                                  {200, R"({"messages":[{"id":""}]})"},
                                                  {200, R"({"messages":[{"id":5}]})"},
                                                  {200, R"({"messages":["wamid.A"]})"},
                                                  {200, R"({"messages":[{"id":"wam)"},
                                                  {204, ""},
                                                  {500, ""},
                                                  {502, "<html>"},
                                                  {503, R"({"reason":"busy"})"},
                                                  {504, R"({"error":"gateway"})"},
                                                  {500, R"({"error":{"message":"no code"}})"}}) {
        EXPECT_TRUE(std::holds_alternative<send_in_doubt>(read(status, body)))
            << status << ' ' << body;
    }
}

TEST(send_response, refused) {
    struct row {
        int status;
        std::string body;
        int code;
        error_action action;
    };
    for (const auto& [status, body, code, action] :
         std::vector<row>{{400, R"({"error":{"message":"(#130429) Rate limit hit","code":130429}})",
                           130429, slow_number},
                          {500, R"({"error":{"code":131000}})", 131000, retry},
                          {503, R"({"error":{"code":2,"is_transient":true}})", 2, retry},
                          {401, R"({"error":{"code":190,"error_subcode":463}})", 190, stop_channel},
                          // A string where Meta documents a number, and an error under HTTP 200.
                          {400, R"({"error":{"code":"131026"}})", 131026, block_recipient},
                          {200, R"({"error":{"code":131047}})", 131047, needs_template},
                          {400, R"({"error":{"code":777777,"is_transient":true}})", 777777, retry},
                          {400, R"({"error":{"code":777777}})", 777777, permanent},
                          {400, R"({"error":{"code":100,"is_transient":true}})", 100, permanent},
                          {500, R"({"error":{"code":0}})", 0, retry},
                          // What is no Graph error came from a proxy.
                          {400, "", 0, permanent},
                          {403, "<html>forbidden</html>", 0, permanent},
                          {404, R"({"error":"nope"})", 0, permanent},
                          {400, R"({"error":{"code":1.5}})", 0, permanent},
                          {400, R"({"error":{"code":-4}})", 0, permanent},
                          {400, R"({"error":{"code":99999999999}})", 0, permanent},
                          {429, "slow down", 0, slow_number},
                          {408, "", 0, retry},
                          {302, "", 0, retry_later}}) {
        const auto outcome = read(status, body);
        ASSERT_TRUE(std::holds_alternative<send_refused>(outcome)) << status << ' ' << body;
        const auto& refused = std::get<send_refused>(outcome);
        EXPECT_EQ(refused.error_code, code) << body;
        EXPECT_EQ(refused.http_status, status) << body;
        EXPECT_EQ(refused.action, action) << status << ' ' << body;
    }
}

TEST(send_response, detail_joins_message_and_error_data) {
    const auto detail = [](std::string body) {
        return std::get<send_refused>(read(400, std::move(body))).detail;
    };
    EXPECT_EQ(detail(R"({"error":{"code":131030,"message":"(#131030) Not allowed",
        "error_data":{"messaging_product":"whatsapp",
        "details":"+62 812-3456-7890 is no tester"}}})"),
              "(#131030) Not allowed: +# is no tester");
    EXPECT_EQ(detail(R"({"error":{"code":100,"message":"Bad","error_data":"id 628123456789"}})"),
              "Bad: id #");
    EXPECT_EQ(detail(R"({"error":{"code":100,"error_data":"only data"}})"), "only data");
    EXPECT_EQ(detail(R"({"error":{"code":100,"message":7,"error_data":[1]}})"), "");
}

TEST(mask_personal, hides_what_identifies_a_person) {
    for (const auto& [text, masked] : std::vector<std::pair<std::string, std::string>>{
             {"", ""},
             {"plain words", "plain words"},
             {"(#131026) Undeliverable", "(#131026) Undeliverable"},
             {"6281234567890", "#"},
             {"to 3603012345678901!", "to #!"},
             {"+62 812-3456-7890 x", "+# x"},
             {"(021) 555.1234", "(#"},
             {"1,024 characters, 4096 max", "1,024 characters, 4096 max"},
             {"user US.13491208655302741918 left", "user # left"},
             {"user ID.ENT.a8B9c0d1 left", "user # left"},
             {"e.g. U.S. law", "e.g. U.S. law"},
             {"line\nbreak\ttab", "line break tab"}}) {
        EXPECT_EQ(mask_personal(text), masked) << text;
    }
}

TEST(mask_personal, cuts_between_characters) {
    EXPECT_EQ(mask_personal("abcdef", 3), "abc");
    EXPECT_EQ(mask_personal("ab\xC3\xA9", 3), "ab");
    EXPECT_EQ(mask_personal("ab\xC3\xA9", 4), "ab\xC3\xA9");
    EXPECT_EQ(mask_personal("a\xF0\x9F\x98\x80z", 3), "a");
}

}  // namespace
}  // namespace siwareng::bot
