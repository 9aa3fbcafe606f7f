#include "bot/webhook/signature.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace siwareng::bot {
namespace {

struct vector_case {
    std::string_view name;
    std::string secret;
    std::string body;
    std::size_t body_bytes;
    std::string_view hex;
};

const std::vector<vector_case>& vectors() {
    static const std::vector<vector_case> all{
        {"compact", "test_app_secret", R"({"object":"whatsapp_business_account","entry":[]})", 49,
         "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"},
        {"spaced", "test_app_secret", R"({"object": "whatsapp_business_account", "entry": []})", 52,
         "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a"},
        {"other_secret", "otro_secreto", R"({"object":"whatsapp_business_account","entry":[]})", 49,
         "769b03d8c2ae6498f2d1e1f7299c0ba55448c69d741e7b0bb243d852d8a8d8c7"},
        {"escaped", "test_app_secret",
         R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":)"
         R"({"messages":[{"text":{"body":"\u00e4\u00f6\u00e5 a\u0040b.c https:\/\/x.y )"
         R"(\ud83d\ude00"}}]},"field":"messages"}]}]})",
         192, "f2b6ec7be6a7af2d2a08cec248d7aa7fc5babd399b5b2ce7354e9f4052093a26"},
        {"utf8", "test_app_secret",
         R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":)"
         R"({"messages":[{"text":{"body":"äöå a@b.c https://x.y 😀"}}]},"field":"messages"}]}]})",
         165, "e4a10d454238001f56ce5f571f47ce0457a21865d7b565d0610e820e4d4cb3a5"},
    };
    return all;
}

TEST(signature, vectors) {
    for (const vector_case& v : vectors()) {
        SCOPED_TRACE(v.name);
        EXPECT_EQ(v.body.size(), v.body_bytes);
        const std::string header = "sha256=" + std::string(v.hex);
        EXPECT_EQ(sign_body(v.body, v.secret), header);
        EXPECT_TRUE(verify_signature(header, v.body, {v.secret}));
        EXPECT_FALSE(verify_signature(header, v.body, {v.secret + "x"}));
        EXPECT_FALSE(verify_signature(header, v.body + " ", {v.secret}));
    }
}

TEST(signature, one_document_with_other_bytes_is_another_message) {
    const std::string header = "sha256=" + std::string(vectors()[3].hex);
    EXPECT_FALSE(verify_signature(header, vectors()[4].body, {"test_app_secret"}));
}

TEST(signature, any_of_several_secrets) {
    const std::string header = sign_body("{}", "second");
    EXPECT_TRUE(verify_signature(header, "{}", {"first", "second", "third"}));
    EXPECT_TRUE(verify_signature(header, "{}", {"second", "second"}));
    EXPECT_FALSE(verify_signature(header, "{}", {"first", "third"}));
    EXPECT_FALSE(verify_signature(header, "{}", {}));
}

TEST(signature, an_empty_secret_never_matches) {
    const std::string header = sign_body("{}", "");
    EXPECT_EQ(header.size(), 71U);
    EXPECT_FALSE(verify_signature(header, "{}", {""}));
    EXPECT_FALSE(verify_signature(header, "{}", {"", "other"}));
}

TEST(signature, header_of_another_form) {
    const std::string good = sign_body("{}", "secret");
    ASSERT_TRUE(verify_signature(good, "{}", {"secret"}));
    std::string upper = good;
    for (char& c : upper) {
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    std::string not_hex = good;
    not_hex[20] = 'g';
    const std::vector<std::string> bad{"",
                                       "sha256=",
                                       good.substr(7),
                                       good.substr(0, 70),
                                       good + "0",
                                       " " + good,
                                       good + " ",
                                       "sha1=" + good.substr(7),
                                       "SHA256=" + good.substr(7),
                                       "sha256=" + upper.substr(7),
                                       not_hex,
                                       "sha256=" + std::string(64, '\0'),
                                       "sha256=" + std::string(64, '\xff')};
    for (const std::string& header : bad) {
        EXPECT_FALSE(verify_signature(header, "{}", {"secret"})) << header;
    }
}

TEST(signature, every_changed_digit_is_noticed) {
    const std::string good = sign_body("body", "secret");
    for (std::size_t i = 7; i < good.size(); ++i) {
        std::string changed = good;
        changed[i] = changed[i] == '0' ? '1' : '0';
        EXPECT_FALSE(verify_signature(changed, "body", {"secret"})) << i;
    }
}

TEST(signature, long_keys_and_large_bodies) {
    const std::string body(3U << 20U, 'x');
    const std::string key(200, 'k');
    EXPECT_TRUE(verify_signature(sign_body(body, key), body, {key}));
}

TEST(signature, threads_do_not_share_state) {
    std::vector<std::jthread> threads;
    std::vector<int> right(4);
    threads.reserve(right.size());
    for (std::size_t t = 0; t < right.size(); ++t) {
        threads.emplace_back([t, &right] {
            const std::string secret = "secret" + std::to_string(t);
            const std::string header = sign_body("body", secret);
            for (int i = 0; i < 500; ++i)
                right[t] += verify_signature(header, "body", {secret});
        });
    }
    threads.clear();
    EXPECT_EQ(right, std::vector<int>({500, 500, 500, 500}));
}

}  // namespace
}  // namespace siwareng::bot
