#include "bot/sending/message.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::bot {
namespace {

using dialogs::bubble;
using dialogs::option;
using nlohmann::json;

const storage::address phone{storage::address_kind::phone, "6281299900001"};

json sent(const bubble& value, const storage::address& to = phone) {
    return json::parse(cloud_api_message(value, to, 4711));
}

std::vector<option> options(std::size_t count) {
    std::vector<option> result;
    for (std::size_t i = 1; i <= count; ++i) {
        const std::string n = std::to_string(i);
        result.push_back({"7:" + n, "Pilihan " + n, i % 2 == 0 ? "Keterangan " + n : ""});
    }
    return result;
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i)
        result += text;
    return result;
}

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

TEST(message, text) {
    EXPECT_EQ(sent({"Halo\nApa kabar? https://kpu.go.id", {}, "Pilih"}), json::parse(R"({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+6281299900001",
        "biz_opaque_callback_data": "4711", "type": "text",
        "text": {"body": "Halo\nApa kabar? https://kpu.go.id", "preview_url": false}})"));
}

TEST(message, buttons) {
    EXPECT_EQ(sent({"Pilih satu", options(2), ""}), json::parse(R"({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+6281299900001",
        "biz_opaque_callback_data": "4711", "type": "interactive",
        "interactive": {"type": "button", "body": {"text": "Pilih satu"}, "action": {"buttons": [
            {"type": "reply", "reply": {"id": "7:1", "title": "Pilihan 1"}},
            {"type": "reply", "reply": {"id": "7:2", "title": "Pilihan 2"}}]}}})"));
}

TEST(message, list) {
    EXPECT_EQ(sent({"Pilih satu", options(4), "Layanan"}), json::parse(R"({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+6281299900001",
        "biz_opaque_callback_data": "4711", "type": "interactive",
        "interactive": {"type": "list", "body": {"text": "Pilih satu"},
            "action": {"button": "Layanan", "sections": [{"rows": [
                {"id": "7:1", "title": "Pilihan 1"},
                {"id": "7:2", "title": "Pilihan 2", "description": "Keterangan 2"},
                {"id": "7:3", "title": "Pilihan 3"},
                {"id": "7:4", "title": "Pilihan 4", "description": "Keterangan 4"}]}]}}})"));
    EXPECT_EQ(sent({"x", options(10), " "})["interactive"]["action"]["button"], "Pilih");
    EXPECT_EQ(sent({"x", options(3), ""})["interactive"]["type"], "button");
}

TEST(message, recipients) {
    const json to_bsuid = sent({"x", {}, ""}, {storage::address_kind::bsuid, "ID.134"});
    EXPECT_EQ(to_bsuid["recipient"], "ID.134");
    EXPECT_FALSE(to_bsuid.contains("to"));
    const json to_parent = sent({"x", {}, ""}, {storage::address_kind::parent_bsuid, "ID.ENT.5"});
    EXPECT_EQ(to_parent["recipient"], "ID.ENT.5");
    EXPECT_EQ(sent({"x", {}, ""}, {storage::address_kind::phone, "+62811"})["to"], "+62811");
}

TEST(message, titles_are_cut_between_characters) {
    bubble value{"x", options(4), repeated("ñ", 30)};
    value.options[0].title = repeated("😀", 30);
    value.options[1].description = repeated("é", 100);
    const json action = sent(value)["interactive"]["action"];
    const json& rows = action["sections"][0]["rows"];
    EXPECT_EQ(action["button"], repeated("ñ", 19) + "…");
    EXPECT_EQ(rows[0]["title"], repeated("😀", 23) + "…");
    EXPECT_EQ(rows[1]["description"], repeated("é", 71) + "…");
    value.options.resize(1);
    EXPECT_EQ(sent(value)["interactive"]["action"]["buttons"][0]["reply"]["title"],
              repeated("😀", 19) + "…");
}

TEST(message, button_titles_are_unique_after_cutting) {
    const std::string title = "Data saya tidak benar sama sekali";
    const json buttons = sent({"x",
                               {{"1", title, ""}, {"2", title, ""}, {"3", title, ""}},
                               ""})["interactive"]["action"]["buttons"];
    EXPECT_EQ(buttons[0]["reply"]["title"], "Data saya tidak ben…");
    EXPECT_EQ(buttons[1]["reply"]["title"], "Data saya tidak b… 2");
    EXPECT_EQ(buttons[2]["reply"]["title"], "Data saya tidak b… 3");
    const json odd = sent({"x",
                           {{"1", "Ya 2", ""}, {"2", "Ya", ""}, {"3", "Ya", ""}},
                           ""})["interactive"]["action"]["buttons"];
    EXPECT_EQ(odd[2]["reply"]["title"], "Ya 3");
}

TEST(message, nothing_is_empty) {
    EXPECT_EQ(sent({"", {}, ""})["text"]["body"], "…");
    EXPECT_EQ(sent({" \n", {}, ""})["text"]["body"], "…");
    const json interactive =
        sent({"", {{"1", " ", ""}, {"2", "Ya\n\tTidak", ""}}, ""})["interactive"];
    EXPECT_EQ(interactive["body"]["text"], "Silakan pilih:");
    EXPECT_EQ(interactive["action"]["buttons"][0]["reply"]["title"], "Pilihan 1");
    EXPECT_EQ(interactive["action"]["buttons"][1]["reply"]["title"], "Ya  Tidak");
}

