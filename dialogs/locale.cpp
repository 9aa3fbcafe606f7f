#include "dialogs/locale.hpp"

#include "dialogs/channel_limits.hpp"
#include "dialogs/toml_tree.hpp"
#include "dialogs/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace siwareng::dialogs {
namespace {

constexpr std::string_view words_table = "words";

/// Multi-line strings of TOML end in a newline that nobody means.
std::string_view without_outer_space(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

class catalog_reader final {
  public:
    catalog_reader(std::string file, name_map<locale_text>& into,
                   std::vector<content_problem>& problems)
        : file_(std::move(file)), into_(into), problems_(problems) {}

    void read(const toml_table& table, const std::string& prefix) {
        for (const auto& [key, value] : table) {
            if (prefix.empty() && key == words_table) continue;
            const std::string path = prefix.empty() ? key : fmt::format("{}.{}", prefix, key);
            if (const auto* inner = value.table()) {
                read(*inner, path);
            } else if (const auto* text = value.text()) {
                add(path, *text, value.line);
            } else {
                add_problem(value.line, fmt::format("text '{}' has to be a string", path));
            }
        }
    }

  private:
    void add(const std::string& key, std::string_view raw, int line) {
        const std::string_view text = without_outer_space(raw);
        const std::size_t length = utf8_length(text);
        if (text.empty()) add_problem(line, fmt::format("text '{}' is empty", key));
        if (length > locale_text_max) {
            add_problem(line, fmt::format("text '{}' has {} characters; at most {} are possible",
                                          key, length, locale_text_max));
        }
        auto parsed = text_template::parse(text);
        if (!parsed) {
            add_problem(line, fmt::format("text '{}': {}", key, parsed.error()));
            return;
        }
        into_.insert_or_assign(key, locale_text{*std::move(parsed), length, line});
    }

    void add_problem(int line, std::string message) {
        problems_.push_back({file_, line, std::move(message)});
    }

    std::string file_;
    name_map<locale_text>& into_;
    std::vector<content_problem>& problems_;
};

std::string list_placeholders(const std::set<std::string>& names) {
    if (names.empty()) return "none";
    return fmt::format("{{{}}}", fmt::join(names, "}, {"));
}

/// Compares a language with the first one, which is the one that every other translates.
void compare_languages(const catalog& texts, language other,
                       std::vector<content_problem>& problems) {
    const auto& ours = texts.of(language::id);
    const auto& theirs = texts.of(other);
    for (const auto& [key, text] : ours) {
        const auto found = theirs.find(key);
        if (found == theirs.end()) {
            problems.push_back({locale_file(other), 0,
                                fmt::format("text '{}' is missing; {}:{} has it", key,
                                            locale_file(language::id), text.line)});
            continue;
        }
        const auto expected = text.content.placeholders();
        const auto actual = found->second.content.placeholders();
        if (expected == actual) continue;
        problems.push_back({locale_file(other), found->second.line,
                            fmt::format("text '{}' has other placeholders ({}) than {}:{} ({})",
                                        key, list_placeholders(actual), locale_file(language::id),
                                        text.line, list_placeholders(expected))});
    }
    for (const auto& [key, text] : theirs) {
        if (ours.contains(key)) continue;
        problems.push_back({locale_file(language::id), 0,
                            fmt::format("text '{}' is missing; {}:{} has it", key,
                                        locale_file(other), text.line)});
    }
}

}  // namespace

std::string locale_file(language lang) {
    return fmt::format("locale/{}.toml", to_string(lang));
}

catalog load_catalog(const content_files& files, std::vector<content_problem>& problems) {
    catalog out;
    std::set<language> read;
    for (const language lang : all_languages) {
        const std::string file = locale_file(lang);
        const auto found = files.find(file);
        if (found == files.end()) {
            problems.push_back({file, 0, "the file is missing; every language needs its texts"});
            continue;
        }
        auto table = parse_toml(file, found->second);
        if (!table) {
            problems.push_back(std::move(table.error()));
            continue;
        }
        catalog_reader(file, out.languages[static_cast<std::size_t>(lang)], problems)
            .read(*table, "");
        read.insert(lang);
    }
    for (const auto& [file, content] : files) {
        if (!file.starts_with("locale/") || !file.ends_with(".toml")) continue;
        const bool known = std::ranges::any_of(
            all_languages, [&](language lang) { return file == locale_file(lang); });
        if (!known) problems.push_back({file, 0, "no such language; known are id, en, su, jv"});
    }
    for (const language lang : all_languages) {
        // A file that could not be read would otherwise be reported again for each of its texts.
        if (lang == language::id || !read.contains(lang) || !read.contains(language::id)) continue;
        compare_languages(out, lang, problems);
    }
    return out;
}

}  // namespace siwareng::dialogs
