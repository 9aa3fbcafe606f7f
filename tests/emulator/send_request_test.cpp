#include "tools/emulator/send_request.hpp"

#include "tools/emulator/encoding.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace siwareng::tools {
namespace {

using nlohmann::json;

constexpr int good = 0;

std::string text(std::size_t length) {
    return std::string(length, 'x');
}
/// So many characters of two bytes each: limits count characters.
std::string wide(std::size_t length) {
    std::string out;
    for (std::size_t i = 0; i < length; ++i)
        out += "\u00e9";
    return out;
}

json message(std::string type, json content) {
    json body{{"messaging_product", "whatsapp"}, {"to", "+6281234567890"}, {"type", type}};
    body[type] = std::move(content);
    return body;
}

json changed(json body, const std::string& pointer, json value) {
    const json::json_pointer where(pointer);
    if (value.is_discarded()) {
        body.at(where.parent_pointer()).erase(where.back());
    } else {
        body[where] = std::move(value);
    }
    return body;
}

const json removed(json::value_t::discarded);

json text_message() {
    return message("text", {{"body", "Halo"}, {"preview_url", false}});
}

json button(std::string id, std::string title) {
    return {{"type", "reply"}, {"reply", {{"id", std::move(id)}, {"title", std::move(title)}}}};
}

json button_message() {
    return message("interactive",
                   {{"type", "button"},
                    {"header", {{"type", "text"}, {"text", "KPU"}}},
                    {"body", {{"text", "Pilih"}}},
                    {"footer", {{"text", "kaki"}}},
                    {"action", {{"buttons", {button("1", "Ya"), button("2", "Tidak")}}}}});
}

json row(int number) {
    return {{"id", "r" + std::to_string(number)},
            {"title", "Baris " + std::to_string(number)},
            {"description", "Keterangan"}};
}

json rows(int from, int to) {
    json list = json::array();
    for (int i = from; i < to; ++i)
        list.push_back(row(i));
    return list;
}

json list_message() {
    return message("interactive", {{"type", "list"},
                                   {"body", {{"text", "Pilih"}}},
                                   {"action",
                                    {{"button", "Layanan"},
                                     {"sections",
                                      {{{"title", "Satu"}, {"rows", rows(0, 4)}},
                                       {{"title", "Dua"}, {"rows", rows(4, 10)}}}}}}});
}

json template_message() {
    return message("template",
                   {{"name", "pengingat"},
                    {"language", {{"code", "id"}, {"policy", "deterministic"}}},
                    {"components",
                     {{{"type", "body"}, {"parameters", {{{"type", "text"}, {"text", "Ani"}}}}},
                      {{"type", "button"},
                       {"sub_type", "quick_reply"},
                       {"index", "0"},
                       {"parameters", {{{"type", "payload"}, {"payload", "x"}}}}}}}});
}

struct rule {
    std::string name;
    json body;
    int code;
    /// What the details or the message must say.
    std::string words = "";
};

void verify(const std::vector<rule>& rules) {
    for (const auto& r : rules) {
        SCOPED_TRACE(r.name);
        const auto got = read_send_request(r.body, {.country_code = "62", .own_number = "62811"});
        if (r.code == good) {
            EXPECT_TRUE(got) << got.error().message << " " << got.error().details;
            continue;
        }
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, r.code) << got.error().message << got.error().details;
        EXPECT_EQ(got.error().http_status, 400);
        const std::string said = got.error().message + " " + got.error().details;
        EXPECT_NE(said.find(r.words), std::string::npos) << said;
    }
}

TEST(emulator_send_request, common_parameters) {
    const json base = text_message();
    verify({
        {"good", base, good},
        {"not an object", json::array(), 100},
        {"no product", changed(base, "/messaging_product", removed), 100, "messaging_product"},
        {"other product", changed(base, "/messaging_product", "sms"), 100},
        {"no recipient", changed(base, "/to", removed), 100, "to is required"},
        {"number", changed(base, "/to", 62812), 100, "must be a string"},
        {"letters", changed(base, "/to", "+62abc12345"), 131009},
        {"short", changed(base, "/to", "+6281"), 131009},
        {"long", changed(base, "/to", "+" + std::string(16, '6')), 131009},
        {"formatted", changed(base, "/to", "+62 812-3456 (789)"), good},
        {"group", changed(base, "/recipient_type", "group"), 100},
        {"individual", changed(base, "/recipient_type", "individual"), good},
        {"unknown type", changed(base, "/type", "fax"), 100, "must be one of"},
        {"type is a number", changed(base, "/type", 1), 100},
        {"no type is text", changed(base, "/type", removed), good},
        {"no content", changed(base, "/text", removed), 100, "text is required"},
        {"content is a text", changed(base, "/text", "Halo"), 100, "JSON object"},
        {"callback of 512", changed(base, "/biz_opaque_callback_data", text(512)), good},
        {"callback of 513", changed(base, "/biz_opaque_callback_data", text(513)), 100, "512"},
        {"callback is a number", changed(base, "/biz_opaque_callback_data", 7), 100},
        {"reply", changed(base, "/context", {{"message_id", "wamid.x"}}), good},
        {"reply to nothing", changed(base, "/context", json::object()), 131008},
        {"unknown keys are ignored", changed(base, "/something_new", true), good},
    });
}

