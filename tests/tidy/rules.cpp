#include "tests/tidy/rules.hpp"

#include "tests/tidy/outline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace siwareng::tidy {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_cpp_file(const source_file& file) {
    return file.is_header() || file.is_cpp();
}

/// The rules' own examples break every one of them.
bool is_example(const source_file& file) {
    return file.path == "tests/tidy/tidy_test.cpp";
}

bool is_program(const source_file& file) {
    return file.is_under("bot") || file.is_under("dialogs") || file.is_under("storage") ||
           file.is_under("tools");
}

/// The positions of a word, not those inside a longer one.
std::vector<std::size_t> find_word(std::string_view text, std::string_view word) {
    std::vector<std::size_t> found;
    for (std::size_t at = text.find(word); at != npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_word_character(text[at - 1]);
        const bool ends = end == text.size() || !is_word_character(text[end]);
        if (begins && ends) found.push_back(at);
    }
    return found;
}

std::optional<std::string> include_problem(const source_file& file, const include_line& include) {
    const auto into = [&](std::string_view folder) {
        return include.target.starts_with(std::string(folder) + "/");
    };
    if (include.target.starts_with("../")) return "a relative path";
    if (file.is_under("dialogs") || file.is_under("storage")) {
        const bool dialogs = file.is_under("dialogs");
        if (into("bot") || into("tools") || into(dialogs ? "storage" : "dialogs")) {
            return "against the arrow bot -> dialogs, bot -> storage";
        }
        if (into("boost")) return "Boost below bot";
        if (dialogs && (include.target == "sqlite3.h" || into("sodium") || into("openssl"))) {
            return "no pure C++";
        }
    }
    if (file.is_under("bot") && into("tools") && file.path != "bot/main.cpp") {
        return "against the arrow tools -> bot";
    }
    if (is_program(file) && into("tests")) return "a test in the program";
    return std::nullopt;
}

bool includes_beast(const source_file& file) {
    return std::ranges::any_of(includes_of(file), [](const include_line& each) {
        return each.target.starts_with("boost/beast");
    });
}

/// Whether a file includes Beast, itself or through the project's headers.
class beast_reach {
  public:
    explicit beast_reach(const std::vector<source_file>& tree) {
        for (const source_file& file : tree)
            files_.emplace(file.path, &file);
    }

    bool operator()(const source_file& file) {
        if (const auto known = reaches_.find(file.path); known != reaches_.end()) {
            return known->second;
        }
        // A circle of headers ends here.
        reaches_[file.path] = false;
        bool result = includes_beast(file);
        for (const include_line& each : includes_of(file)) {
            const auto target = files_.find(each.target);
            if (target != files_.end() && (*this)(*target->second)) result = true;
        }
        return reaches_[file.path] = result;
    }

  private:
    std::map<std::string, const source_file*> files_;
    std::map<std::string, bool> reaches_;
};

