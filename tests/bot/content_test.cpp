#include "bot/content/content.hpp"

#include "bot/content/embedded_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>

namespace siwareng::bot {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder of its own for a test, removed afterwards.
class content_dir : public testing::Test {
  protected:
    content_dir()
        : dir_(fs::temp_directory_path() /
               ("siwareng_content_test." + std::to_string(::getpid()))) {
        fs::create_directories(dir_);
    }
    ~content_dir() override { fs::remove_all(dir_); }
    content_dir(const content_dir&) = delete;
    content_dir& operator=(const content_dir&) = delete;

    void write(const std::string& name, std::string_view text) const {
        fs::create_directories((dir_ / name).parent_path());
        std::ofstream(dir_ / name, std::ios::binary) << text;
    }
    /// The error of loading, or "" for none.
    [[nodiscard]] std::string error() const {
        const auto loaded = load_content(dir_.string());
        return loaded ? std::string() : loaded.error();
    }

    fs::path dir_;
};

TEST(embedded, is_what_the_source_tree_holds) {
    const auto source = dialogs::read_source_content(SIWARENG_SOURCE_DIR);
    ASSERT_TRUE(source);
    EXPECT_FALSE(source->empty());
    EXPECT_EQ(embedded_content(), *source);
    EXPECT_TRUE(embedded_content().contains("regions/wilayah_3603.csv"));
}

TEST(embedded, settings_are_no_content) {
    std::ifstream file(SIWARENG_SOURCE_DIR "/config/siwareng.toml", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(embedded_settings(), text);
    EXPECT_FALSE(embedded_content().contains("siwareng.toml"));
}

TEST(embedded, without_an_override) {
    const auto loaded = load_content("");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, embedded_content());
}

TEST_F(content_dir, replaces_and_adds) {
    write("regions/wilayah_3603.csv", "code,name\n");
    write("regions/wilayah_3671.csv", "code,name\n36.71,Kota Tangerang\n");
    write("flows/complaint.toml", std::string("flow = \"complaint\"\0", 19));
    const auto loaded = load_content(dir_.string());
    ASSERT_TRUE(loaded) << loaded.error();
    auto expected = embedded_content();
    expected["regions/wilayah_3603.csv"] = "code,name\n";
    expected["regions/wilayah_3671.csv"] = "code,name\n36.71,Kota Tangerang\n";
    expected["flows/complaint.toml"] = std::string("flow = \"complaint\"\0", 19);
    EXPECT_EQ(*loaded, expected);
}

TEST_F(content_dir, may_be_empty) {
    EXPECT_EQ(error(), "");
    fs::create_directories(dir_ / "flows");
    EXPECT_EQ(error(), "");
}

TEST_F(content_dir, passes_over_hidden_files_and_copies) {
    write("flows/.menu.toml.swp", "x");
    write("flows/menu.toml~", "x");
    write(".git/config", "x");
    const auto loaded = load_content(dir_.string());
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(*loaded, embedded_content());
}

TEST_F(content_dir, names_a_folder_that_is_missing) {
    const auto loaded = load_content((dir_ / "nowhere").string());
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error(), HasSubstr("content.dir: "));
    EXPECT_THAT(loaded.error(), HasSubstr("nowhere"));
    write("file", "x");
    EXPECT_FALSE(load_content((dir_ / "file").string()));
}

TEST_F(content_dir, names_an_unknown_folder_or_file) {
    write("locales/id.toml", "x");
    EXPECT_THAT(error(), HasSubstr("locales is unknown"));
    fs::remove_all(dir_ / "locales");
    write("id.toml", "x");
    EXPECT_THAT(error(), HasSubstr("id.toml is unknown"));
}

TEST_F(content_dir, names_a_file_of_another_kind) {
    write("regions/wilayah_3603.xlsx", "x");
    EXPECT_THAT(error(), HasSubstr("wilayah_3603.xlsx is of an unknown kind: regions holds *.csv"));
}

TEST_F(content_dir, names_a_file_that_cannot_be_read) {
    fs::create_directories(dir_ / "flows");
    fs::create_symlink(dir_ / "gone", dir_ / "flows" / "menu.toml");
    EXPECT_THAT(error(), HasSubstr("menu.toml cannot be read"));
    fs::remove(dir_ / "flows" / "menu.toml");
    fs::create_directories(dir_ / "flows" / "menu.toml");
    EXPECT_THAT(error(), HasSubstr("menu.toml cannot be read"));
}

TEST_F(content_dir, names_a_file_that_is_too_large) {
    write("locale/id.toml", std::string(content_file_bytes_max + 1, '#'));
    EXPECT_THAT(error(), HasSubstr("id.toml is larger than 4194304 bytes"));
}

}  // namespace
}  // namespace siwareng::bot
