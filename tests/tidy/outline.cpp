#include "tests/tidy/outline.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace siwareng::tidy {
namespace {

constexpr std::size_t npos = std::string_view::npos;

enum class scope_kind : std::uint8_t { name_space, type, function, block, initialiser };

struct scope {
    scope_kind kind = scope_kind::name_space;
    std::size_t statement = 0;  ///< where the statement around the brace began
    std::size_t line = 0;       ///< where that statement's first word stands
    int parentheses = 0;        ///< open ones before the brace
    std::size_t table_lines = 0;
};

std::string_view first_word(std::string_view text) {
    const auto* const end = std::ranges::find_if_not(text, is_word_character);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string_view last_word(std::string_view text) {
    std::size_t begin = text.size();
    while (begin > 0 && is_word_character(text[begin - 1]))
        --begin;
    return text.substr(begin);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

/// Without `template <...>`, attributes and the words that may stand before a declaration.
std::string_view without_prefixes(std::string_view header) {
    for (;;) {
        header = trimmed(header);
        const std::string_view word = first_word(header);
        if (word == "template") {
            int depth = 0;
            std::size_t at = header.find('<');
            for (; at < header.size(); ++at) {
                if (header[at] == '<') ++depth;
                if (header[at] == '>' && --depth == 0) break;
            }
            header.remove_prefix(std::min(header.size(), at + 1));
        } else if (header.starts_with("[[")) {
            const std::size_t end = header.find("]]");
            header.remove_prefix(end == npos ? header.size() : end + 2);
        } else if (is_one_of(word, {"inline", "constexpr", "consteval", "static", "extern"})) {
            header.remove_prefix(word.size());
        } else {
            return header;
        }
    }
}

bool names_type(std::string_view header) {
    return is_one_of(first_word(without_prefixes(header)), {"class", "struct", "union", "enum"});
}

/// A name with parentheses that is neither a value nor an alias.
bool names_function(std::string_view header) {
    header = without_prefixes(header);
    if (is_one_of(first_word(header), {"using", "typedef", "static_assert", "friend", "concept"})) {
        return false;
    }
    const std::size_t open = header.find('(');
    if (open == npos) return false;
    const std::size_t equals = header.substr(0, open).find('=');
    return equals == npos || header.substr(0, open).find("operator") < equals;
}

class reader {
  public:
    explicit reader(const source_file& file) : file_(file), code_(file.code) {}

    outline run() {
        mark_line();
        for (at_ = 0; at_ < code_.size(); ++at_)
            step(code_[at_]);
        return std::move(result_);
    }

  private:
    void step(char c) {
        if (c == '\n') {
            ++line_;
            mark_line();
        } else if (c == '(') {
            ++parentheses_;
        } else if (c == ')') {
            --parentheses_;
        } else if (c == '{') {
            open();
        } else if (c == '}') {
            close();
        } else if (c == ';' && parentheses_ == 0) {
            declare(false);
            statement_ = at_ + 1;
        } else if (c == ':' && current() == scope_kind::type &&
                   is_one_of(header(), {"public", "protected", "private"})) {
            statement_ = at_ + 1;
        }
    }

    [[nodiscard]] scope_kind current() const {
        return scopes_.empty() ? scope_kind::name_space : scopes_.back().kind;
    }

    [[nodiscard]] std::string_view header() const {
        return trimmed(code_.substr(statement_, at_ - statement_));
    }

    void mark_line() {
        result_.at_namespace_scope.push_back(current() == scope_kind::name_space);
        if (current() != scope_kind::initialiser) return;
        for (scope& each : scopes_)
            ++each.table_lines;
    }

    /// The line of the statement's first word: blanks and comments stand before it.
    [[nodiscard]] std::size_t statement_line() const {
        const std::size_t word = code_.find_first_not_of(" \t\n", statement_);
        return file_.line_of(std::min(word, at_));
    }

    [[nodiscard]] bool opens_initialiser() const {
        const std::string_view before = header();
        if (before.empty()) return current() == scope_kind::initialiser;
        if (at_ > 0 && code_[at_ - 1] != ' ' && code_[at_ - 1] != '\n') return true;
        if (std::string_view("=,({[?&|+<").contains(before.back())) return true;
        return is_one_of(last_word(before), {"return", "co_return", "co_yield"});
    }

    [[nodiscard]] scope_kind kind_of_brace() const {
        if (opens_initialiser()) return scope_kind::initialiser;
        const std::string_view word = first_word(without_prefixes(header()));
        const bool outside = current() == scope_kind::name_space || current() == scope_kind::type;
        // Local classes are part of their function, so that its length stays the sum.
        if (!outside) return scope_kind::block;
        if (word == "namespace" || header() == "extern") return scope_kind::name_space;
        if (names_type(header())) return scope_kind::type;
        return names_function(header()) ? scope_kind::function : scope_kind::block;
    }

    void open() {
        const scope_kind kind = kind_of_brace();
        if (kind == scope_kind::type || kind == scope_kind::function) declare(true);
        scopes_.push_back({kind, statement_, statement_line(), parentheses_, 0});
        parentheses_ = 0;
        statement_ = at_ + 1;
    }

    void close() {
        if (scopes_.empty()) return;
        const scope done = scopes_.back();
        scopes_.pop_back();
        parentheses_ = done.parentheses;
        if (done.kind == scope_kind::function) {
            const std::size_t lines = line_ - done.line + 1;
            result_.functions.push_back({done.line, lines - std::min(lines, done.table_lines)});
        }
        // An initialiser is part of a statement that goes on; so is a body within parentheses.
        const bool goes_on = done.kind == scope_kind::initialiser || done.parentheses > 0;
        statement_ = goes_on ? done.statement : at_ + 1;
    }

    void declare(bool defined) {
        if (current() != scope_kind::name_space || header().empty()) return;
        const bool type = names_type(header());
        // `class x;` announces what another place documents.
        if (type && !defined) return;
        if (!type && !names_function(header())) return;
        result_.declarations.push_back({statement_line(), type});
    }

    const source_file& file_;
    std::string_view code_;
    outline result_;
    std::vector<scope> scopes_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    std::size_t statement_ = 0;
    int parentheses_ = 0;
};

}  // namespace

outline outline_of(const source_file& file) {
    return reader(file).run();
}

}  // namespace siwareng::tidy