TEST(emulator_send_request, text) {
    const json base = text_message();
    verify({
        {"4096", changed(base, "/text/body", text(4096)), good},
        {"4096 wide", changed(base, "/text/body", wide(4096)), good},
        {"4097", changed(base, "/text/body", text(4097)), 100, "at most 4096 characters"},
        {"empty", changed(base, "/text/body", ""), 131009},
        {"none", changed(base, "/text/body", removed), 131008},
        {"preview is a text", changed(base, "/text/preview_url", "no"), 100},
    });
}

TEST(emulator_send_request, buttons) {
    const json base = button_message();
    const std::string i = "/interactive";
    const std::string b = "/interactive/action/buttons";
    const auto with = [&](std::vector<json> list) {
        return changed(base, b, json(std::move(list)));
    };
    verify({
        {"good", base, good},
        {"one", with({button("1", "A")}), good},
        {"three", with({button("1", "A"), button("2", "B"), button("3", "C")}), good},
        {"none", with({}), 131009, "count"},
        {"four", with({button("1", "A"), button("2", "B"), button("3", "C"), button("4", "D")}),
         131009},
        {"title of 20", with({button("1", text(20))}), good},
        {"title of 20 wide", with({button("1", wide(20))}), good},
        {"title of 21", with({button("1", text(21))}), 131009, "Max length: 20"},
        {"no title", with({button("1", "")}), 131009},
        {"id of 256", with({button(text(256), "A")}), good},
        {"id of 257", with({button(text(257), "A")}), 131009},
        {"same titles", with({button("1", "A"), button("2", "A")}), 131009, "Duplicated"},
        {"same ids", with({button("1", "A"), button("1", "B")}), 131009, "Duplicated"},
        {"other type", changed(base, b + "/0/type", "url"), 100},
        {"no reply", changed(base, b + "/0/reply", removed), 131008},
        {"body of 1024", changed(base, i + "/body/text", text(1024)), good},
        {"body of 1025", changed(base, i + "/body/text", text(1025)), 131009},
        {"no body", changed(base, i + "/body", removed), 131008},
        {"footer of 60", changed(base, i + "/footer/text", text(60)), good},
        {"footer of 61", changed(base, i + "/footer/text", text(61)), 131009},
        {"header of 60", changed(base, i + "/header/text", text(60)), good},
        {"header of 61", changed(base, i + "/header/text", text(61)), 131009},
        {"image header",
         changed(base, i + "/header", {{"type", "image"}, {"image", {{"id", "1"}}}}), good},
        {"sticker header", changed(base, i + "/header", {{"type", "sticker"}}), 100},
        {"no action", changed(base, i + "/action", removed), 131008},
        {"unknown kind", changed(base, i + "/type", "slider"), 100},
        {"no kind", changed(base, i + "/type", removed), 131008},
    });
}

