#include "bot/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* minimal = R"(
[storage]
url = "sqlite:data/s.db"
key_file = "s.key"
[whatsapp]
app_secrets = ["secret"]
verify_token = "token"
[[office]]
id = "3603"
name = "KPU Kabupaten Tangerang"
region = "36.03"
phone_number_id = "1"
display_phone = "+62 811"
access_token = "abc"
)";

class config_test : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("siwareng-config-" + std::to_string(getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path write(const std::string& text, const std::string& name = "siwareng.toml") {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }

    std::expected<config, std::vector<config_error>> load(const std::string& text,
                                                          config_sources extra = {}) {
        extra.file = write(text);
        return load_config(extra);
    }

    /// `minimal` with one piece replaced.
    static std::string with(const std::string& from, const std::string& to) {
        std::string text = minimal;
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    }

    std::string first_error(const std::string& text, config_sources extra = {}) {
        const auto loaded = load(text, std::move(extra));
        return loaded ? "no error" : to_string(loaded.error().front());
    }

    fs::path folder_;
};

TEST_F(config_test, fills_in_defaults_and_resolves_paths_from_the_file) {
    const auto settings = load(minimal);
    ASSERT_TRUE(settings) << to_string(settings.error().front());
    EXPECT_EQ(settings->server.port, 8080);
    EXPECT_EQ(settings->server.address, "127.0.0.1");
    EXPECT_EQ(settings->server.body_bytes_max, 4194304);
    EXPECT_EQ(settings->whatsapp.graph_version, "v26.0");
    EXPECT_EQ(settings->whatsapp.pair_interval_ms, 6000);
    EXPECT_EQ(settings->database_file(), folder_ / "data/s.db");
    EXPECT_EQ(settings->roll_folder(), folder_ / "data/roll");
    EXPECT_EQ(settings->storage.key_file, (folder_ / "s.key").string());
    ASSERT_EQ(settings->offices.size(), 1u);
    EXPECT_EQ(settings->offices[0].messages_per_s, 80);
    EXPECT_EQ(settings->office_of_number("1"), settings->find_office("3603"));
    EXPECT_EQ(settings->office_of_number("2"), nullptr);
}

TEST_F(config_test, environment_beats_the_file_and_set_beats_both) {
    config_sources sources;
    sources.environment = {{"SIWARENG_SERVER_PORT", "9001"},
                           {"SIWARENG_LIMITS_CHECKS_PER_CONTACT_DAY", "7"},
                           {"SIWARENG_OFFICE_3603_ACCESS_TOKEN", "from-env"},
                           {"SIWARENG_SERVICE_HOST", "10.0.0.1"},
                           {"PATH", "/bin"}};
    sources.overrides = {"server.port=9002", "office.3603.messages_per_s=20.5",
                         "whatsapp.app_secrets=a,b"};
    const auto settings = load(minimal, sources);
    ASSERT_TRUE(settings) << to_string(settings.error().front());
    EXPECT_EQ(settings->server.port, 9002);
    EXPECT_EQ(settings->limits.checks_per_contact_day, 7);
    EXPECT_EQ(settings->offices[0].access_token, "from-env");
    EXPECT_EQ(settings->offices[0].messages_per_s, 20.5);
    EXPECT_EQ(settings->whatsapp.app_secrets, (std::vector<std::string>{"a", "b"}));
}

TEST_F(config_test, secrets_come_from_files) {
    write("one\ntwo\n", "secrets");
    write("word\n", "token");
    auto text = with("app_secrets = [\"secret\"]", "app_secrets_file = \"secrets\"");
    const auto at = text.find("verify_token = \"token\"");
    text.replace(at, 22, "verify_token_file = \"token\"");
    const auto settings = load(text);
    ASSERT_TRUE(settings) << to_string(settings.error().front());
    EXPECT_EQ(settings->whatsapp.app_secrets, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(settings->whatsapp.verify_token, "word");
}

struct mistake {
    const char* from;
    const char* to;
    const char* expected;
};

TEST_F(config_test, every_mistake_names_the_key_and_the_fix) {
    const mistake mistakes[] = {
        {"key_file", "keyfile", "storage.keyfile: unknown key; did you mean 'key_file'?"},
        {"[whatsapp]", "[whatsap]\n[whatsapp]", "whatsap: unknown key; did you mean 'whatsapp'?"},
        {"verify_token = \"token\"", "verify_token = \"\"",
         "whatsapp.verify_token: is missing; set"},
        {"verify_token = \"token\"", "", "whatsapp.verify_token: is missing; set verify_token or"},
        {"app_secrets = [\"secret\"]", "", "whatsapp.app_secrets: is missing"},
        {"app_secrets = [\"secret\"]", "app_secrets = [\"\"]",
         "app_secrets: holds an empty secret"},
        {"app_secrets = [\"secret\"]", "app_secrets_file = \"none\"",
         "whatsapp.app_secrets_file: 'none' cannot be read"},
        {"access_token = \"abc\"", "", "office.3603.access_token: is missing"},
        {"name = \"KPU", "nama = \"KPU", "office.3603.nama: unknown key; did you mean 'name'?"},
        {"region = \"36.03\"", "region = \"Banten\"", "office.3603.region: must be a Kemendagri"},
        {"[storage]", "[server]\nport = 70000\n[storage]", "server.port: must be 0 to 65535"},
        {"[storage]", "[server]\nport = \"x\"\n[storage]", "server.port: must be a whole number"},
        {"[storage]", "[content]\ndir = \"nowhere\"\n[storage]", "content.dir: no such folder"},
        {"url = \"sqlite:data/s.db\"", "url = \"mysql:x\"", "storage.url: must be \"sqlite:PATH\""},
        {"verify_token", "graph_url = \"http://graph.facebook.com\"\nverify_token",
         "whatsapp.graph_url: plain http is allowed to a loopback address only"},
        {"verify_token", "graph_url = \"facebook\"\nverify_token",
         "whatsapp.graph_url: must be a URL"},
        {"verify_token", "graph_version = \"26\"\nverify_token",
         "whatsapp.graph_version: must look"},
        {"[storage]", "[log]\nlevel = \"loud\"\n[storage]", "log.level: must be debug, info"},
        {"[storage]", "[server]\ntls_key_file = \"s.pem\"\n[storage]",
         "server.tls_key_file: no such file"},
        {"[storage]", "[storage", "siwareng.toml:2:"},
    };
    for (const auto& each : mistakes) {
        EXPECT_THAT(first_error(with(each.from, each.to)), HasSubstr(each.expected)) << each.to;
    }
}

TEST_F(config_test, overrides_are_checked_like_the_file) {
    const auto error_of = [&](const char* text) { return first_error(minimal, {{}, {}, {text}}); };
    EXPECT_THAT(error_of("server.prt=1"), HasSubstr("did you mean 'port'?"));
    EXPECT_THAT(error_of("servr.port=1"), HasSubstr("did you mean 'server'?"));
    EXPECT_THAT(error_of("port=1"), HasSubstr("section.key=value"));
    EXPECT_THAT(error_of("office.9999.name=x"), HasSubstr("no such office"));
    EXPECT_THAT(first_error(minimal, {{}, {{"SIWARENG_SERVER_PROT", "1"}}, {}}),
                HasSubstr("did you mean 'port'?"));
}

TEST_F(config_test, reports_all_mistakes_at_once) {
    auto text = with("verify_token = \"token\"", "");
    text.replace(text.find("access_token = \"abc\""), 20, "");
    const auto settings = load(text);
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().size(), 2u);
}

TEST_F(config_test, a_missing_file_and_two_offices_of_one_number_are_errors) {
    config_sources sources;
    sources.file = folder_ / "none.toml";
    const auto missing = load_config(sources);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().front().message, HasSubstr("no such file"));
    const std::string text = minimal;
    const auto office = text.substr(text.find("[[office]]"));
    EXPECT_THAT(first_error(text + office), HasSubstr("is used by two offices"));
    EXPECT_THAT(first_error(text.substr(0, text.find("[[office]]"))), HasSubstr("at least one"));
}

