#include "dialogs/session.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace siwareng::dialogs {
namespace {

session rich_session() {
    session out;
    out.lang = language::jv;
    out.wait_seq = 18'446'744'073'709'551'615U;
    out.stack.push_back({"menu", 3, "services", {}, 0, {}, {}});
    out.stack.push_back({"voter_status",
                         1,
                         "who",
                         {{"name", "Siti \"Aminah\"\n\u00e9\u20ac"}, {"", std::string("a\0b", 3)}},
                         2,
                         {"who", "who"},
                         {"nik"}});
    return out;
}

TEST(session_json, round_trip_is_exact) {
    for (const session& each : {session{}, rich_session()}) {
        const auto read = session_from_json(to_json(each));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, each);
    }
    EXPECT_EQ(to_json(session{}), R"({"lang":"id","seq":0,"stack":[],"v":1})");
}

TEST(session_json, invalid_utf8_is_replaced) {
    session broken = rich_session();
    broken.stack.front().vars["x"] = "a\xff";
    const auto read = session_from_json(to_json(broken));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->stack.front().vars.at("x"), "a\xEF\xBF\xBD");
}

TEST(session_json, refuses_all_else) {
    const std::string frame_start = R"({"v":1,"lang":"id","seq":0,"stack":[{"flow":"f","rev":1,)";
    const std::vector<std::string> cases = {
        "",
        "{}",
        "[]",
        "null",
        "1",
        "\"x\"",
        "{",
        std::string(100'000, '['),
        R"({"v":1,"lang":"id","seq":0,"stack":[]} x)",
        R"({"v":2,"lang":"id","seq":0,"stack":[]})",
        R"({"v":"1","lang":"id","seq":0,"stack":[]})",
        R"({"lang":"id","seq":0,"stack":[]})",
        R"({"v":1,"lang":"xx","seq":0,"stack":[]})",
        R"({"v":1,"lang":null,"seq":0,"stack":[]})",
        R"({"v":1,"lang":"id","seq":-1,"stack":[]})",
        R"({"v":1,"lang":"id","seq":1.5,"stack":[]})",
        R"({"v":1,"lang":"id","seq":99999999999999999999,"stack":[]})",
        R"({"v":1,"lang":"id","seq":0,"stack":{}})",
        R"({"v":1,"lang":"id","seq":0,"stack":null})",
        R"({"v":1,"lang":"id","seq":0,"stack":[1]})",
        R"({"v":1,"lang":"id","seq":0,"stack":[{}]})",
        R"({"v":1,"lang":"id","seq":0,"stack":[],"more":1})",
        frame_start + "}]}",
        frame_start + R"("node":1}]})",
        frame_start + R"("node":"n","vars":[]}]})",
        frame_start + R"("node":"n","vars":{"a":1}}]})",
        frame_start + R"("node":"n","vars":null}]})",
        frame_start + R"("node":"n","retries":-1}]})",
        frame_start + R"("node":"n","retries":9999999999}]})",
        frame_start + R"("node":"n","back":"x"}]})",
        frame_start + R"("node":"n","given":[1]}]})",
        frame_start + R"("node":"n","other":1}]})",
        std::string("{\"v\":1,\"lang\":\"id\",\"seq\":0,\"stack\":[],\"\xff\":1}"),
    };
    for (const std::string& each : cases) {
        const auto read = session_from_json(each);
        ASSERT_FALSE(read) << each.substr(0, 200);
        EXPECT_EQ(read.error(), errc::bad_session);
    }
}

TEST(session_json, survives_any_bytes) {
    std::mt19937 random(3);
    const std::string whole = to_json(rich_session());
    for (int at = 0; at < 20'000; ++at) {
        std::string text = whole;
        for (int change = 0; change < 3; ++change) {
            text[random() % text.size()] = static_cast<char>(random() % 256);
        }
        if (at % 3 == 0) text.resize(random() % text.size());
        const auto read = session_from_json(text);
        if (read) EXPECT_EQ(session_from_json(to_json(*read)), *read);
    }
}

TEST(language, codes) {
    for (const language each : {language::id, language::en, language::su, language::jv}) {
        EXPECT_EQ(language_from_string(to_string(each)), each);
    }
    for (const std::string_view each : {"", "ID", "ms", "id "}) {
        EXPECT_FALSE(language_from_string(each)) << each;
    }
}

}  // namespace
}  // namespace siwareng::dialogs
