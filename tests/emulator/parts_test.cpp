#include "tools/emulator/chat_view.hpp"
#include "tools/emulator/citizen_message.hpp"
#include "tools/emulator/core.hpp"
#include "tools/emulator/encoding.hpp"
#include "tools/emulator/media_store.hpp"
#include "tools/emulator/webhook_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace siwareng::tools {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(emulator_encoding, base64_and_digests) {
    const std::vector<std::pair<std::string, std::string>> pairs{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {std::string("\xff\x00\x10", 3), "/wAQ"},
    };
    for (const auto& [bytes, text] : pairs) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
    EXPECT_FALSE(base64_decode("a!b="));
    EXPECT_FALSE(base64_decode("A"));
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(characters("h\u00e9\U0001F600"), 3U);
}

TEST(emulator_encoding, wamids_differ_by_count_and_repeat_by_seed) {
    wamid_source one(7);
    wamid_source two(7);
    wamid_source other(8);
    const auto first = one.next("6281234567890", true);
    EXPECT_TRUE(first.starts_with("wamid.HBgN"));
    EXPECT_EQ(first, two.next("6281234567890", true));
    EXPECT_NE(first, one.next("6281234567890", true));
    EXPECT_NE(first, other.next("6281234567890", true));
}

TEST(emulator_media_store, forms) {
    const std::string body =
        "--B\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"
        "--B\r\ncontent-disposition: form-data; filename=\"a b.png\"; name=file\r\n"
        "Content-Type: image/png\r\n\r\n\x89PNG\r\n--not\r\n\r\nend\r\n--B--\r\n";
    const auto form = read_form("multipart/form-data; boundary=\"B\"", body);
    ASSERT_TRUE(form) << form.error();
    ASSERT_EQ(form->size(), 2U);
    EXPECT_EQ((*form)[0].name, "messaging_product");
    EXPECT_EQ((*form)[0].data, "whatsapp");
    EXPECT_EQ((*form)[1].name, "file");
    EXPECT_EQ((*form)[1].filename, "a b.png");
    EXPECT_EQ((*form)[1].content_type, "image/png");
    EXPECT_EQ((*form)[1].data, "\x89PNG\r\n--not\r\n\r\nend");
    for (const std::string broken : {"", "--B", "--B\r\n", "--B\r\n\r\nx", "--B\r\nA: b\r\n\r\nx",
                                     "--B\r\nA: b\r\n\r\nx\r\n--B", "--B\r\n\r\n--B--"}) {
        EXPECT_FALSE(read_form("multipart/form-data; boundary=B", broken)) << broken;
    }
    EXPECT_FALSE(read_form("multipart/form-data", body));
    EXPECT_FALSE(read_form("application/json", "{}"));
}

TEST(emulator_media_store, limits_by_type) {
    EXPECT_TRUE(check_upload("image/png", 5UL * 1024 * 1024));
    EXPECT_EQ(check_upload("image/png", 5UL * 1024 * 1024 + 1).error().code, 131053);
    EXPECT_TRUE(check_upload("audio/ogg; codecs=opus", 100));
    EXPECT_EQ(check_upload("image/gif", 100).error().code, 100);
    EXPECT_EQ(check_upload("application/pdf", 0).error().code, 131053);
    EXPECT_EQ(media_kind("image/webp"), "sticker");
    EXPECT_EQ(media_kind("application/x-unknown"), "document");
}

