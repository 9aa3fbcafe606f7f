#pragma once

#include "storage/roll/roll.hpp"
#include "storage/seal.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace siwareng::test {

/// A folder that vanishes with the test.
class temporary_folder {
  public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Writes a file into it and returns where.
    std::filesystem::path write(std::string_view name, std::string_view content) const;

  private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view content);

/// A keyring whose key is that byte, repeated.
std::shared_ptr<const storage::keyring> test_keys(unsigned char byte = 7);

/// The official header, with a line end.
std::string voter_header();

/// A good row, of which single columns can be replaced: `row({{"nik", "..."}})`.
std::string voter_row(const std::vector<std::pair<std::string, std::string>>& changes = {});

/// `count` good rows with different NIK, names "PEMILIH 0" and so on.
std::string voter_rows(int count, int first = 0);
std::string nik_of(int number);

/// Import of office "tangerang", region 36.03, into `folder`/rolls.
storage::roll_import_options import_options(const temporary_folder& folder,
                                            const std::filesystem::path& voters_csv);

}  // namespace siwareng::test