std::size_t characters(std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

/// A function that is not to be called, and where it is nevertheless right.
struct ban {
    std::string_view name;
    std::string_view why;
    /// With `std::` or nothing in front: a member or a namespace of that name is another thing.
    bool call = true;
    std::vector<std::string_view> allowed;
    /// Only there, if not empty.
    std::string_view only_under;
};

// Paths begin so; "bot/clock" is both its header and its source.
const std::vector<ban>& bans() {
    static const std::vector<ban> all{
        {"rand", "is predictable and global", true, {}, ""},
        {"srand", "is predictable and global", true, {}, ""},
        {"random_device", "is randomness below main", false, {"bot/main", "tests/"}, ""},
        {"system", "starts a shell", true, {}, ""},
        {"popen", "starts a shell", true, {"tests/"}, ""},
        {"strcpy", "knows no length", true, {}, ""},
        {"strcat", "knows no length", true, {}, ""},
        {"sprintf", "knows no length", true, {}, ""},
        {"vsprintf", "knows no length", true, {}, ""},
        {"strtok", "has a global state", true, {}, ""},
        {"localtime", "has a global state and reads the time zone", true, {}, ""},
        {"gmtime", "has a global state", true, {}, ""},
        {"time", "is a clock below main", true, {"bot/main", "bot/clock"}, ""},
        {"system_clock::now",
         "is a clock below main",
         false,
         {"bot/main", "bot/clock", "tests/"},
         ""},
        {"getenv",
         "reads the environment below main",
         true,
         {"bot/main", "bot/config", "tests/"},
         ""},
        {"secure_getenv", "reads the environment below main", true, {"bot/main", "bot/config"}, ""},
        {"memcmp", "takes a time that tells", true, {}, "bot/webhook"},
        {"strcmp", "takes a time that tells", true, {}, "bot/webhook"},
    };
    return all;
}

bool applies(const ban& each, const source_file& file) {
    if (!each.only_under.empty()) return file.is_under(each.only_under);
    return std::ranges::none_of(
        each.allowed, [&](std::string_view allowed) { return file.path.starts_with(allowed); });
}

/// A call of the free function, not a member's, not another namespace's, not a declaration.
bool is_call(std::string_view code, std::size_t at, std::size_t length) {
    const std::string_view after = trimmed(code.substr(at + length, 80));
    if (!after.starts_with('(')) return false;
    const std::string_view before = code.substr(0, at);
    if (before.ends_with("std::")) return true;
    if (before.ends_with("::")) return before.ends_with(" ::") || before.ends_with("(::");
    if (before.ends_with('.') || before.ends_with("->")) return false;
    // After a type's name it is a declaration: `std::int64_t time(...)`.
    const std::string_view line = trimmed(before.substr(before.find_last_of(";{}") + 1));
    const bool after_word = !line.empty() && is_word_character(line.back());
    return !after_word || line.ends_with("return");
}

std::vector<std::string_view> markers() {
    return {"TODO", "FIXME", "XXX", "HACK", "TBD", "WIP"};
}

bool has_docstring(const std::vector<std::string_view>& lines, const outline& file,
                   const declaration_outline& what) {
    // `what.line` counts from 1: the line above has the index line - 2.
    for (std::size_t i = what.line - 1; i-- > 0;) {
        const std::string_view line = trimmed(lines[i]);
        if (line.empty()) return false;
        if (line.starts_with("///")) {
            if (file.at_namespace_scope[i]) return true;
            continue;
        }
        if (line.starts_with("//") || line.starts_with("[[") || line.starts_with("template")) {
            continue;
        }
        // Only functions share the docstring of their neighbours.
        if (what.is_type) return false;
    }
    return false;
}

}  // namespace

std::vector<finding> include_direction(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!is_cpp_file(file)) continue;
        for (const include_line& each : includes_of(file)) {
            if (const auto problem = include_problem(file, each)) {
                found.push_back({file.path, each.line,
                                 fmt::format("includes \"{}\": {}", each.target, *problem)});
            }
        }
    }
    return found;
}

std::vector<finding> beast_stays_in_net(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    std::vector<const source_file*> sources;
    beast_reach reaches(tree);
    for (const source_file& file : tree) {
        if (!is_cpp_file(file)) continue;
        if (includes_beast(file) && !file.is_under("bot/net")) {
            found.push_back({file.path, 1, "includes Beast outside of bot/net"});
        }
        if (file.is_cpp() && reaches(file)) sources.push_back(&file);
    }
    if (sources.size() > beast_sources_max) {
        for (const source_file* file : sources) {
            found.push_back({file->path, 1,
                             fmt::format("is one of {} sources that reach Beast, {} are allowed",
                                         sources.size(), beast_sources_max)});
        }
    }
    return found;
}