TEST(emulator_media_store, addresses_end_after_five_minutes_and_files_after_weeks) {
    media_store store(1, 1000);
    const std::string id = store.add({.mime_type = "text/plain", .bytes = "abc"}, 1'000'000).id;
    const auto target = store.download_target(id, 1'000'000);
    const auto part = [&](const std::string& name) {
        const auto at = target.find(name + "=") + name.size() + 1;
        return target.substr(at, target.find('&', at) - at);
    };
    ASSERT_NE(store.open(id, part("ext"), part("hash"), 1'000'000 + 299'000), nullptr);
    EXPECT_EQ(store.open(id, part("ext"), part("hash"), 1'000'000 + 302'000), nullptr);
    EXPECT_EQ(store.open(id, "99999999999", part("hash"), 1'000'000), nullptr) << "forged";
    constexpr std::int64_t day = 24LL * 3600 * 1000;
    EXPECT_NE(store.find(id, 1'000'000 + 29 * day), nullptr);
    EXPECT_EQ(store.find(id, 1'000'000 + 31 * day), nullptr);
    const std::string inbound =
        store.add({.mime_type = "text/plain", .bytes = "x", .from_citizen = true}, 0).id;
    EXPECT_EQ(store.find(inbound, 8 * day), nullptr);
}

TEST(emulator_media_store, the_oldest_files_make_room) {
    media_store store(1, 1000);
    const std::string first = store.add({.bytes = std::string(600, 'a')}, 1).id;
    const std::string second = store.add({.bytes = std::string(600, 'b')}, 2).id;
    EXPECT_EQ(store.find(first, 3), nullptr);
    EXPECT_NE(store.find(second, 3), nullptr);
    const std::string large = store.add({.bytes = std::string(6000, 'c')}, 4).id;
    EXPECT_NE(store.find(large, 5), nullptr) << "the newest stays whatever its size";
    EXPECT_EQ(store.size(), 1U);
}

TEST(emulator_webhook_body, escapes_as_meta_does) {
    const auto body = message_webhook(
        {.account_id = "1", .phone_number_id = "2", .display_phone = "62811"},
        {.wa_id = "6281", .user_id = "ID.1", .name = "Ani", .username = "ani"},
        {{"id", "wamid.1"}, {"type", "text"}, {"text", {{"body", "\u00e4 https://x \U0001F600"}}}});
    EXPECT_THAT(body, HasSubstr(R"(\u00e4 https:\/\/x \ud83d\ude00)"));
    const json value = json::parse(body)["entry"][0]["changes"][0]["value"];
    EXPECT_EQ(value["messages"][0]["text"]["body"], "\u00e4 https://x \U0001F600");
    EXPECT_EQ(value["metadata"]["phone_number_id"], "2");
    EXPECT_EQ(value["contacts"][0], json::parse(R"({"wa_id":"6281","user_id":"ID.1",
                              "profile":{"name":"Ani","username":"ani"}})"));
}

json status_of(const webhook_person& person, webhook_status status) {
    const auto body = status_webhook({"1", "2", "62811"}, person, status);
    return json::parse(body)["entry"][0]["changes"][0]["value"];
}

TEST(emulator_webhook_body, statuses) {
    const webhook_person person{.wa_id = "6281", .user_id = "ID.1", .name = "Ani", .username = "a"};
    const json sent = status_of(person, {.wamid = "w",
                                         .status = "sent",
                                         .at_ms = 1'700'000'000'999,
                                         .callback = "42",
                                         .pricing_category = "service",
                                         .error = {}});
    EXPECT_EQ(sent["statuses"][0], json::parse(R"({"id":"w","status":"sent",
        "timestamp":"1700000000","recipient_id":"6281","recipient_user_id":"ID.1",
        "biz_opaque_callback_data":"42","pricing":{"billable":true,"pricing_model":"PMP",
        "type":"regular","category":"service"}})"));
    EXPECT_EQ(sent["contacts"][0]["wa_id"], "6281");
    EXPECT_FALSE(sent["contacts"][0]["profile"].contains("username"));

    const json failed = status_of(
        person, {.wamid = "w",
                 .status = "failed",
                 .callback = {},
                 .pricing_category = {},
                 .error = {.code = 131047, .message = "Re-engagement message", .details = "d"}});
    EXPECT_FALSE(failed.contains("contacts"));
    EXPECT_FALSE(failed["statuses"][0].contains("recipient_user_id"));
    EXPECT_EQ(failed["statuses"][0]["errors"][0]["code"], 131047);
    EXPECT_EQ(failed["statuses"][0]["errors"][0]["error_data"]["details"], "d");

    const json hidden = status_of({.wa_id = {}, .user_id = "ID.1", .name = {}, .username = "a"},
                                  {.wamid = "w",
                                   .status = "read",
                                   .callback = {},
                                   .pricing_category = {},
                                   .sent_to_user_id = true,
                                   .error = {}});
    EXPECT_FALSE(hidden["statuses"][0].contains("recipient_id"));
    EXPECT_EQ(hidden["statuses"][0]["recipient_user_id"], "ID.1");
    EXPECT_EQ(hidden["contacts"][0]["profile"]["username"], "a");
}

class short_form : public ::testing::Test {
  protected:
    std::expected<json, std::string> make(const std::string& text) {
        return citizen_message(json::parse(text),
                               {.wamid = "wamid.1",
                                .now_ms = 1'700'000'000'000,
                                .wa_id = "6281",
                                .user_id = "ID.1",
                                .business_phone = "62811",
                                .find_option =
                                    [](std::string_view id) {
                                        return id == "known" ? json{{"wamid", "wamid.0"},
                                                                    {"kind", "list"},
                                                                    {"title", "Baris"},
                                                                    {"description", "Apa"}}
                                                             : json::object();
                                    },
                                .keep = [this](media_file file) -> const media_file& {
                                    return media_.add(std::move(file), 0);
                                },
                                .address_of = [](const media_file&) { return "http://x"; }});
    }
    /// The message without what every message has.
    json content(const std::string& text) {
        auto made = make(text);
        if (!made) return made.error();
        for (const char* key : {"id", "timestamp", "from", "from_user_id"})
            made->erase(key);
        return *made;
    }

    media_store media_{1, 1'000'000};
};

TEST_F(short_form, table) {
    EXPECT_EQ(*make(R"({"type":"text","text":"Halo"})"),
              json::parse(R"({"id":"wamid.1","timestamp":"1700000000","from":"6281",
                              "from_user_id":"ID.1","type":"text","text":{"body":"Halo"}})"));
    EXPECT_EQ(content(R"({"type":"tap","id":"a","title":"Ya"})"),
              json::parse(R"({"type":"interactive","interactive":{"type":"button_reply",
                              "button_reply":{"id":"a","title":"Ya"}}})"));
    EXPECT_EQ(content(R"({"type":"tap","id":"known"})"),
              json::parse(R"({"type":"interactive","interactive":{"type":"list_reply",
                  "list_reply":{"id":"known","title":"Baris","description":"Apa"}},
                  "context":{"from":"62811","id":"wamid.0"}})"));
    EXPECT_EQ(content(R"({"type":"tap","id":"p","title":"T","kind":"template"})"),
              json::parse(R"({"type":"button","button":{"payload":"p","text":"T"}})"));
    EXPECT_EQ(content(R"({"type":"location","latitude":-6.1,"longitude":106.5,"name":"TPS"})"),
              json::parse(R"({"type":"location","location":
                  {"latitude":-6.1,"longitude":106.5,"name":"TPS"}})"));
    EXPECT_EQ(content(R"({"type":"reaction","message_id":"w","emoji":"x"})")["reaction"]["emoji"],
              "x");
    EXPECT_FALSE(content(R"({"type":"reaction","message_id":"w"})")["reaction"].contains("emoji"));
    EXPECT_EQ(content(R"({"type":"unsupported"})")["errors"][0]["code"], 131051);
    EXPECT_EQ(content(R"({"type":"contacts","name":"Ani"})")["contacts"][0]["name"]["first_name"],
              "Ani");
    EXPECT_EQ(content(R"({"type":"text","text":"x","reply_to":"w"})")["context"]["id"], "w");
}

TEST_F(short_form, media) {
    const json image = content(R"({"type":"image","caption":"KTP"})");
    EXPECT_EQ(image["type"], "image");
    EXPECT_EQ(image["image"]["caption"], "KTP");
    const media_file* const kept = media_.find(image["image"]["id"].get<std::string>(), 0);
    ASSERT_NE(kept, nullptr);
    EXPECT_TRUE(kept->bytes.starts_with("\x89PNG"));
    EXPECT_EQ(image["image"]["sha256"], base64_encode(sha256(kept->bytes)));
    const json voice = content(R"({"type":"voice","data":"Zm9v"})");
    EXPECT_EQ(voice["audio"]["voice"], true);
    EXPECT_EQ(voice["audio"]["mime_type"], "audio/ogg; codecs=opus");
    EXPECT_EQ(content(R"({"type":"audio"})")["audio"]["voice"], false);
    EXPECT_EQ(content(R"({"type":"document","filename":"kk.pdf"})")["document"]["filename"],
              "kk.pdf");
    EXPECT_EQ(content(R"({"type":"sticker"})")["sticker"]["animated"], false);
}

TEST_F(short_form, raw_is_only_completed) {
    EXPECT_EQ(*make(R"({"raw":{"id":"mine","timestamp":1,"from":"x","from_user_id":"y",
                               "type":"order"}})"),
              json::parse(R"({"id":"mine","timestamp":1,"from":"x","from_user_id":"y",
                              "type":"order"})"));
    EXPECT_EQ((*make(R"({"raw":{"type":"edit"}})"))["id"], "wamid.1");
    EXPECT_FALSE(make(R"({"raw":{"type":"text"},"as_is":true})")->contains("from"));
}