TEST(emulator_send_request, lists) {
    const json base = list_message();
    const std::string a = "/interactive/action";
    const std::string first = a + "/sections/0/rows/0";
    json eleven = changed(base, a + "/sections/1/rows", rows(4, 11));
    json one_section = changed(base, a + "/sections", {{{"rows", rows(0, 10)}}});
    json sections = json::array();
    for (int s = 0; s < 11; ++s)
        sections.push_back({{"title", "S"}, {"rows", rows(s, s + 1)}});
    verify({
        {"ten rows", base, good},
        {"eleven rows", eleven, 131009, "Total row count exceed max allowed count: 10"},
        {"one section needs no title", one_section, good},
        {"two sections do", changed(base, a + "/sections/1/title", removed), 131008},
        {"eleven sections", changed(base, a + "/sections", sections), 131009},
        {"no sections", changed(base, a + "/sections", json::array()), 131009},
        {"no rows", changed(base, a + "/sections/0/rows", json::array()), 131009},
        {"section title of 24", changed(base, a + "/sections/0/title", text(24)), good},
        {"section title of 25", changed(base, a + "/sections/0/title", text(25)), 131009},
        {"row title of 24", changed(base, first + "/title", text(24)), good},
        {"row title of 25", changed(base, first + "/title", text(25)), 131009},
        {"row id of 200", changed(base, first + "/id", text(200)), good},
        {"row id of 201", changed(base, first + "/id", text(201)), 131009},
        {"same row ids", changed(base, first + "/id", "r5"), 131009, "Duplicated"},
        {"description of 72", changed(base, first + "/description", text(72)), good},
        {"description of 73", changed(base, first + "/description", text(73)), 131009},
        {"label of 20", changed(base, a + "/button", text(20)), good},
        {"label of 21", changed(base, a + "/button", text(21)), 131009},
        {"no label", changed(base, a + "/button", removed), 131008},
        {"body of 1025", changed(base, "/interactive/body/text", text(1025)), 131009},
        {"text header", changed(base, "/interactive/header", {{"type", "text"}, {"text", "x"}}),
         good},
        {"image header",
         changed(base, "/interactive/header", {{"type", "image"}, {"image", {{"id", "1"}}}}), 100},
    });
}

json interactive(std::string type, json action) {
    return message(
        "interactive",
        {{"type", std::move(type)}, {"body", {{"text", "x"}}}, {"action", std::move(action)}});
}

json card(int index) {
    return {{"card_index", index},
            {"type", "cta_url"},
            {"header", {{"type", "image"}, {"image", {{"link", "https://a/b.jpg"}}}}},
            {"action",
             {{"name", "cta_url"}, {"parameters", {{"display_text", "x"}, {"url", "https://a"}}}}}};
}

TEST(emulator_send_request, other_interactive_types) {
    const json cta = interactive(
        "cta_url",
        {{"name", "cta_url"}, {"parameters", {{"display_text", "Buka"}, {"url", "https://a"}}}});
    const json flow = interactive("flow", {{"name", "flow"},
                                           {"parameters",
                                            {{"flow_message_version", "3"},
                                             {"flow_id", "1"},
                                             {"flow_cta", "Mulai"},
                                             {"flow_action", "navigate"}}}});
    const std::string p = "/interactive/action/parameters";
    const json two = interactive("carousel", {{"cards", {card(0), card(1)}}});
    verify({
        {"cta", cta, good},
        {"cta text of 21", changed(cta, p + "/display_text", text(21)), 131009},
        {"cta url", changed(cta, p + "/url", "javascript:1"), 131009},
        {"location", interactive("location_request_message", {{"name", "send_location"}}), good},
        {"location name", interactive("location_request_message", {{"name", "x"}}), 100},
        {"contact", interactive("request_contact_info", {{"name", "request_contact_info"}}), good},
        {"flow", flow, good},
        {"flow cta of 31", changed(flow, p + "/flow_cta", text(31)), 131009},
        {"flow version", changed(flow, p + "/flow_message_version", "2"), 100},
        {"flow by id and name", changed(flow, p + "/flow_name", "x"), 131008},
        {"flow by nothing", changed(flow, p + "/flow_id", removed), 131008},
        {"carousel", two, good},
        {"carousel of one", interactive("carousel", {{"cards", {card(0)}}}), 131009},
        {"carousel with footer", changed(two, "/interactive/footer", {{"text", "x"}}), 131009},
        {"product", interactive("product", {{"catalog_id", "1"}, {"product_retailer_id", "2"}}),
         good},
        {"product without catalogue", interactive("product", {{"product_retailer_id", "2"}}),
         131008},
    });
}

TEST(emulator_send_request, media) {
    const json by_id = message("image", {{"id", "1"}, {"caption", "x"}});
    const json by_link = message("document", {{"link", "https://a/b.pdf"}, {"filename", "b.pdf"}});
    verify({
        {"id", by_id, good},
        {"link", by_link, good},
        {"neither", changed(by_id, "/image/id", removed), 131008},
        {"both", changed(by_id, "/image/link", "https://a"), 131009},
        {"file link", changed(by_link, "/document/link", "file:///etc/passwd"), 131009},
        {"caption of 1024", changed(by_id, "/image/caption", text(1024)), good},
        {"caption of 1025", changed(by_id, "/image/caption", text(1025)), 100, "1024"},
        {"audio", message("audio", {{"id", "1"}, {"voice", true}}), good},
        {"audio with caption", message("audio", {{"id", "1"}, {"caption", "x"}}), 131009},
        {"sticker", message("sticker", {{"id", "1"}}), good},
        {"video", message("video", {{"link", "http://a/b.mp4"}}), good},
    });
    const auto got = read_send_request(by_id, {});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->media.size(), 1U);
    EXPECT_EQ(got->media[0].path, "image['id']");
}

