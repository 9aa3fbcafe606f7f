#include "dialogs/understanding/fold.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace siwareng::dialogs {
namespace {

constexpr char32_t broken = 0xFFFD;

// One code point from the front of `text`, which must not be empty. A broken sequence costs one
// byte, so that the rest of the text is still read.
char32_t take_code_point(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    char32_t value = first;
    if (first >= 0xF0 && first < 0xF8) {
        length = 4;
        value = first & 0x07U;
    } else if (first >= 0xE0) {
        length = 3;
        value = first & 0x0FU;
    } else if (first >= 0xC0) {
        length = 2;
        value = first & 0x1FU;
    } else if (first >= 0x80) {
        length = 0;
    }
    if (length == 0 || first >= 0xF8 || length > text.size()) {
        text.remove_prefix(1);
        return broken;
    }
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) {
            text.remove_prefix(1);
            return broken;
        }
        value = (value << 6U) | (next & 0x3FU);
    }
    text.remove_prefix(length);
    return value;
}

// U+00C0 to U+017F without their diacritics, one letter each; the few that are two letters (ae, ss)
// keep their first, as no Indonesian name needs them. A space stands for what is no letter.
constexpr std::string_view latin_letters =
    "AAAAAAACEEEEIIII"  // U+00C0
    "DNOOOOO OUUUUYTs"
    "aaaaaaaceeeeiiii"
    "dnooooo ouuuuyty"
    "AaAaAaCcCcCcCcDd"  // U+0100
    "DdEeEeEeEeEeGgGg"
    "GgGgHhHhIiIiIiIi"
    "IiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOo"
    "OoOoRrRrRrSsSsSs"
    "SsTtTtTtUuUuUuUu"
    "UuUuWwYyYZzZzZzs";
static_assert(latin_letters.size() == 0x180 - 0xC0);

bool invisible(char32_t c) {
    return c == 0xAD || (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF ||
           (c >= 0xFE00 && c <= 0xFE0F);
}

bool apostrophe(char32_t c) {
    return c == 0x2018 || c == 0x2019 || c == 0x201B || c == 0x02BB || c == 0x02BC || c == 0x02BE ||
           c == 0x02BF || c == 0x00B4 || c == 0x2032;
}

bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool digit(char c) {
    return c >= '0' && c <= '9';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Ends a word of `out` that began at `start`; drops it where it repeats the word before.
void close_word(std::string& out, std::size_t start) {
    if (start == out.size() || start == 0) return;
    const std::string_view all = out;
    const std::string_view word = all.substr(start);
    const std::string_view before = all.substr(0, start - 1);
    const std::size_t space = before.rfind(' ');
    const std::size_t begin = space == std::string_view::npos ? 0 : space + 1;
    if (before.substr(begin) == word && !digit(word.front())) out.resize(start - 1);
}

}  // namespace

std::string to_ascii(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        if (first < 0x80) {
            const bool control = first < 0x20 && first != '\n';
            out.push_back(control || first == 0x7F ? ' ' : static_cast<char>(first));
            text.remove_prefix(1);
            continue;
        }
        const char32_t c = take_code_point(text);
        if (invisible(c)) continue;
        if (c >= 0xC0 && c < 0x180) {
            out.push_back(latin_letters[c - 0xC0]);
        } else if (apostrophe(c)) {
            out.push_back('\'');
        } else if (c >= 0xFF10 && c <= 0xFF19) {
            out.push_back(static_cast<char>('0' + (c - 0xFF10)));
        } else if (c >= 0x2010 && c <= 0x2015) {
            out.push_back('-');
        } else if (c == 0x2028 || c == 0x2029) {
            out.push_back('\n');
        } else {
            out.push_back(' ');
        }
    }
    return out;
}

std::string fold(std::string_view text) {
    const std::string ascii = to_ascii(text);
    std::string out;
    out.reserve(ascii.size());
    std::size_t word_start = 0;
    bool in_word = false;
    for (const char raw : ascii) {
        const char c = lower(raw);
        if (c == '\'' || c == '`') continue;
        if (!letter(c) && !digit(c)) {
            if (in_word) close_word(out, word_start);
            in_word = false;
            continue;
        }
        if (!in_word) {
            if (!out.empty()) out.push_back(' ');
            word_start = out.size();
            in_word = true;
        }
        if (letter(c) && out.size() > word_start && out.back() == c) continue;
        out.push_back(c);
    }
    if (in_word) close_word(out, word_start);
    return out;
}

}  // namespace siwareng::dialogs