TEST_F(config_test, commands_that_talk_to_nobody_need_no_secrets) {
    config_sources sources;
    sources.file = write(with("verify_token = \"token\"", ""));
    sources.secrets_needed = false;
    EXPECT_TRUE(load_config(sources));
}

TEST_F(config_test, printing_hides_secrets_and_names_every_key) {
    const auto settings = load(minimal);
    ASSERT_TRUE(settings);
    const auto text = print_config(*settings);
    EXPECT_THAT(text, HasSubstr("verify_token = \"\"  # (set)"));
    EXPECT_THAT(text, HasSubstr("access_token = \"\"  # (set)"));
    EXPECT_THAT(text, testing::Not(HasSubstr("abc")));
    EXPECT_THAT(text, HasSubstr("pair_burst = 45"));
}

TEST_F(config_test, limits_of_zero_are_said_aloud) {
    const auto settings = load(minimal, {{}, {}, {"limits.checks_per_contact_day=0"}});
    ASSERT_TRUE(settings);
    EXPECT_THAT(disabled_limits(*settings), Contains(HasSubstr("limits.checks_per_contact_day")));
}

TEST_F(config_test, the_reference_is_a_configuration_that_lacks_only_secrets) {
    config_sources sources;
    sources.file = write(config_reference());
    sources.secrets_needed = false;
    const auto settings = load_config(sources);
    ASSERT_TRUE(settings) << to_string(settings.error().front());
    EXPECT_EQ(settings->offices.front().region, "36.03");
    sources.secrets_needed = true;
    const auto incomplete = load_config(sources);
    ASSERT_FALSE(incomplete);
    for (const auto& error : incomplete.error()) {
        EXPECT_THAT(error.message, HasSubstr("is missing")) << error.key;
    }
}

}  // namespace
}  // namespace siwareng::bot
