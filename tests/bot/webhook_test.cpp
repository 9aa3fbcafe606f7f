#include "bot/webhook/address.hpp"
#include "bot/webhook/json_read.hpp"
#include "bot/webhook/update.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace siwareng::bot {
namespace {

using nlohmann::json;

const std::filesystem::path payload_dir = SIWARENG_SOURCE_DIR "/tests/bot/payloads";

std::string read_payload(const std::string& name) {
    std::ifstream file(payload_dir / (name + ".json"), std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

// --- an update as one line ---------------------------------------------------------------

std::string show(const std::vector<storage::address>& addresses) {
    static constexpr std::string_view kinds = "?pbe";
    std::string result;
    for (const auto& each : addresses) {
        result += fmt::format("{}{}:{}", result.empty() ? "" : ",",
                              kinds[static_cast<std::size_t>(each.kind)], each.value);
    }
    return result.empty() ? "nobody" : result;
}

std::string show(const dialogs::event& what) {
    struct visitor {
        std::string operator()(const dialogs::text_event& e) const { return "text " + e.text; }
        std::string operator()(const dialogs::tap_event& e) const {
            return fmt::format("tap {} '{}'", e.id, e.title);
        }
        std::string operator()(const dialogs::media_event& e) const {
            return fmt::format("{} {} {} '{}' '{}'", e.kind, e.media_id, e.mime, e.caption,
                               e.filename);
        }
        std::string operator()(const dialogs::location_event& e) const {
            return fmt::format("location {} {} '{}' '{}'", e.latitude, e.longitude, e.name,
                               e.address);
        }
        std::string operator()(const dialogs::other_event& e) const { return "other " + e.type; }
        std::string operator()(const dialogs::result_event&) const { return "result"; }
        std::string operator()(const dialogs::timer_event&) const { return "timer"; }
    };
    return std::visit(visitor{}, what);
}

struct update_printer {
    std::string operator()(const inbound_message& m) const {
        std::string result = fmt::format("{} {} {} | {} | {}", m.type,
                                         m.use == message_use::turn ? "turn" : "silent",
                                         show(m.from), show(m.what), m.body);
        if (!m.group_id.empty()) result += " | group";
        if (m.forwarded) result += " | forwarded";
        if (!m.reply_to_wamid.empty()) result += " | to " + m.reply_to_wamid;
        return result;
    }
    std::string operator()(const address_change& c) const {
        return fmt::format("change {} -> {}", show(c.before), show(c.after));
    }
    std::string operator()(const delivery_status& s) const {
        std::string result = fmt::format("status {} {} to {}", static_cast<int>(s.update.state),
                                         s.update.outbox.value_or(0), show(s.recipient));
        if (s.update.error_code != 0) result += fmt::format(" error {}", s.update.error_code);
        if (!s.update.pricing_type.empty()) {
            result += fmt::format(" {}/{}", s.update.pricing_type, s.update.pricing_category);
        }
        return result;
    }
    std::string operator()(const notice& n) const {
        return fmt::format("notice {} {} {}", n.field, n.kind, n.error_code);
    }
};

std::vector<std::string> show(const webhook_body& body) {
    std::vector<std::string> lines;
    lines.reserve(body.updates.size());
    for (const update& each : body.updates)
        lines.push_back(std::visit(update_printer{}, each));
    return lines;
}

// --- one payload a type ------------------------------------------------------------------

#define SITI "p:6281299900001,b:ID.13491208655302741918"

using expectations = std::map<std::string, std::vector<std::string>>;

const expectations& texts() {
    static const expectations all{
        {"text",
         {"text turn " SITI
          " | text cek 3603012345670001 SITI AMINAH | cek 3603012345670001 SITI AMINAH"}},
        {"text_phone_only", {"text turn p:6281299900001 | text INFO | INFO"}},
        {"text_bsuid_only",
         {"text turn b:ID.13491208655302741918 | text Selamat pagi | Selamat pagi"}},
        {"text_bsuid_in_from", {"text turn b:ID.13491208655302741918 | text halo | halo"}},
        {"text_parent", {"text turn " SITI ",e:ID.ENT.506847293015824 | text halo | halo"}},
        {"text_other_wa_id",
         {"text turn p:5215512340001,p:525512340001,b:MX.7712340001 | text hola | hola"}},
        {"text_forwarded", {"text turn " SITI " | text Info pemilu | Info pemilu | forwarded"}},
        {"text_frequently_forwarded",
         {"text turn " SITI " | text Info pemilu | Info pemilu | forwarded"}},
        {"text_reply", {"text turn " SITI " | text ya | ya | to wamid.OUTBOUND0001=="}},
        {"text_product_enquiry",
         {"text turn " SITI " | text Apa ini? | Apa ini? | to wamid.OUTBOUND0001=="}},
        {"text_ad", {"text turn " SITI " | text Mau cek DPT | Mau cek DPT"}},
        {"text_number_timestamp", {"text turn " SITI " | text halo | halo"}},
        {"text_millisecond_timestamp", {"text turn " SITI " | text halo | halo"}},
        {"text_without_id", {"text turn " SITI " | text halo | halo"}},
        {"text_without_address", {"text silent nobody | text halo | halo"}},
        {"text_sender_only_in_contacts", {"text turn " SITI " | text halo | halo"}},
        {"text_garbage_user_id", {"text turn p:6281299900001 | text halo | halo"}},
        {"text_foreign_contact", {"text turn " SITI " | text halo | halo"}},
        {"text_unknown_keys", {"text turn " SITI " | text halo | halo | to wamid.OUTBOUND0001=="}},
        {"group_text", {"text silent " SITI " | text halo semua | halo semua | group"}},
        {"broken_emoji",
         {"text turn " SITI
          " | text cek \uFFFD lalu \uFFFD dan 😀 ä / | cek \uFFFD lalu \uFFFD dan 😀 ä /"}},
    };
    return all;
}

const expectations& rich_messages() {
    static const expectations all{
        {"image",
         {"image turn " SITI
          " | image 1003383421387256 image/jpeg 'KTP saya' '' | [foto] KTP saya"}},
        {"image_without_caption",
         {"image turn " SITI " | image 1003383421387256 image/jpeg '' '' | [foto]"}},
        {"video",
         {"video turn " SITI
          " | video 1003383421387256 video/mp4 'Rumah saya' '' | [video] Rumah saya"}},
        {"audio", {"audio turn " SITI " | audio 1003383421387256 audio/mpeg '' '' | [audio]"}},
        {"audio_voice",
         {"audio turn " SITI
          " | voice 1003383421387256 audio/ogg; codecs=opus '' '' | [pesan suara]"}},
        {"voice_legacy",
         {"voice turn " SITI
          " | voice 1003383421387256 audio/ogg; codecs=opus '' '' | [pesan suara]"}},
        {"document",
         {"document turn " SITI " | document 1003383421387256 application/pdf 'Kartu keluarga' "
          "'kk.pdf' | [dokumen] kk.pdf: Kartu keluarga"}},
        {"sticker",
         {"sticker turn " SITI " | sticker 1003383421387256 image/webp '' '' | [stiker]"}},
        {"video_too_big", {"video turn " SITI " | other video | [video]"}},
        {"location",
         {"location turn " SITI
          " | location -6.178306 106.63188 'Kantor KPU' 'Jl. Contoh 1, Tigaraksa' | [lokasi] "
          "-6.178306, 106.63188, Kantor KPU, Jl. Contoh 1, Tigaraksa"}},
        {"location_strings",
         {"location turn " SITI " | location -6.1 106.5 '' '' | [lokasi] -6.1, 106.5"}},
        {"contacts", {"contacts turn " SITI " | other contacts | [kontak] Budi Santoso"}},
        {"contacts_without_name",
         {"contacts turn " SITI " | other contacts | [kontak] +62 812-9990-0007, Ani"}},
        {"interactive_button_reply",
         {"interactive turn " SITI " | tap 7:cek 'Cek DPT' | Cek DPT | to wamid.OUTBOUND0001=="}},
        {"interactive_list_reply",
         {"interactive turn " SITI
          " | tap 8:lapor 'Lapor data' | Lapor data | to wamid.OUTBOUND0001=="}},
        {"interactive_without_id",
         {"interactive turn " SITI " | text Cek DPT | Cek DPT | to wamid.OUTBOUND0001=="}},
        {"interactive_nfm_reply",
         {"interactive turn " SITI " | other nfm_reply | [formulir] nama: Siti\nsetuju: ya\numur: "
          "30 | to wamid.OUTBOUND0001=="}},
        {"interactive_nfm_reply_array",
         {"interactive turn " SITI " | other nfm_reply | [formulir] | to wamid.OUTBOUND0001=="}},
        {"interactive_nfm_reply_not_json",
         {"interactive turn " SITI " | other nfm_reply | [formulir] | to wamid.OUTBOUND0001=="}},
        {"interactive_call_permission_reply",
         {"interactive silent " SITI
          " | other call_permission_reply | [izin panggilan] | to wamid.OUTBOUND0001=="}},
        {"interactive_missing",
         {"interactive turn " SITI " | other interactive | [pesan interaktif]"}},
        {"button", {"button turn " SITI " | tap 9:ya 'Ya' | Ya | to wamid.OUTBOUND0001=="}},
        {"button_without_context", {"button turn " SITI " | tap Ya 'Ya' | Ya"}},
        {"order", {"order turn " SITI " | other order | [pesanan] 2 barang: Pesan ya"}},
    };
    return all;
}

const expectations& quiet_messages() {
    static const expectations all{
        {"reaction",
         {"reaction silent " SITI " | other reaction | [reaksi] 👍 | to wamid.OUTBOUND0001=="}},
        {"reaction_removed",
         {"reaction silent " SITI
          " | other reaction | [reaksi dihapus] | to wamid.OUTBOUND0001=="}},
        {"reaction_removed_old",
         {"reaction silent " SITI
          " | other reaction | [reaksi dihapus] | to wamid.OUTBOUND0001=="}},
        {"system_user_changed_number", {"change " SITI " -> p:6281299900002,b:ID.24601"}},
        {"system_user_changed_user_id",
         {"change b:ID.13491208655302741918 -> b:ID.24601,e:ID.ENT.7"}},
        {"system_user_changed_incomplete",
         {"system silent p:6281299900001 | other system | [sistem] User changed"}},
        {"system_identity_changed",
         {"system silent p:6281299900001 | other system | [sistem] Identity changed"}},
        {"edit",
         {"edit silent " SITI
          " | other edit | [pesan diubah] maksud saya TPS 4 | to wamid.ORIGINAL0001=="}},
        {"revoke",
         {"revoke silent " SITI " | other revoke | [pesan dihapus] | to wamid.ORIGINAL0001=="}},
        {"unsupported",
         {"unsupported turn " SITI " | other unsupported | [pesan tidak didukung] poll_creation"}},
        {"unsupported_without_type",
         {"unsupported turn " SITI " | other unsupported | [pesan tidak didukung]"}},
        {"unsupported_edit",
         {"unsupported silent " SITI " | other unsupported | [pesan tidak didukung] edit"}},
        {"unsupported_in_group",
         {"unsupported silent " SITI " | other unsupported | [pesan tidak didukung]"}},
        {"unknown_legacy", {"unknown turn " SITI " | other unknown | [pesan tidak didukung]"}},
        {"errors_without_type",
         {"unknown silent " SITI " | other unknown | [pesan tidak didukung]"}},
        {"new_type", {"hologram turn " SITI " | other hologram | [pesan] hologram"}},
    };
    return all;
}

const expectations& statuses_and_notices() {
    static const expectations all{
        {"status_sent", {"status 4 4711 to " SITI " regular/service"}},
        {"status_delivered_bsuid",
         {"status 5 4711 to b:ID.13491208655302741918,e:ID.ENT.7 free_customer_service/service"}},
        {"status_read", {"status 6 0 to " SITI}},
        {"status_played", {"status 7 12 to " SITI}},
        {"status_failed", {"status 8 4711 to p:6281299900001 error 131047"}},
        {"status_deleted", {"notice messages status 0"}},
        {"status_foreign_callback", {"status 4 0 to " SITI}},
        {"status_group", {"status 5 0 to nobody", "status 6 0 to nobody"}},
        {"value_errors", {"notice messages error 130429"}},
        {"user_actions", {"notice messages user_actions 0"}},
        {"user_preferences", {"notice user_preferences user_preferences 0"}},
        {"messages_empty", {"notice messages unknown 0"}},
        {"account_update", {"notice account_update account_update 0"}},
        {"account_alerts", {"notice account_alerts account_alerts 0"}},
        {"message_template_status_update",
         {"notice message_template_status_update message_template_status_update 0"}},
        {"message_template_quality_update",
         {"notice message_template_quality_update message_template_quality_update 0"}},
        {"phone_number_quality_update",
         {"notice phone_number_quality_update phone_number_quality_update 0"}},
        {"business_capability_update",
         {"notice business_capability_update business_capability_update 0"}},
        {"group_participants_update",
         {"notice group_participants_update group_participants_update 0"}},
        {"field_of_tomorrow", {"notice holograms unknown 0"}},
        {"field_with_odd_name", {"notice unknown unknown 0"}},
        {"batch",
         // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): the macro joins on purpose
         {"text turn " SITI " | text satu | satu",
          "text turn p:6281299900002,b:ID.222 | text dua | dua",
          "reaction silent " SITI " | other reaction | [reaksi] 👍 | to wamid.X",
          "status 4 0 to " SITI, "status 5 0 to " SITI, "notice messages error 130429",
          "text turn " SITI " | text tiga | tiga", "status 6 0 to " SITI,
          "notice account_update account_update 0"}},
    };
    return all;
}

expectations all_expectations() {
    expectations all = texts();
    all.insert(rich_messages().begin(), rich_messages().end());
    all.insert(quiet_messages().begin(), quiet_messages().end());
    all.insert(statuses_and_notices().begin(), statuses_and_notices().end());
    return all;
}

std::vector<std::string> payload_names() {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(payload_dir)) {
        names.push_back(file.path().stem().string());
    }
    std::ranges::sort(names);
    return names;
}

TEST(webhook, every_payload_has_an_expectation) {
    std::vector<std::string> expected;
    for (const auto& [name, lines] : all_expectations())
        expected.push_back(name);
    EXPECT_EQ(payload_names(), expected);
}

TEST(webhook, payloads) {
    for (const auto& [name, lines] : all_expectations()) {
        SCOPED_TRACE(name);
        const auto parsed = parse_webhook(read_payload(name));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(show(*parsed), lines);
        // In the batch: a number among the messages, a null among the statuses, a value that is
        // text, a change that is text, an entry that is a number.
        EXPECT_EQ(parsed->unreadable, name == "batch" ? 5 : 0);
    }
}

template <class Update>
Update only(const std::string& name) {
    const auto parsed = parse_webhook(read_payload(name));
    EXPECT_TRUE(parsed);
    EXPECT_EQ(parsed->updates.size(), 1U);
    return std::get<Update>(parsed->updates.at(0));
}

TEST(webhook, identifiers_and_times) {
    const auto text = only<inbound_message>("text");
    EXPECT_EQ(text.phone_number_id, "106540352242922");
    EXPECT_TRUE(text.wamid.starts_with("wamid.")) << text.wamid;
    EXPECT_EQ(text.sent_ms, 1'763'700'000'000);
    EXPECT_EQ(only<inbound_message>("text_number_timestamp").sent_ms, 1'763'700'000'000);
    EXPECT_EQ(only<inbound_message>("text_millisecond_timestamp").sent_ms, 1'763'700'000'123);
    const auto status = only<delivery_status>("status_sent");
    EXPECT_EQ(status.phone_number_id, "106540352242922");
    EXPECT_TRUE(status.update.wamid.starts_with("wamid.OUT")) << status.update.wamid;
    EXPECT_EQ(status.update.at_ms, 1'763'700'000'000);
    EXPECT_TRUE(status.update.office.empty());
    const auto change = only<address_change>("system_user_changed_number");
    EXPECT_EQ(change.sent_ms, 1'763'700'000'000);
    EXPECT_FALSE(change.wamid.empty());
    EXPECT_EQ(only<notice>("account_update").phone_number_id, "");
}

TEST(webhook, a_message_without_id_keeps_its_identity_over_redeliveries) {
    const std::string body = read_payload("text_without_id");
    const auto first = only<inbound_message>("text_without_id");
    EXPECT_EQ(first.wamid.size(), std::string_view("missing.").size() + 64);
    EXPECT_EQ(only<inbound_message>("text_without_id").wamid, first.wamid);
    std::string other = body;
    other.replace(other.find("halo"), 4, "hola");
    const auto parsed = parse_webhook(other);
    ASSERT_TRUE(parsed);
    EXPECT_NE(std::get<inbound_message>(parsed->updates.at(0)).wamid, first.wamid);
}

TEST(webhook, profiles) {
    EXPECT_EQ(only<inbound_message>("text").profile_name, "Siti Aminah");
    const auto named_by_username = only<inbound_message>("text_bsuid_only");
    EXPECT_EQ(named_by_username.profile_name, "@siti.aminah");
    EXPECT_EQ(named_by_username.username, "siti.aminah");
    EXPECT_EQ(only<inbound_message>("text_other_wa_id").profile_name, "Ana");
    EXPECT_EQ(only<inbound_message>("text_foreign_contact").profile_name, "");
    const auto batch = parse_webhook(read_payload("batch"));
    ASSERT_TRUE(batch);
    EXPECT_EQ(std::get<inbound_message>(batch->updates.at(1)).profile_name, "Budi");
}

TEST(webhook, a_contradicting_user_id_is_not_the_same_person) {
    json document = json::parse(read_payload("text"));
    json& value = document["entry"][0]["changes"][0]["value"];
    value["contacts"][0]["user_id"] = "ID.999";
    const auto parsed = parse_webhook(document.dump());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(show(std::get<inbound_message>(parsed->updates.at(0)).from), SITI);
}

TEST(webhook, opaque_ids_are_plain_positive_integers) {
    const std::vector<std::pair<json, std::int64_t>> cases{{"4711", 4711},
                                                           {4711, 4711},
                                                           {"9223372036854775807", INT64_MAX},
                                                           {"0", 0},
                                                           {"-1", 0},
                                                           {"+1", 0},
                                                           {"007", 0},
                                                           {" 7", 0},
                                                           {"7 ", 0},
                                                           {"7x", 0},
                                                           {"", 0},
                                                           {"9223372036854775808", 0},
                                                           {nullptr, 0},
                                                           {true, 0},
                                                           {1.5, 0},
                                                           {-3, 0},
                                                           {json::array({7}), 0}};
    for (const auto& [data, expected] : cases) {
        json document = json::parse(read_payload("status_sent"));
        document["entry"][0]["changes"][0]["value"]["statuses"][0]["biz_opaque_callback_data"] =
            data;
        const auto parsed = parse_webhook(document.dump());
        ASSERT_TRUE(parsed);
        const auto& status = std::get<delivery_status>(parsed->updates.at(0));
        EXPECT_EQ(status.update.outbox.value_or(0), expected) << data;
    }
}

TEST(webhook, implausible_times_read_as_absent) {
    const std::vector<std::pair<json, std::int64_t>> cases{{"1", 1000},
                                                           {"0", 0},
                                                           {"-5", 0},
                                                           {"soon", 0},
                                                           {1.5, 0},
                                                           {nullptr, 0},
                                                           {UINT64_MAX, 0},
                                                           {99'999'999'999, 99'999'999'999'000},
                                                           {100'000'000'000, 100'000'000'000},
                                                           {"1763700000123000", 0}};
    for (const auto& [time, expected] : cases) {
        EXPECT_EQ(time_ms_at(json{{"t", time}}, "t"), expected) << time;
    }
}

// --- addresses ---------------------------------------------------------------------------

TEST(webhook, addresses) {
    using enum storage::address_kind;
    const std::vector<std::pair<std::string, int>> cases{{"62812", 1},
                                                         {"6281", 0},
                                                         {std::string(20, '1'), 1},
                                                         {std::string(21, '1'), 0},
                                                         {"6281a", 0},
                                                         {"", 0},
                                                         {"+", 0},
                                                         {"+6281299900001", 1},
                                                         {"62 812", 0},
                                                         {"ID.1", 2},
                                                         {"ID.", 0},
                                                         {"id.1", 0},
                                                         {"I.1", 0},
                                                         {"ID1", 0},
                                                         {"US.13491208655302741918", 2},
                                                         {"ID." + std::string(140, 'a'), 2},
                                                         {"ID." + std::string(141, 'a'), 0},
                                                         {"ID.a-b", 0},
                                                         {"ID.ENT.506", 3},
                                                         {"ID.ENT.", 0},
                                                         {"ID.ENT", 0},
                                                         {"ID.ENTRY", 2},
                                                         {"Y2FwaV9ncm91cDox", 0}};
    for (const auto& [text, kind] : cases) {
        const auto found = read_address(text);
        EXPECT_EQ(found ? static_cast<int>(found->kind) : 0, kind) << text;
    }
    EXPECT_EQ(read_address("+6281299900001")->value, "6281299900001");
}

// --- what is refused, and what never breaks -------------------------------------------------

TEST(webhook, refuses_what_is_no_json_object) {
    const std::vector<std::string> refused{"",
                                           " ",
                                           "null",
                                           "1",
                                           "\"text\"",
                                           "[]",
                                           "{",
                                           "}",
                                           "{]",
                                           "{\"a\":}",
                                           "{} {}",
                                           "\xff",
                                           "{\"entry\":[],}",
                                           "{'entry':[]}",
                                           std::string(1000, '['),
                                           "{\"a\":\"\\x\"}"};
    for (const std::string& body : refused) {
        const auto parsed = parse_webhook(body);
        ASSERT_FALSE(parsed) << body;
        EXPECT_TRUE(parsed.error().starts_with("webhook body ")) << parsed.error();
    }
}

TEST(webhook, refuses_what_nests_or_weighs_too_much) {
    const auto nested = [](int levels) {
        const auto count = static_cast<std::size_t>(levels - 1);
        return "{\"a\":" + std::string(count, '[') + std::string(count, ']') + "}";
    };
    EXPECT_TRUE(parse_webhook(nested(webhook_depth_max)));
    EXPECT_FALSE(parse_webhook(nested(webhook_depth_max + 1)));
    EXPECT_TRUE(parse_webhook("{\"a\":\"" + std::string(1000, '[') + "\"}"));
    EXPECT_TRUE(parse_webhook("{\"a\":\"\\\"" + std::string(1000, '[') + "\"}"));
    EXPECT_FALSE(parse_webhook("{}" + std::string(webhook_bytes_max, ' ')));
}

TEST(webhook, an_object_without_entries_is_empty) {
    for (const std::string_view body :
         {"{}", R"({"object":"page"})", R"({"entry":[]})", R"({"entry":null})"}) {
        const auto parsed = parse_webhook(body);
        ASSERT_TRUE(parsed) << body;
        EXPECT_TRUE(parsed->updates.empty());
        EXPECT_EQ(parsed->unreadable, 0);
    }
}

TEST(webhook, a_thousand_updates) {
    json document = json::parse(read_payload("text"));
    json& messages = document["entry"][0]["changes"][0]["value"]["messages"];
    for (int i = 1; i < 1000; ++i) {
        messages.push_back(messages[0]);
        messages.back()["id"] = fmt::format("wamid.{}", i);
    }
    const auto parsed = parse_webhook(document.dump());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->updates.size(), 1000U);
}

TEST(webhook, truncated_bodies_are_refused) {
    for (const std::string& name : payload_names()) {
        const std::string body = json::parse(repair_strings(read_payload(name))).dump();
        for (std::size_t length = 0; length < body.size(); ++length) {
            ASSERT_FALSE(parse_webhook(std::string_view(body).substr(0, length)))
                << name << " at " << length;
        }
    }
}

/// Every position inside a document.
void collect_paths(const json& value, const json::json_pointer& at,
                   std::vector<json::json_pointer>& paths) {
    if (!value.is_structured()) return;
    for (const auto& [key, child] : value.items()) {
        const auto path =
            value.is_array() ? at / static_cast<std::size_t>(std::stoul(key)) : at / key;
        paths.push_back(path);
        collect_paths(child, path, paths);
    }
}

/// Plays `use` with each payload changed in one place: each value replaced by one of any other
/// type, each member and element left out.
template <class Use>
void for_each_mutation(const Use& use) {
    const std::vector<json> replacements{nullptr,
                                         true,
                                         0,
                                         -1,
                                         1.5,
                                         UINT64_MAX,
                                         "",
                                         "x",
                                         "1",
                                         std::string(200, '9'),
                                         json::array(),
                                         json::array({1, "x", nullptr, json::object()}),
                                         json::object(),
                                         json{{"id", 1}, {"type", {}}, {"body", {{"x", 1}}}}};
    for (const std::string& name : payload_names()) {
        const json document = json::parse(repair_strings(read_payload(name)));
        std::vector<json::json_pointer> paths;
        collect_paths(document, json::json_pointer(), paths);
        for (const auto& path : paths) {
            for (const json& replacement : replacements) {
                json changed = document;
                changed[path] = replacement;
                use(name, changed, path.to_string());
            }
            json changed = document;
            json& parent = changed[path.parent_pointer()];
            if (parent.is_object()) parent.erase(path.back());
            if (parent.is_array()) parent.erase(std::stoul(path.back()));
            use(name, changed, path.to_string());
        }
    }
}

TEST(webhook, wrong_types_and_missing_keys_are_never_an_error) {
    std::size_t bodies = 0;
    for_each_mutation([&](const std::string& name, const json& changed, const std::string& where) {
        ++bodies;
        ASSERT_NO_THROW({
            const auto parsed = parse_webhook(changed.dump());
            ASSERT_TRUE(parsed) << name << where;
            for (const update& each : parsed->updates) {
                const auto* const message = std::get_if<inbound_message>(&each);
                if (message == nullptr) continue;
                // What the turn runner relies on.
                EXPECT_FALSE(message->wamid.empty()) << name << where;
                EXPECT_FALSE(message->type.empty()) << name << where;
                EXPECT_FALSE(message->body.empty()) << name << where;
                EXPECT_TRUE(message->use == message_use::silent || !message->from.empty())
                    << name << where;
            }
        }) << name
           << where;
    });
    EXPECT_GT(bodies, 20'000U);
}

TEST(webhook, changed_bytes_never_break_it) {
    for (const std::string& name : payload_names()) {
        const std::string body = read_payload(name);
        for (std::size_t i = 0; i < body.size(); i += 41) {
            for (const char c : {'"', '\\', '{', ']', ',', '\0', '\xff', '\xed', '\x01', 'u'}) {
                std::string changed = body;
                changed[i] = c;
                ASSERT_NO_THROW(std::ignore = parse_webhook(changed)) << name << " at " << i;
            }
        }
    }
}

TEST(webhook, repairs_only_what_a_parser_refuses) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"({"a":"\ud83d\ude00"})", R"({"a":"\ud83d\ude00"})"},
        {R"({"a":"\ud83d"})", R"({"a":"\ufffd"})"},
        {R"({"a":"\ude00\ud83d\ude00"})", R"({"a":"\ufffd\ud83d\ude00"})"},
        {R"({"a":"\ud83d\ud83d\ude00"})", R"({"a":"\ufffd\ud83d\ude00"})"},
        {R"({"a":"\\ud83d"})", R"({"a":"\\ud83d"})"},
        {"{\"a\":\"\xff\xc3\xa4\"}", "{\"a\":\"\xef\xbf\xbd\xc3\xa4\"}"},
        {"{\"a\":\"\xed\xa0\xbd\"}", "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}"},
        {"{\"a\":\"\xf0\x9f\x98\x80\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}"},
        {"{\n\"a\":\"x\ny\"}", "{\n\"a\":\"x y\"}"},
        {R"({"a":"\u00e4\"\u00)", R"({"a":"\u00e4\"\u00)"},
        {"{\"a\":\"\\", "{\"a\":\"\\"}};
    for (const auto& [broken, mended] : cases)
        EXPECT_EQ(repair_strings(broken), mended);
}

}  // namespace
}  // namespace siwareng::bot
