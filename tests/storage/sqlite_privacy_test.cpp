// Opens the files of a store as bytes after a conversation: nothing personal may be readable.

#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>

namespace siwareng::tests {
namespace {

using storage::inbound_state;
using storage::outbox_state;
using storage::transaction;

constexpr const char* digits = "6281234567890";
constexpr const char* nik = "3603011203900001";
// As Meta makes them: base64 of bytes that begin with the phone number.
constexpr const char* wamid_in = "wamid.HBgNNjI4MTIzNDU2Nzg5MBUCABIYEjdBRkU5QzJENEE5RDk1OEI2RQA=";
constexpr const char* wamid_out = "wamid.HBgNNjI4MTIzNDU2Nzg5MBUCABEYEjE1QUY5QzJENEE5RDk1OEI2RQA=";
constexpr const char* user_id = "ID.13491208655302741918";

void converse(transaction& in) {
    in.keep_raw(std::string(R"({"entry":[{"changes":[{"value":{"messages":[{"from":")") + digits +
                    R"(","id":")" + wamid_in + R"(","text":{"body":"cek )" + nik +
                    R"( SITI AMINAH"}}]}}]}]})",
                start_ms);
    const auto who =
        in.resolve_contact(office, {phone(digits), bsuid(user_id)}, "Siti A", start_ms);
    const auto id =
        in.insert_inbound(who.id, message(wamid_in, std::string("cek ") + nik + " SITI AMINAH"),
                          inbound_state::handled);
    in.count_up(office, {.scope = "nik", .value = nik, .window_ms = day_ms}, start_ms);
    in.count_up(office, {.scope = "contact", .value = digits, .window_ms = day_ms}, start_ms);
    in.save_turn(who.id, std::string(R"({"frames":[{"vars":{"nik":")") + nik + R"("}}]})",
                 start_ms + day_ms);
    in.set_timer(who.id, start_ms + hour_ms, 1);
    in.open_handoff(who.id, "voter_status", start_ms);
    storage::outbound reply;
    reply.contact = who.id;
    reply.reply_to = id;
    reply.payload = R"({"text":"*SITI AMINAH* terdaftar di TPS 3, Cikupa"})";
    reply.created_ms = start_ms;
    const auto item = in.enqueue(reply, true);
    in.record_accepted(item.value().id, wamid_out, start_ms);
    std::optional<storage::outbox_item> next;
    in.apply_status(status(wamid_out, outbox_state::delivered), start_ms, next);
    in.apply_status(status(std::string(wamid_out) + "2", outbox_state::read), start_ms, next);
}

std::string read_all(const std::filesystem::path& folder) {
    std::ostringstream bytes;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        std::ifstream in(each.path(), std::ios::binary);
        bytes << each.path().filename() << in.rdbuf();
        in.clear();
    }
    return bytes.str();
}

void expect_nothing_personal(const std::string& bytes) {
    for (const std::string personal :
         {digits, "81234567890", nik, "SITI", "AMINAH", "Siti A", "Cikupa", "TPS 3", "cek ",
          "wamid.", "HBgNNjI4MTIzNDU2Nzg5M", "NjI4MTIzNDU2Nzg5", "YEjdBRkU5QzJENEE5RDk1OEI2RQ",
          user_id, "13491208655302741918", "\"nik\"", "\"messages\""}) {
        EXPECT_EQ(bytes.find(personal), std::string::npos) << personal;
    }
}

TEST(sqlite_privacy, files_tell_nothing) {
    const temp_folder folder;
    const auto store = make_sqlite_store(folder.path() / "a.db");
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->run(converse));
    ASSERT_FALSE(store->run([](transaction& in) {
        in.resolve_contact(office, {phone("62811")}, "SITI AMINAH", start_ms);
        throw std::runtime_error("a turn that fails");
    }));
    ASSERT_TRUE(store->backup(folder.path() / "backup.db"));
    const std::string open = read_all(folder.path());
    EXPECT_NE(open.find("tangerang"), std::string::npos) << "the files were read";
    EXPECT_NE(open.find("voter_status"), std::string::npos);
    expect_nothing_personal(open);

    const auto who = store->open_reader()->find_contact(office, phone(digits));
    ASSERT_TRUE(who);
    const auto conversation = store->open_reader()->conversation(who->id, 10);
    ASSERT_EQ(conversation.size(), 2U);
    EXPECT_EQ(conversation[0].wamid, wamid_in) << "and yet it is all there";
    EXPECT_EQ(conversation[1].wamid, wamid_out);

    store->close();
    expect_nothing_personal(read_all(folder.path()));
}

TEST(sqlite_privacy, error_texts_tell_nothing) {
    const temp_folder folder;
    const auto store = make_sqlite_store(folder.path() / "a.db");
    ASSERT_TRUE(store);
    std::string detail;
    ASSERT_TRUE(store->run([&](transaction& in) {
        const auto who = in.resolve_contact(office, {phone(digits)}, "Siti A", start_ms);
        storage::outbound reply;
        reply.contact = who.id;
        reply.reply_to = 1;
        reply.payload = nik;
        in.enqueue(reply, false);
        try {
            in.enqueue(reply, false);
        } catch (const storage::store_error& error) {
            detail = error.what();
        }
    }));
    EXPECT_THAT(detail, testing::HasSubstr("reply_to"));
    expect_nothing_personal(detail);
}

}  // namespace
}  // namespace siwareng::tests
