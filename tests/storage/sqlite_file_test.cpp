// The SQLite store as a file: what it opens, what it refuses, and what a restart finds.

#include "storage/sqlite/schema.hpp"
#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace siwareng::tests {
namespace {

using storage::errc;
using storage::sqlite_options;
using storage::transaction;

class sqlite_file : public testing::Test {
  protected:
    std::expected<std::unique_ptr<storage::store>, errc> open(std::uint8_t key = 7) const {
        sqlite_options options;
        options.file = file_;
        return storage::open_sqlite_store(options, test_keys(key));
    }

    void create() const { ASSERT_TRUE(storage::create_sqlite_database(file_, *test_keys())); }

    errc open_error(std::uint8_t key = 7) const {
        auto opened = open(key);
        EXPECT_FALSE(opened);
        return opened ? errc::io : opened.error();
    }

    void write(const std::string& content) const {
        std::ofstream(file_, std::ios::binary) << content;
    }

    static mode_t mode_of(const std::filesystem::path& file) {
        struct stat facts{};
        EXPECT_EQ(::stat(file.c_str(), &facts), 0) << file;
        return facts.st_mode & 0777U;
    }

    /// What the disk would hold if the process died now.
    std::filesystem::path crash_image() const {
        const auto image = folder_.path() / "crashed";
        std::filesystem::create_directory(image);
        for (const char* ending : {"", "-wal"}) {
            std::filesystem::copy_file(file_.native() + ending,
                                       image / ("a.db" + std::string(ending)));
        }
        return image / "a.db";
    }

    temp_folder folder_;
    std::filesystem::path file_ = folder_.path() / "data" / "a.db";
};

TEST_F(sqlite_file, is_private) {
    create();
    EXPECT_EQ(mode_of(file_), 0600U);
    EXPECT_EQ(mode_of(file_.parent_path()), 0700U);
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->run([](transaction& in) { in.keep_raw("x", 1); }));
    for (const auto& each : std::filesystem::directory_iterator(file_.parent_path())) {
        EXPECT_EQ(mode_of(each.path()), 0600U) << each.path();
    }
}

TEST_F(sqlite_file, is_never_overwritten) {
    create();
    EXPECT_EQ(storage::create_sqlite_database(file_, *test_keys(8)).error(), errc::exists);
    EXPECT_TRUE(open());
}

TEST_F(sqlite_file, is_made_by_init_only) {
    EXPECT_EQ(open_error(), errc::not_found);
    EXPECT_FALSE(std::filesystem::exists(file_.parent_path()));
}

