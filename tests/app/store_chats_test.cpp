// The golden conversations on the second level: the program's own turns on a SQLite file that is
// closed and opened again after every turn.
#include "bot/local_office.hpp"
#include "dialogs/voter/nik.hpp"
#include "storage/roll/roll.hpp"
#include "storage/seal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Conversations whose outcome only a script can bring about are for the engine alone.
std::vector<fs::path> chat_files() {
    const auto root = fs::path(SIWARENG_SOURCE_DIR) / "tests/chats";
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const auto path = entry.path();
        if (path.extension() == ".chat" && path.string().find("engine_only") == std::string::npos) {
            out.push_back(path);
        }
    }
    std::ranges::sort(out);
    return out;
}

class store_chats : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "siwareng-chats-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        settings_ = local_settings("3603", "KPU Kabupaten Tangerang", "36.03");
        settings_.offices.front().display_phone = "021-5991414";
        auto content = load_all_content("");
        ASSERT_TRUE(content) << content.error().front();
        content_ = *std::move(content);
        import_fixture();
    }
    void TearDown() override { fs::remove_all(folder_); }

    void import_fixture() {
        const auto chats = fs::path(SIWARENG_SOURCE_DIR) / "tests/chats";
        storage::roll_import_options options;
        options.office = "3603";
        options.region = "36.03";
        options.folder = folder_ / "roll";
        options.voters_csv = chats / "voters.csv";
        options.tps_csv = chats / "tps.csv";
        options.rejects_csv = folder_ / "rejected.csv";
        options.known_regions = content_.regions->villages_below("36.03");
        options.nik_ok = [](std::string_view nik) { return dialogs::nik::parse(nik).has_value(); };
        options.now_ms = 1'795'000'000'000;
        const auto imported = storage::import_roll(options, *keys_);
        ASSERT_TRUE(imported) << imported.error().message;
        EXPECT_EQ(imported->rejected, 0) << read_file(options.rejects_csv);
        auto rolls = storage::open_roll_library(options.folder, keys_);
        ASSERT_TRUE(rolls->refresh({"3603"}).empty());
        rolls_ = std::move(rolls);
    }

    std::unique_ptr<dialogs::chat_driver> open_office(const fs::path& database) {
        EXPECT_TRUE(storage::create_sqlite_database(database, *keys_));
        local_office_options options;
        options.settings = settings_;
        options.content = content_;
        options.rolls = rolls_;
        options.restart_after_turn = true;
        options.clock_ms = [] { return std::int64_t{1'795'000'000'000}; };
        options.open_store = [database, keys = keys_] {
            storage::sqlite_options sqlite;
            sqlite.file = database;
            auto store = storage::open_sqlite_store(sqlite, keys);
            return store ? *std::move(store) : nullptr;
        };
        return create_local_office(std::move(options));
    }

    fs::path folder_;
    config settings_;
    loaded_content content_;
    std::shared_ptr<const storage::keyring> keys_ = storage::create_random_keyring();
    std::shared_ptr<const storage::roll_library> rolls_;
};

TEST_F(store_chats, every_golden_conversation_holds_on_a_store_that_restarts) {
    const auto files = chat_files();
    EXPECT_GE(files.size(), 40u);
    int number = 0;
    for (const auto& path : files) {
        const auto name = fs::relative(path, SIWARENG_SOURCE_DIR).string();
        const auto parsed = dialogs::parse_chat(read_file(path));
        ASSERT_TRUE(parsed) << name << ": " << parsed.error().message;
        const auto office = open_office(folder_ / (std::to_string(++number) + ".db"));
        const auto outcome = dialogs::run_chat(*parsed, name, *office);
        EXPECT_TRUE(outcome.passed) << outcome.report;
    }
}

}  // namespace
}  // namespace siwareng::bot