TEST(emulator_send_request, location_contacts_reaction_template) {
    const json location = message("location", {{"latitude", -6.1}, {"longitude", "106.5"}});
    const json contact{{"name", {{"formatted_name", "Ani"}}}};
    const json contacts = message("contacts", json::array({contact}));
    const json reaction = message("reaction", {{"message_id", "wamid.x"}, {"emoji", "👍"}});
    const json tpl = template_message();
    verify({
        {"location", location, good},
        {"latitude", changed(location, "/location/latitude", 91), 131009},
        {"longitude", changed(location, "/location/longitude", "east"), 131009},
        {"no longitude", changed(location, "/location/longitude", removed), 131008},
        {"contacts", contacts, good},
        {"no contacts", message("contacts", json::array()), 131009},
        {"six contacts",
         message("contacts", {contact, contact, contact, contact, contact, contact}), 131009},
        {"nameless", message("contacts", json::array({json::object()})), 131008},
        {"reaction", reaction, good},
        {"reaction taken back", changed(reaction, "/reaction/emoji", ""), good},
        {"reaction to nothing", changed(reaction, "/reaction/message_id", removed), 131008},
        {"reaction as reply", changed(reaction, "/context", {{"message_id", "x"}}), 131009},
        {"template", tpl, good},
        {"template without language", changed(tpl, "/template/language", removed), 131008},
        {"template without name", changed(tpl, "/template/name", removed), 131008},
        {"unknown component", changed(tpl, "/template/components/0/type", "banner"), 100},
        {"button index", changed(tpl, "/template/components/1/index", "10"), 131009},
        {"line break", changed(tpl, "/template/components/0/parameters/0/text", "a\nb"), 132018},
        {"five spaces", changed(tpl, "/template/components/0/parameters/0/text", "a     b"),
         132018},
    });
}

TEST(emulator_send_request, receipts) {
    const json receipt{
        {"messaging_product", "whatsapp"}, {"status", "read"}, {"message_id", "wamid.x"}};
    verify({
        {"read", receipt, good},
        {"typing", changed(receipt, "/typing_indicator", {{"type", "text"}}), good},
        {"typing voice", changed(receipt, "/typing_indicator", {{"type", "voice"}}), 100},
        {"delivered", changed(receipt, "/status", "delivered"), 100},
        {"no id", changed(receipt, "/message_id", removed), 100},
    });
    const auto got =
        read_send_request(changed(receipt, "/typing_indicator", {{"type", "text"}}), {});
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->is_receipt);
    EXPECT_TRUE(got->typing);
    EXPECT_EQ(got->read_wamid, "wamid.x");
}

TEST(emulator_send_request, recipients) {
    const auto to = [](const std::string& value) {
        const auto got = read_send_request(changed(text_message(), "/to", value),
                                           {.country_code = "62", .own_number = "6281100003603"});
        return got ? got->to : std::to_string(got.error().code);
    };
    EXPECT_EQ(to("+6281234567890"), "6281234567890");
    EXPECT_EQ(to("6281234567890"), "6281234567890");
    EXPECT_EQ(to("081234567890"), "62081234567890") << "the country code is put in front";
    EXPECT_EQ(to("+16505551234"), "16505551234");
    EXPECT_EQ(to("16505551234"), "6216505551234");
    EXPECT_EQ(to("+62 811-0000-3603"), "131021");

    json by_user_id = changed(text_message(), "/to", removed);
    by_user_id["recipient"] = "ID.13491208655302741918";
    const auto got = read_send_request(by_user_id, {});
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->to_user_id);
    EXPECT_EQ(got->to, "ID.13491208655302741918");
    by_user_id["to"] = "+6281234567890";
    EXPECT_FALSE(read_send_request(by_user_id, {})->to_user_id) << "to wins";
    verify({{"no user id", changed(changed(by_user_id, "/to", removed), "/recipient", "628123"),
             131009}});
}

}  // namespace
}  // namespace siwareng::tools