std::vector<finding> line_length(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!is_cpp_file(file)) continue;
        std::size_t number = 0;
        for (const std::string_view line : lines_of(file.text)) {
            ++number;
            const std::size_t columns = characters(line);
            // An include cannot be broken.
            if (columns <= columns_max || line.starts_with("#include")) continue;
            found.push_back({file.path, number, fmt::format("has {} columns", columns)});
        }
    }
    return found;
}

std::vector<finding> function_length(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!is_cpp_file(file)) continue;
        for (const function_outline& each : outline_of(file).functions) {
            if (each.code_lines <= function_lines_max) continue;
            found.push_back({file.path, each.line,
                             fmt::format("begins a function of {} lines", each.code_lines)});
        }
    }
    return found;
}

std::vector<finding> header_guards(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!file.is_header()) continue;
        const auto lines = lines_of(file.text);
        const auto first = std::ranges::find_if(lines, [](std::string_view line) {
            return !trimmed(line).empty() && !line.starts_with("//");
        });
        if (first == lines.end() || *first != "#pragma once") {
            found.push_back({file.path, 1, "does not begin with #pragma once"});
        }
    }
    return found;
}

std::vector<finding> white_space(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        std::size_t number = 0;
        for (const std::string_view line : lines_of(file.text)) {
            ++number;
            if (line.contains('\t')) found.push_back({file.path, number, "has a tab"});
            if (!line.empty() && std::string_view(" \t\r").contains(line.back())) {
                found.push_back({file.path, number, "ends in white space"});
            }
        }
        if (!file.text.empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n"))) {
            found.push_back({file.path, number, "does not end in exactly one line end"});
        }
    }
    return found;
}

std::vector<finding> banned_calls(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!is_cpp_file(file)) continue;
        for (const ban& each : bans()) {
            if (!applies(each, file)) continue;
            for (const std::size_t at : find_word(file.code, each.name)) {
                if (each.call && !is_call(file.code, at, each.name.size())) continue;
                found.push_back(
                    {file.path, file.line_of(at), fmt::format("{} {}", each.name, each.why)});
            }
        }
    }
    return found;
}

std::vector<finding> empty_catches(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!is_cpp_file(file)) continue;
        for (const std::size_t at : find_word(file.code, "catch")) {
            const std::size_t open = file.code.find('{', at);
            const std::size_t close = file.code.find('}', at);
            if (open == npos || close == npos || open > close) continue;
            // A comment says why nothing is to be done.
            if (trimmed(std::string_view(file.text).substr(open + 1, close - open - 1)).empty()) {
                found.push_back({file.path, file.line_of(at), "catches and says nothing"});
            }
        }
    }
    return found;
}

std::vector<finding> docstrings(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (!file.is_header() || !is_program(file)) continue;
        const auto lines = lines_of(file.text);
        const outline parts = outline_of(file);
        for (const declaration_outline& each : parts.declarations) {
            if (has_docstring(lines, parts, each)) continue;
            found.push_back({file.path, each.line,
                             fmt::format("declares a {} without a docstring",
                                         each.is_type ? "type" : "function")});
        }
    }
    return found;
}

std::vector<finding> leftovers(const std::vector<source_file>& tree) {
    std::vector<finding> found;
    for (const source_file& file : tree) {
        if (is_example(file) || file.is_under("tests/tidy")) continue;
        for (const std::string_view marker : markers()) {
            for (const std::size_t at : find_word(file.comments, marker)) {
                found.push_back({file.path, file.line_of(at), fmt::format("is marked {}", marker)});
            }
        }
        if (!is_cpp_file(file)) continue;
        std::size_t number = 0;
        for (const std::string_view line : lines_of(file.comments)) {
            ++number;
            const std::size_t at = line.find("NOLINT");
            if (at == npos || line.substr(at).starts_with("NOLINTEND")) continue;
            if (line.find(": ", at) == npos) {
                found.push_back({file.path, number, "silences clang-tidy without a reason"});
            }
        }
    }
    return found;
}

}  // namespace siwareng::tidy
