#include "tests/roll/support.hpp"

#include "storage/roll/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <stdlib.h>

namespace siwareng::test {

temporary_folder::temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "roll_test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path temporary_folder::write(std::string_view name,
                                              std::string_view content) const {
    auto file = path_ / name;
    write_file(file, content);
    return file;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const std::filesystem::path& file, std::string_view content) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << content;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::shared_ptr<const storage::keyring> test_keys(unsigned char byte) {
    std::array<std::uint8_t, 32> master{};
    master.fill(byte);
    return storage::create_keyring(master);
}

std::string voter_header() {
    return fmt::format("{}\n", fmt::join(storage::voter_columns, ","));
}

std::string voter_row(const std::vector<std::pair<std::string, std::string>>& changes) {
    std::vector<std::string> fields{"3603010101150001",
                                    "3603015708900003",
                                    "SITI AMINAH",
                                    "TANGERANG",
                                    "17|08|1990",
                                    "S",
                                    "P",
                                    "KP. CANGKUDU",
                                    "001",
                                    "002",
                                    "0",
                                    "S",
                                    "36.03.01.1001",
                                    "3",
                                    "0"};
    for (const auto& [column, value] : changes) {
        for (std::size_t at = 0; at < fields.size(); ++at) {
            if (storage::voter_columns[at] == column) fields[at] = value;
        }
    }
    return fmt::format("{}\n", fmt::join(fields, ","));
}

std::string nik_of(int number) {
    return fmt::format("36030101{:04}{:04}", 190, number + 1);
}

std::string voter_rows(int count, int first) {
    std::string rows;
    for (int at = first; at < first + count; ++at) {
        rows += voter_row({{"nik", nik_of(at)}, {"nama", fmt::format("PEMILIH {}", at)}});
    }
    return rows;
}

storage::roll_import_options import_options(const temporary_folder& folder,
                                            const std::filesystem::path& voters_csv) {
    storage::roll_import_options options;
    options.office = "tangerang";
    options.region = "36.03";
    options.folder = folder.path() / "rolls";
    options.voters_csv = voters_csv;
    options.rejects_csv = folder.path() / "rejects.csv";
    options.known_regions = {"36.03.01.1001", "36.03.01.2003"};
    options.nik_ok = [](std::string_view digits) { return !digits.ends_with("0000"); };
    options.now_ms = 1'793'000'000'000;  // October 2026
    return options;
}

}  // namespace siwareng::test
