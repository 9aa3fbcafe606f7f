#include "tests/tidy/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <utility>

namespace siwareng::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t npos = std::string::npos;

/// Walks over C++ and copies each character into the view that it belongs to.
class splitter {
  public:
    explicit splitter(source_file& file) : file_(file), text_(file.text) {
        const auto blank = [](char c) { return c == '\n' ? c : ' '; };
        file_.code.resize(text_.size());
        std::ranges::transform(text_, file_.code.begin(), blank);
        file_.comments = file_.code;
    }

    void run() {
        while (at_ < text_.size()) {
            const std::string_view rest = std::string_view(text_).substr(at_);
            if (rest.starts_with("//")) {
                take(text_.find('\n', at_), &file_.comments);
            } else if (rest.starts_with("/*")) {
                take(after(text_.find("*/", at_ + 2), 2), &file_.comments);
            } else if (rest.starts_with("R\"") && !follows_word()) {
                take(end_of_raw_string(), nullptr);
            } else if (rest[0] == '"' || (rest[0] == '\'' && !follows_word())) {
                take(end_of_literal(rest[0]), nullptr);
            } else if (rest[0] == '#' && begins_line()) {
                take(end_of_directive(), nullptr);
            } else {
                take(at_ + 1, &file_.code);
            }
        }
    }

  private:
    [[nodiscard]] static std::size_t after(std::size_t found, std::size_t length) {
        return found == npos ? npos : found + length;
    }

    /// A "'" after a digit separates digits, an "R" after a letter begins no raw string.
    [[nodiscard]] bool follows_word() const { return at_ > 0 && is_word_character(text_[at_ - 1]); }

    [[nodiscard]] bool begins_line() const {
        const std::size_t before = text_.find_last_not_of(" \t", at_ == 0 ? 0 : at_ - 1);
        return at_ == 0 || before == npos || text_[before] == '\n';
    }

    [[nodiscard]] std::size_t end_of_literal(char quote) const {
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
            end += text_[end] == '\\' ? 2 : 1;
        }
        return end + 1;
    }

    [[nodiscard]] std::size_t end_of_raw_string() const {
        const std::size_t open = text_.find('(', at_);
        if (open == npos) return npos;
        const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
        return after(text_.find(close, open), close.size());
    }

    [[nodiscard]] std::size_t end_of_directive() const {
        std::size_t end = text_.find('\n', at_);
        while (end != npos && text_[end - 1] == '\\')
            end = text_.find('\n', end + 1);
        return end;
    }

    void take(std::size_t end, std::string* view) {
        end = std::min(end, text_.size());
        if (view != nullptr) view->replace(at_, end - at_, text_, at_, end - at_);
        at_ = end;
    }

    source_file& file_;
    const std::string& text_;
    std::size_t at_ = 0;
};

bool is_source(const fs::path& path) {
    static constexpr auto extensions =
        std::to_array<std::string_view>({".cpp", ".hpp", ".cmake", ".toml", ".sql", ".sh"});
    return path.filename() == "CMakeLists.txt" ||
           std::ranges::find(extensions, path.extension().string()) != extensions.end();
}

}  // namespace

std::string to_string(const std::vector<finding>& findings) {
    std::string result;
    for (const finding& each : findings) {
        result += fmt::format("{}:{}: {}\n", each.file, each.line, each.rule);
    }
    return result;
}

std::size_t source_file::line_of(std::size_t at) const {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
    return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

bool source_file::is_under(std::string_view folder) const {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

source_file make_source(std::string path, std::string text) {
    source_file file{std::move(path), std::move(text), {}, {}};
    if (file.is_cpp() || file.is_header()) {
        splitter(file).run();
    } else {
        file.code = file.text;
        file.comments = file.text;
    }
    return file;
}

std::vector<source_file> load_tree(const fs::path& root) {
    std::vector<source_file> files;
    for (const char* const folder :
         {"bot", "cmake", "config", "dialogs", "scripts", "storage", "tests", "tools"}) {
        if (!fs::exists(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (!entry.is_regular_file() || !is_source(entry.path())) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            files.push_back(make_source(fs::relative(entry.path(), root).generic_string(),
                                        {std::istreambuf_iterator<char>(in), {}}));
        }
    }
    std::ranges::sort(files, {}, &source_file::path);
    return files;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::vector<include_line> includes_of(const source_file& file) {
    static constexpr std::string_view directive = "#include ";
    std::vector<include_line> result;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(file.text)) {
        ++number;
        if (!line.starts_with(directive)) continue;
        const std::string_view name = line.substr(directive.size());
        const std::size_t end = name.find_first_of("\">", 1);
        if (end == std::string_view::npos) continue;
        result.push_back({number, std::string(name.substr(1, end - 1)), name[0] == '"'});
    }
    return result;
}

bool is_word_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace siwareng::tidy