TEST_F(short_form, mistakes_are_explained) {
    for (const auto* text :
         {R"([])", R"({})", R"({"type":"fax"})", R"({"type":"text"})", R"({"type":"tap"})",
          R"({"type":"tap","id":"a","kind":"x"})", R"({"type":"location","latitude":"x"})",
          R"({"type":"reaction"})", R"({"type":"image","data":"%"})", R"({"raw":1})"}) {
        const auto made = make(text);
        ASSERT_FALSE(made) << text;
        EXPECT_FALSE(made.error().empty());
    }
}

TEST(emulator_token_bucket, pair_rate) {
    token_bucket bucket;
    for (int i = 0; i < 45; ++i)
        EXPECT_TRUE(bucket.take(1000, 45, 1.0 / 6));
    EXPECT_FALSE(bucket.take(1000, 45, 1.0 / 6));
    EXPECT_FALSE(bucket.take(6000, 45, 1.0 / 6));
    EXPECT_TRUE(bucket.take(7100, 45, 1.0 / 6));
    EXPECT_FALSE(bucket.take(7200, 45, 1.0 / 6));
}

TEST(emulator_chat_view, draws_and_taps) {
    const auto list = read_bubble(json::parse(R"({"type":"interactive","interactive":{
        "type":"list","header":{"type":"text","text":"KPU"},"body":{"text":"Pilih\nsatu"},
        "footer":{"text":"kaki"},"action":{"button":"Layanan","sections":[
          {"rows":[{"id":"a","title":"Cek","description":"Status"},
                   {"id":"b","title":"Lapor"}]}]}}})"));
    EXPECT_EQ(draw_bubble(list, false),
              "< KPU\n  Pilih\n  satu\n  kaki\n  Layanan:\n  [1] Cek | Status\n  [2] Lapor\n");
    ASSERT_NE(tapped_option(list.options, "2"), nullptr);
    EXPECT_EQ(tapped_option(list.options, "2")->id, "b");
    EXPECT_EQ(tapped_option(list.options, "[1]")->id, "a");
    for (const auto* line : {"0", "3", "", "1a", "x", "-1", "3603281208550001", "[", "[]"}) {
        EXPECT_EQ(tapped_option(list.options, line), nullptr) << line;
    }
    const auto text = read_bubble(
        json::parse(R"({"type":"text","text":{"body":"*tebal* 2*3*4 _miring_ \u001b[31mmerah"}})"));
    const auto drawn = draw_bubble(text, true);
    EXPECT_THAT(drawn, HasSubstr("\x1b[1mtebal\x1b[22m 2*3*4 \x1b[3mmiring\x1b[23m"));
    EXPECT_THAT(drawn, ::testing::Not(HasSubstr("\x1b[31m"))) << "a message steers no terminal";
    EXPECT_EQ(
        draw_bubble(
            read_bubble(json::parse(R"({"type":"image","image":{"id":"1","caption":"Peta"}})")),
            false),
        "< [image] Peta\n");
}

}  // namespace
}  // namespace siwareng::tools
