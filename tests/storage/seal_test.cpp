#include "storage/seal.hpp"

#include "tests/storage/temp_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <sys/stat.h>

namespace siwareng::storage {
namespace {

std::array<std::uint8_t, 32> master_of(std::uint8_t fill) {
    std::array<std::uint8_t, 32> master{};
    master.fill(fill);
    return master;
}

std::string read_text(const std::filesystem::path& file) {
    const std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_text(const std::filesystem::path& file, const std::string& text, mode_t mode) {
    std::ofstream(file, std::ios::binary) << text;
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
}

TEST(seal, opens_what_it_sealed) {
    const auto keys = create_keyring(master_of(7));
    const std::array<std::string, 4> texts{"", "a", std::string("\0\xff\x01", 3),
                                           std::string(100'000, 'x')};
    for (const auto& plain : texts) {
        const std::string sealed = keys->seal("outbox.payload", plain);
        EXPECT_EQ(sealed.size(), plain.size() + 41);
        EXPECT_EQ(sealed[0], 1);
        const auto opened = keys->open("outbox.payload", sealed);
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, plain);
    }
}

TEST(seal, never_gives_the_same_text_twice) {
    const auto keys = create_keyring(master_of(7));
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(seen.insert(keys->seal("p", "same")).second);
}

TEST(seal, refuses_every_changed_byte) {
    const auto keys = create_keyring(master_of(7));
    const std::string sealed = keys->seal("p", "Budi");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(keys->open("p", changed).error(), errc::bad_seal) << i;
        EXPECT_EQ(keys->open("p", sealed.substr(0, i)).error(), errc::bad_seal) << i;
    }
    EXPECT_EQ(keys->open("p", sealed + "x").error(), errc::bad_seal);
}

TEST(seal, refuses_another_place_and_another_key) {
    const auto keys = create_keyring(master_of(7));
    const std::string sealed = keys->seal("contacts.session", "Budi");
    EXPECT_EQ(keys->open("outbox.payload", sealed).error(), errc::bad_seal);
    EXPECT_EQ(create_keyring(master_of(8))->open("contacts.session", sealed).error(),
              errc::bad_seal);
}

TEST(seal, blind_indexes_depend_on_key_domain_and_value) {
    const auto keys = create_keyring(master_of(7));
    const auto same = create_keyring(master_of(7));
    const auto other = create_keyring(master_of(8));
    EXPECT_EQ(keys->blind("nik", "3603"), same->blind("nik", "3603"));
    EXPECT_NE(keys->blind("nik", "3603"), other->blind("nik", "3603"));
    EXPECT_NE(keys->blind("nik", "3603"), keys->blind("nkk", "3603"));
    EXPECT_NE(keys->blind("nik", "3603"), keys->blind("nik", "3604"));
    EXPECT_NE(keys->blind("ab", "c"), keys->blind("a", "bc"));
    EXPECT_NE(keys->blind("", "abc"), keys->blind("abc", ""));
}

// Rolls and databases outlive a version of the program: these values may never change.
TEST(seal, keeps_its_format) {
    const auto keys = create_keyring(master_of(7));
    EXPECT_EQ(keys->fingerprint(), "874e06562217da7328fa27de9d5dbe33");
    const blind_index index = keys->blind("nik", "3603010101900001");
    std::string hex;
    for (const std::uint8_t byte : index) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    EXPECT_EQ(hex, "ad1b55625a15c36fa0da599b368d4310");
}

TEST(seal, fingerprint_tells_keys_apart) {
    EXPECT_EQ(create_keyring(master_of(7))->fingerprint(),
              create_keyring(master_of(7))->fingerprint());
    EXPECT_NE(create_keyring(master_of(7))->fingerprint(),
              create_keyring(master_of(8))->fingerprint());
    EXPECT_NE(create_random_keyring()->fingerprint(), create_random_keyring()->fingerprint());
}

TEST(key_file, is_private_and_loads_again) {
    const tests::temp_folder folder;
    const auto file = folder.path() / "a" / "b" / "key";
    ASSERT_TRUE(create_key_file(file));
    struct stat facts{};
    ASSERT_EQ(::stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(file.parent_path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0700U);
    const auto first = load_keyring(file);
    const auto second = load_keyring(file);
    ASSERT_TRUE(first && second);
    EXPECT_EQ((*first)->fingerprint(), (*second)->fingerprint());
    EXPECT_EQ((*second)->open("p", (*first)->seal("p", "Budi")).value(), "Budi");
}

TEST(key_file, is_never_overwritten) {
    const tests::temp_folder folder;
    const auto file = folder.path() / "key";
    ASSERT_TRUE(create_key_file(file));
    const std::string before = read_text(file);
    EXPECT_EQ(create_key_file(file).error(), errc::exists);
    EXPECT_EQ(read_text(file), before);
}

TEST(key_file, missing_is_not_found) {
    const tests::temp_folder folder;
    EXPECT_EQ(load_keyring(folder.path() / "none").error(), errc::not_found);
    EXPECT_EQ(load_keyring(folder.path() / "none" / "key").error(), errc::not_found);
}

TEST(key_file, readable_by_others_is_refused) {
    const tests::temp_folder folder;
    const auto file = folder.path() / "key";
    ASSERT_TRUE(create_key_file(file));
    for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
        ASSERT_EQ(::chmod(file.c_str(), mode), 0);
        EXPECT_EQ(load_keyring(file).error(), errc::bad_key_file) << mode;
    }
    ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
    EXPECT_TRUE(load_keyring(file));
}

TEST(key_file, damaged_is_refused) {
    const tests::temp_folder folder;
    const auto file = folder.path() / "key";
    ASSERT_TRUE(create_key_file(file));
    const std::string text = read_text(file);
    std::string bad_digit = text;
    bad_digit[text.size() - 2] = 'z';
    const std::array<std::string, 6> damaged{"",         text.substr(0, text.size() - 2),
                                             text + "0", "x" + text,
                                             bad_digit,  std::string(5000, '0')};
    for (const auto& content : damaged) {
        write_text(file, content, 0600);
        EXPECT_EQ(load_keyring(file).error(), errc::bad_key_file) << content.size();
    }
    write_text(file, text.substr(0, text.size() - 1), 0600);
    EXPECT_TRUE(load_keyring(file)) << "a missing last line end does no harm";
    EXPECT_EQ(load_keyring(folder.path()).error(), errc::bad_key_file) << "a folder";
}

}  // namespace
}  // namespace siwareng::storage
