#include "tests/e2e/harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace siwareng::e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* office_config = R"(
[storage]
url = "sqlite:s.db"
key_file = "s.key"
[whatsapp]
app_secrets = ["very-secret"]
verify_token = "token"
[[office]]
id = "3603"
name = "KPU Kabupaten Tangerang"
region = "36.03"
phone_number_id = "1"
display_phone = "+62 811"
access_token = "also-secret"
)";

class commands_test : public testing::Test {
  protected:
    void SetUp() override { write_file(config(), office_config); }

    [[nodiscard]] std::string config() const { return (folder_.path() / "siwareng.toml").string(); }
    [[nodiscard]] bool exists(const char* name) const { return fs::exists(folder_.path() / name); }

    temp_folder folder_;
};

TEST_F(commands_test, every_command_has_help_with_an_example) {
    const std::vector<std::vector<std::string>> commands = {
        {},
        {"init"},
        {"serve"},
        {"chat"},
        {"backup"},
        {"roll"},
        {"roll", "generate"},
        {"roll", "import"},
        {"roll", "status"},
        {"flows"},
        {"flows", "check"},
        {"flows", "diagram"},
        {"config"},
        {"config", "print"},
        {"config", "check"},
        {"emulator"},
        {"emulator", "chat"},
        {"load"},
    };
    for (auto words : commands) {
        words.emplace_back("--help");
        const auto result = run_command(words);
        EXPECT_EQ(result.status, 0) << result.output;
        EXPECT_THAT(result.output, HasSubstr("Example:")) << testing::PrintToString(words);
    }
    EXPECT_THAT(run_command({"version"}).output, HasSubstr("siwareng 0."));
}

TEST_F(commands_test, wrong_words_are_usage_errors) {
    EXPECT_EQ(run_command({}).status, 2);
    EXPECT_EQ(run_command({"srve"}).status, 2);
    EXPECT_EQ(run_command({"serve"}).status, 2);
    EXPECT_EQ(run_command({"serve", "--config", config(), "--set", "server.prt=1"}).status, 2);
}

TEST_F(commands_test, init_makes_a_private_key_and_a_database_once) {
    const auto made = run_command({"init", "--config", config()});
    ASSERT_EQ(made.status, 0) << made.output;
    struct stat info{};
    ASSERT_EQ(stat((folder_.path() / "s.key").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    const auto key = read_file(folder_.path() / "s.key");
    const auto again = run_command({"init", "--config", config()});
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.output, HasSubstr("exists already"));
    EXPECT_EQ(read_file(folder_.path() / "s.key"), key);
}

TEST_F(commands_test, serve_makes_nothing_by_itself) {
    const auto result = run_command({"serve", "--config", config()});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, HasSubstr("siwareng init"));
    EXPECT_FALSE(exists("s.db"));
    EXPECT_FALSE(exists("s.key"));
}

TEST_F(commands_test, a_wrong_configuration_is_explained_and_creates_nothing) {
    write_file(config(), std::string(office_config) + "tokn = 1\n");
    for (const auto* command : {"init", "serve"}) {
        const auto result = run_command({command, "--config", config()});
        EXPECT_EQ(result.status, 2);
        EXPECT_THAT(result.output, HasSubstr("office.3603.tokn: unknown key"));
    }
    EXPECT_FALSE(exists("s.db"));
    EXPECT_FALSE(exists("s.key"));
    const auto mistyped = run_command({"serve", "--config", config() + ".none"});
    EXPECT_EQ(mistyped.status, 2);
    EXPECT_THAT(mistyped.output, HasSubstr("no such file"));
}

TEST_F(commands_test, config_print_hides_secrets) {
    const auto printed = run_command({"config", "print", "--config", config()});
    EXPECT_EQ(printed.status, 0);
    EXPECT_THAT(printed.output, Not(HasSubstr("very-secret")));
    EXPECT_THAT(printed.output, Not(HasSubstr("also-secret")));
    EXPECT_THAT(printed.output, HasSubstr("[[office]]"));
    const auto checked = run_command({"config", "check", "--config", config()});
    EXPECT_EQ(checked.status, 0) << checked.output;
}

TEST_F(commands_test, generated_voters_are_imported_and_counted) {
    ASSERT_EQ(run_command({"init", "--config", config()}).status, 0);
    const auto csv = (folder_.path() / "voters.csv").string();
    const auto made =
        run_command({"roll", "generate", "--voters", "2000", "--seed", "7", "--out", csv});
    ASSERT_EQ(made.status, 0) << made.output;
    const auto imported = run_command({"roll", "import", "--config", config(), csv, "--tps",
                                       (folder_.path() / "voters.tps.csv").string()});
    ASSERT_EQ(imported.status, 0) << imported.output;
    const auto status = run_command({"roll", "status", "--config", config(), "--probe", "100"});
    EXPECT_EQ(status.status, 0);
    EXPECT_THAT(status.output, HasSubstr("2000 voters"));
    const auto broken = (folder_.path() / "broken.csv").string();
    write_file(broken, "nik,nama\n1,2\n");
    const auto refused = run_command({"roll", "import", "--config", config(), broken});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.output, HasSubstr("The roll that was in use stays"));
    EXPECT_THAT(run_command({"roll", "status", "--config", config()}).output,
                HasSubstr("2000 voters"));
}

TEST_F(commands_test, flows_are_checked_and_drawn_with_overrides) {
    EXPECT_EQ(run_command({"flows", "check"}).status, 0);
    EXPECT_THAT(run_command({"flows", "diagram", "voter_status"}).output, HasSubstr("flowchart"));
    const auto content = folder_.path() / "content";
    fs::create_directories(content / "flows");
    write_file(content / "flows/voter_status.toml", "flow = \"voter_status\"\n");
    const auto broken = run_command({"flows", "check", "--dir", content.string()});
    EXPECT_EQ(broken.status, 1);
    EXPECT_THAT(broken.output, HasSubstr("flows/voter_status.toml"));
}

TEST_F(commands_test, chat_answers_from_standard_input) {
    const auto result = run_command({"chat"}, "halo\nmenu\n");
    EXPECT_EQ(result.status, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("KPU"));
}

}  // namespace
}  // namespace siwareng::e2e