TEST_F(sqlite_file, of_something_else_is_refused) {
    std::filesystem::create_directories(file_.parent_path());
    for (const std::string& content : {std::string(), std::string("hello\n"),
                                       std::string(100'000, 'x'), std::string(4096, '\0')}) {
        write(content);
        EXPECT_EQ(open_error(), errc::not_a_store) << content.size();
    }
    std::filesystem::remove(file_);
    std::filesystem::create_directory(file_);
    EXPECT_EQ(open_error(), errc::not_a_store);
}

TEST_F(sqlite_file, of_another_program_is_refused) {
    std::filesystem::create_directories(file_.parent_path());
    write("");
    {
        storage::sqlite::connection db(file_, storage::sqlite::connection::access::write);
        db.execute("CREATE TABLE t (x); PRAGMA user_version = 1");
    }
    EXPECT_EQ(open_error(), errc::not_a_store);
}

TEST_F(sqlite_file, of_a_newer_version_is_refused) {
    create();
    {
        storage::sqlite::connection db(file_, storage::sqlite::connection::access::write);
        db.execute("PRAGMA user_version = 9999");
    }
    EXPECT_EQ(open_error(), errc::newer_schema);
}

TEST_F(sqlite_file, needs_its_own_key) {
    create();
    EXPECT_EQ(open_error(8), errc::wrong_key);
    EXPECT_TRUE(open(7)) << "and is not harmed by the attempt";
}

TEST_F(sqlite_file, is_written_by_one) {
    create();
    auto first = open();
    ASSERT_TRUE(first);
    EXPECT_EQ(open_error(), errc::in_use);
    first->reset();
    EXPECT_TRUE(open());
}

TEST_F(sqlite_file, lacking_a_table_is_damaged) {
    create();
    {
        storage::sqlite::connection db(file_, storage::sqlite::connection::access::write);
        db.execute("DROP TABLE timers");
    }
    EXPECT_EQ(open_error(), errc::corrupt);
}

TEST_F(sqlite_file, that_cannot_be_written_is_refused) {
    create();
    const auto parent = file_.parent_path();
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(parent.c_str(), 0755), 0);
    ASSERT_EQ(::chmod(file_.c_str(), 0444), 0);
    const bool root = ::geteuid() == 0;
    if (root) ASSERT_EQ(::seteuid(65534), 0);  // Root may write anything.
    const errc folder_error = open_error();
    if (root) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(folder_error, errc::read_only) << "the folder";

    ASSERT_EQ(::chmod(parent.c_str(), 0777), 0);
    std::filesystem::remove(file_.native() + ".lock");
    if (root) ASSERT_EQ(::seteuid(65534), 0);
    const errc file_error = open_error();
    if (root) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(file_error, errc::read_only) << "the file";
}

TEST_F(sqlite_file, migrates_from_every_version) {
    for (int version = 1; version <= storage::sqlite::newest_schema(); ++version) {
        const auto keys = test_keys();
        file_ = folder_.path() / (std::to_string(version) + ".db");
        std::ofstream(file_).close();
        {
            storage::sqlite::connection db(file_, storage::sqlite::connection::access::write);
            storage::sqlite::create_schema(db, keys->fingerprint(), version);
            EXPECT_EQ(db.pragma("user_version"), version);
        }
        auto store = open();
        ASSERT_TRUE(store) << version;
        EXPECT_TRUE((*store)->run(
            [](transaction& in) { in.resolve_contact(office, {phone("62811")}, "", start_ms); }));
        storage::sqlite::connection db(file_, storage::sqlite::connection::access::read);
        EXPECT_EQ(db.pragma("user_version"), storage::sqlite::newest_schema());
    }
}

TEST_F(sqlite_file, keeps_everything_over_a_restart) {
    create();
    {
        auto store = open();
        ASSERT_TRUE(store);
        ASSERT_TRUE((*store)->run([](transaction& in) {
            const auto who = in.resolve_contact(office, {phone("62811")}, "Budi", start_ms);
            const auto id =
                in.insert_inbound(who.id, message("wamid.A"), storage::inbound_state::handled);
            in.save_turn(who.id, "session", start_ms + day_ms);
            storage::outbound reply;
            reply.contact = who.id;
            reply.reply_to = id;
            reply.payload = "answer";
            reply.created_ms = start_ms;
            in.enqueue(reply, false);
        }));
    }
    auto store = open();
    ASSERT_TRUE(store);
    const auto reader = (*store)->open_reader();
    const auto who = reader->find_contact(office, phone("62811"));
    ASSERT_TRUE(who);
    EXPECT_EQ(who->profile_name, "Budi");
    EXPECT_EQ(who->session, "session");
    EXPECT_EQ(who->window_until_ms, start_ms + day_ms);
    EXPECT_EQ(reader->conversation(who->id, 10).size(), 2U);
    ASSERT_TRUE((*store)->run([&](transaction& in) {
        EXPECT_FALSE(
            in.insert_inbound(who->id, message("wamid.A"), storage::inbound_state::handled));
        EXPECT_EQ(in.claim_due(start_ms, 10).size(), 1U);
    }));
}

TEST_F(sqlite_file, a_crash_loses_nothing_that_was_committed) {
    create();
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->run([](transaction& in) {
        storage::outbound reply;
        reply.contact = in.resolve_contact(office, {phone("62811")}, "", start_ms).id;
        reply.payload = "under way";
        reply.created_ms = start_ms;
        EXPECT_TRUE(in.enqueue(reply, true));
        reply.payload = "next";
        EXPECT_FALSE(in.enqueue(reply, true));
    }));
    file_ = crash_image();
    auto after = open();
    ASSERT_TRUE(after);
    const auto reader = (*after)->open_reader();
    EXPECT_EQ(reader->stats().outbox_sending, 1);
    ASSERT_TRUE((*after)->run([](transaction& in) {
        EXPECT_EQ(in.recover_sending(start_ms + minute_ms), 1);
        EXPECT_TRUE(in.claim_due(start_ms, 10).empty());
        EXPECT_EQ(in.expire_doubts(start_ms + minute_ms), 1);
        const auto again = in.claim_due(start_ms + minute_ms, 10);
        ASSERT_EQ(again.size(), 1U);
        EXPECT_EQ(again[0].payload, "under way");
    }));
}

TEST_F(sqlite_file, is_backed_up_once) {
    create();
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->run(
        [](transaction& in) { in.resolve_contact(office, {phone("62811")}, "Budi", start_ms); }));
    const auto copy = folder_.path() / "it's a copy.db";
    ASSERT_TRUE((*store)->backup(copy));
    EXPECT_EQ(mode_of(copy), 0600U);
    EXPECT_EQ((*store)->backup(copy).error(), errc::exists);
    EXPECT_EQ((*store)->backup(folder_.path() / "none" / "b.db").error(), errc::not_found);
    file_ = copy;
    auto restored = open();
    ASSERT_TRUE(restored);
    EXPECT_EQ((*restored)->open_reader()->find_contact(office, phone("62811"))->profile_name,
              "Budi");
}

TEST_F(sqlite_file, readers_never_write) {
    create();
    storage::sqlite::connection db(file_, storage::sqlite::connection::access::read);
    EXPECT_THROW(db.execute("DELETE FROM contacts"), storage::store_error);
}

}  // namespace
}  // namespace siwareng::tests