TEST(message, options_that_cannot_be_tapped_become_numbers) {
    const std::string text = sent({"Pilih", options(11), ""})["text"]["body"];
    EXPECT_TRUE(text.starts_with("Pilih\n\n1. Pilihan 1\n2. Pilihan 2\n")) << text;
    EXPECT_TRUE(text.ends_with("\n11. Pilihan 11")) << text;
    EXPECT_EQ(sent({repeated("é", 1024), options(2), ""})["type"], "interactive");
    EXPECT_EQ(sent({repeated("é", 1025), options(2), ""})["type"], "text");
    const std::string cut = sent({repeated("é", 5000), options(2), ""})["text"]["body"];
    EXPECT_EQ(characters(cut), 4096U);
    EXPECT_TRUE(cut.ends_with("…\n\n1. Pilihan 1\n2. Pilihan 2")) << cut;
    EXPECT_EQ(sent({"x", {{"", "Ya", ""}}, ""})["type"], "text");
    EXPECT_EQ(sent({"x", {{"1", "Ya", ""}, {"1", "Tidak", ""}}, ""})["type"], "text");
    EXPECT_EQ(sent({"x", {{std::string(200, 'i'), "Ya", ""}}, ""})["type"], "interactive");
    EXPECT_EQ(sent({"x", {{std::string(201, 'i'), "Ya", ""}}, ""})["type"], "text");
}

TEST(message, mark_read) {
    EXPECT_EQ(json::parse(mark_read_message("wamid.X")), json::parse(R"({
        "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X",
        "typing_indicator": {"type": "text"}})"));
}

TEST(message, plain_text) {
    EXPECT_EQ(plain_text({"Halo\nApa kabar?", {}, ""}), "Halo\nApa kabar?");
    EXPECT_EQ(plain_text({"Pilih", options(2), "Layanan"}), "Pilih\n[Pilihan 1]\n[Pilihan 2]");
    EXPECT_EQ(plain_text({"Pilih", options(4), "Layanan"}),
              "Pilih\n(1) Pilihan 1\n(2) Pilihan 2 | Keterangan 2\n(3) Pilihan 3\n"
              "(4) Pilihan 4 | Keterangan 4");
}

TEST(message, bubbles_that_cannot_be_read) {
    for (const std::string_view text :
         {"", "x", "[]", "null", "{}", R"({"text":1})", R"({"text":"x","options":{}})",
          R"({"text":"x","options":[1]})", R"({"text":"x","options":[{"id":1}]})",
          R"({"text":"x","list_label":[]})", R"({"text":"x")"}) {
        EXPECT_FALSE(bubble_from_json(text)) << text;
    }
    EXPECT_EQ(bubble_from_json(R"({"text":"x","of_tomorrow":1})"), (bubble{"x", {}, ""}));
}

TEST(message, bytes_that_are_not_text_never_throw) {
    const bubble value{"a\xff z\xc3", {{"\xed\xa0\x80", "\xf0\x9f", "\x80"}}, "\xff"};
    EXPECT_NO_THROW({
        EXPECT_TRUE(bubble_from_json(to_json(value)));
        EXPECT_TRUE(sent(value).is_object());
    });
}

/// Meta's limits for the messages that we send, said a second time.
void expect_valid(const json& message) {
    const std::string type = message.at("type");
    if (type == "text") {
        const std::string body = message.at("text").at("body");
        EXPECT_GE(characters(body), 1U);
        EXPECT_LE(characters(body), 4096U);
        return;
    }
    const json& interactive = message.at("interactive");
    const std::string body = interactive.at("body").at("text");
    EXPECT_GE(characters(body), 1U);
    EXPECT_LE(characters(body), 1024U);
    const bool list = interactive.at("type") == "list";
    const json& action = interactive.at("action");
    const json& items = list ? action.at("sections").at(0).at("rows") : action.at("buttons");
    EXPECT_GE(items.size(), 1U);
    EXPECT_LE(items.size(), list ? 10U : 3U);
    if (list) {
        EXPECT_GE(characters(action.at("button")), 1U);
        EXPECT_LE(characters(action.at("button")), 20U);
    }
    std::set<std::string> ids;
    std::set<std::string> titles;
    for (const json& item : items) {
        const json& row = list ? item : item.at("reply");
        const std::string title = row.at("title");
        EXPECT_GE(characters(title), 1U);
        EXPECT_LE(characters(title), list ? 24U : 20U);
        EXPECT_LE(characters(row.value("description", "")), 72U);
        const std::string id = row.at("id");
        EXPECT_LE(id.size(), 200U);
        EXPECT_TRUE(ids.insert(id).second);
        EXPECT_TRUE(titles.insert(title).second || list);
    }
}

class random_bubbles {
  public:
    bubble next() {
        bubble value{text(upto(3) == 0 ? 6000 : 1100), {}, text(30)};
        const std::size_t count = upto(13);
        for (std::size_t i = 0; i < count; ++i) {
            value.options.push_back({upto(40) == 0 ? text(300) : std::to_string(i), text(40),
                                     upto(2) == 0 ? "" : text(120)});
        }
        return value;
    }

  private:
    std::size_t upto(std::size_t limit) { return random_() % limit; }

    std::string text(std::size_t length_max) {
        static const std::vector<std::string> pieces{"a",  "b", " ",  "\n", "é",  "…",
                                                     "😀", "*", "\"", "\\", "\t", "ꦱ"};
        std::string result;
        const std::size_t length = upto(length_max);
        for (std::size_t i = 0; i < length; ++i)
            result += pieces[upto(pieces.size())];
        return result;
    }

    std::mt19937 random_{20261121};
};

TEST(message, whatever_a_flow_says_keeps_the_limits_and_survives_storage) {
    random_bubbles bubbles;
    for (int i = 0; i < 2000; ++i) {
        SCOPED_TRACE(i);
        const bubble value = bubbles.next();
        expect_valid(sent(value));
        EXPECT_EQ(bubble_from_json(to_json(value)), value);
    }
}

}  // namespace
}  // namespace siwareng::bot
