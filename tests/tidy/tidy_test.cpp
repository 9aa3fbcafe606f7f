#include "tests/tidy/outline.hpp"
#include "tests/tidy/rules.hpp"
#include "tests/tidy/source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace siwareng::tidy {
namespace {

// --- the project keeps the rules ---------------------------------------------------------

const std::vector<source_file>& project() {
    static const std::vector<source_file> tree = load_tree(SIWARENG_SOURCE_DIR);
    return tree;
}

/// Every breach is a line of its own in the report.
void expect_kept(rule check) {
    const std::vector<finding> breaches = check(project());
    EXPECT_TRUE(breaches.empty()) << "\n" << to_string(breaches);
}

TEST(tidy_test, the_tree_is_there) {
    EXPECT_TRUE(std::ranges::find(project(), "bot/main.cpp", &source_file::path) !=
                project().end());
}

TEST(tidy_test, include_direction) {
    expect_kept(include_direction);
}

TEST(tidy_test, beast_stays_in_net) {
    expect_kept(beast_stays_in_net);
}

TEST(tidy_test, line_length) {
    expect_kept(line_length);
}

TEST(tidy_test, function_length) {
    expect_kept(function_length);
}

TEST(tidy_test, header_guards) {
    expect_kept(header_guards);
}

TEST(tidy_test, white_space) {
    expect_kept(white_space);
}

TEST(tidy_test, banned_calls) {
    expect_kept(banned_calls);
}

TEST(tidy_test, empty_catches) {
    expect_kept(empty_catches);
}

TEST(tidy_test, docstrings) {
    expect_kept(docstrings);
}

TEST(tidy_test, leftovers) {
    expect_kept(leftovers);
}

// --- the rules find what they should ------------------------------------------------------

std::string found(rule check, std::string path, std::string text) {
    std::vector<source_file> tree;
    tree.push_back(make_source(std::move(path), std::move(text)));
    return to_string(check(tree));
}

TEST(tidy_rules, views_of_a_source) {
    const source_file file = make_source("bot/x.cpp",
                                         "#include \"a\"\n"
                                         "int a = 1'000; // one's \"note\"\n"
                                         "auto b = \"// no\"; /* {\n } */ char c = '\\'';\n"
                                         "auto d = R\"x(}\")x\"; int e;\n");
    EXPECT_EQ(file.code,
              "            \n"
              "int a = 1'000;                \n"
              "auto b =        ;     \n      char c =     ;\n"
              "auto d =          ; int e;\n");
    EXPECT_EQ(trimmed(lines_of(file.comments)[1]), "// one's \"note\"");
    EXPECT_EQ(file.line_of(file.text.find("int e")), 5U);
}

TEST(tidy_rules, include_direction) {
    const auto check = [](std::string path, std::string_view target) {
        return found(include_direction, std::move(path), "#include " + std::string(target) + "\n");
    };
    EXPECT_EQ(check("dialogs/a.cpp", "\"dialogs/b.hpp\""), "");
    EXPECT_EQ(check("dialogs/a.cpp", "\"storage/b.hpp\""),
              "dialogs/a.cpp:1: includes \"storage/b.hpp\": against the arrow bot -> dialogs, "
              "bot -> storage\n");
    EXPECT_NE(check("dialogs/sub/a.hpp", "\"bot/b.hpp\""), "");
    EXPECT_NE(check("dialogs/a.cpp", "<boost/asio.hpp>"), "");
    EXPECT_NE(check("dialogs/a.cpp", "<sqlite3.h>"), "");
    EXPECT_EQ(check("storage/a.cpp", "<sqlite3.h>"), "");
    EXPECT_NE(check("storage/a.cpp", "\"dialogs/b.hpp\""), "");
    EXPECT_NE(check("storage/a.cpp", "\"tools/b.hpp\""), "");
    EXPECT_EQ(check("bot/a.cpp", "\"storage/b.hpp\""), "");
    EXPECT_NE(check("bot/a.cpp", "\"tools/b.hpp\""), "");
    EXPECT_EQ(check("bot/main.cpp", "\"tools/b.hpp\""), "");
    EXPECT_NE(check("bot/a.cpp", "\"../b.hpp\""), "");
    EXPECT_NE(check("bot/a.cpp", "\"tests/b.hpp\""), "");
    EXPECT_EQ(check("tests/a.cpp", "\"tests/b.hpp\""), "");
}

TEST(tidy_rules, beast_stays_in_net) {
    const std::string beast = "#include <boost/beast/http.hpp>\n";
    EXPECT_EQ(found(beast_stays_in_net, "bot/net/a.cpp", beast), "");
    EXPECT_NE(found(beast_stays_in_net, "bot/a.cpp", beast), "");
    std::vector<source_file> tree{make_source("bot/net/beast.hpp", beast)};
    const auto add = [&](const std::string& name) {
        tree.push_back(make_source("tests/" + name, "#include \"bot/net/between.hpp\"\n"));
    };
    tree.push_back(
        make_source("bot/net/between.hpp",
                    "#include \"bot/net/beast.hpp\"\n#include \"bot/net/between.hpp\"\n"));
    for (const char* const name : {"a.cpp", "b.cpp", "c.cpp", "d.cpp", "header.hpp"})
        add(name);
    EXPECT_EQ(to_string(beast_stays_in_net(tree)), "");
    add("e.cpp");
    EXPECT_EQ(beast_stays_in_net(tree).size(), 5U);
}

TEST(tidy_rules, line_length) {
    const auto line = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += "é";
        return text + "\n";
    };
    EXPECT_EQ(found(line_length, "bot/a.cpp", line(100)), "");
    EXPECT_EQ(found(line_length, "bot/a.cpp", "\n" + line(101)), "bot/a.cpp:2: has 101 columns\n");
}

std::string repeated(std::string_view line, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += line;
    return text;
}

TEST(tidy_rules, function_length) {
    const auto check = [](const std::string& text) {
        return found(function_length, "bot/a.cpp", "namespace x {\n\n// why {\n" + text + "}\n");
    };
    const auto body = [](std::size_t lines) { return repeated("    if (a) { b(); }\n", lines); };
    EXPECT_EQ(check("int f(int a) {\n" + body(68) + "}\n"), "");
    EXPECT_EQ(check("int f(int a) {\n" + body(69) + "}\n"),
              "bot/a.cpp:4: begins a function of 71 lines\n");
    EXPECT_NE(check("x::x(int a)\n    : a_(a), b_{a} {\n" + body(69) + "}\n"), "");
    EXPECT_NE(check("class x {\n  public:\n    void f() {\n" + body(69) + "    }\n};\n"), "");
    EXPECT_NE(check("template <class T>\nauto f() -> std::vector<T> {\n" + body(69) + "}\n"), "");
    EXPECT_NE(check("void f() {\n    g([] {\n" + body(69) + "    });\n}\n"), "");
    // Data has no length.
    EXPECT_EQ(
        check("const std::vector<row> rows{\n" + repeated("    {\"a\", {1}},\n", 90) + "};\n"), "");
    EXPECT_EQ(check("rows f() {\n    static const rows all{\n" +
                    repeated("        {\"a\", {1}},\n", 90) + "    };\n    return all;\n}\n"),
              "");
    EXPECT_EQ(check("class x {\n" + repeated("    int f() { return {}; }\n", 90) + "};\n"), "");
    EXPECT_EQ(check("enum class x : int {\n" + repeated("    a,\n", 90) + "};\n"), "");
}

TEST(tidy_rules, header_guards) {
    EXPECT_EQ(found(header_guards, "bot/a.hpp", "// why\n\n#pragma once\n"), "");
    EXPECT_NE(found(header_guards, "bot/a.hpp", "#ifndef A\n"), "");
    EXPECT_NE(found(header_guards, "bot/a.hpp", ""), "");
    EXPECT_EQ(found(header_guards, "bot/a.cpp", ""), "");
}

TEST(tidy_rules, white_space) {
    EXPECT_EQ(found(white_space, "bot/CMakeLists.txt", "a\n\n  b\n"), "");
    for (const std::string_view text : {"a\tb\n", "a \n", "a\r\n", "a", "a\n\n"}) {
        EXPECT_NE(found(white_space, "config/a.toml", std::string(text)), "") << text;
    }
}

TEST(tidy_rules, banned_calls) {
    const auto check = [](std::string path, std::string_view code) {
        return found(banned_calls, std::move(path),
                     "void f() {\n    " + std::string(code) + "\n}\n");
    };
    EXPECT_EQ(check("bot/a.cpp", "std::system(x);"), "bot/a.cpp:2: system starts a shell\n");
    for (const std::string_view code :
         {"int x = rand();", "return std::rand ();", "strcpy(a, b);", "std::sprintf(a, b);",
          "auto t = std::time(nullptr);", "auto t = ::time(nullptr);",
          "auto t = std::chrono::system_clock::now();", "std::random_device seed;",
          "if (getenv(x)) g();", "x = std::getenv(x);"}) {
        EXPECT_NE(check("bot/a.cpp", code), "") << code;
    }
    for (const std::string_view code :
         {"boost::system::error_code e;", "a.time();", "a->time();", "\"system(\";",
          "std::int64_t time(int x);", "my::time(x);", "// std::rand()", "operand();",
          "std::snprintf(a, 1, b);", "memcmp(a, b, 1);", "boost::system::system(x);"}) {
        EXPECT_EQ(check("bot/a.cpp", code), "") << code;
    }
    EXPECT_EQ(check("bot/clock.cpp", "return std::chrono::system_clock::now();"), "");
    EXPECT_EQ(check("bot/config.cpp", "std::getenv(x);"), "");
    EXPECT_NE(check("bot/webhook/a.cpp", "std::memcmp(a, b, 1);"), "");
    EXPECT_EQ(check("bot/webhook/a.cpp", "CRYPTO_memcmp(a, b, 1);"), "");
}

TEST(tidy_rules, empty_catches) {
    EXPECT_NE(found(empty_catches, "bot/a.cpp", "try { f(); } catch (...) {\n}\n"), "");
    EXPECT_NE(found(empty_catches, "bot/a.cpp", "try { f(); } catch (const a& b) {}\n"), "");
    EXPECT_EQ(found(empty_catches, "bot/a.cpp", "try { f(); } catch (...) { g(); }\n"), "");
    EXPECT_EQ(found(empty_catches, "bot/a.cpp", "catch (...) {\n // It is gone already.\n}\n"), "");
}

TEST(tidy_rules, docstrings) {
    const auto check = [](const std::string& text) {
        return found(docstrings, "bot/a.hpp",
                     "#pragma once\n\nnamespace x {\n\n" + text + "\n}  // namespace x\n");
    };
    EXPECT_EQ(check("struct a {};\n"), "bot/a.hpp:5: declares a type without a docstring\n");
    EXPECT_EQ(check("int f();\n"), "bot/a.hpp:5: declares a function without a docstring\n");
    for (const std::string_view text :
         {"/// Why.\nstruct a {\n    int b();\n\n    int c = f();\n};\n", "struct a;\n",
          "/// Why.\nenum class a : int { b };\n", "/// Why.\nint f();\nint g(\n    int a);\n",
          "/// Why.\ntemplate <class T>\nclass a {};\n", "using a = int (*)(int);\n",
          "constexpr int a = f(1);\n", "inline const int b{2};\n", "static_assert(f());\n",
          "/// Why.\n[[nodiscard]] int f();\n", "/// Why.\nbool operator==(a b, a c);\n"}) {
        EXPECT_EQ(check(std::string(text)), "") << text;
    }
    for (const std::string_view text :
         {"// Why.\nstruct a {};\n", "/// Why.\nint f();\n\nint g();\n",
          "/// Why.\nstruct a {};\nstruct b {};\n", "/// Why.\n\nint f();\n",
          "struct a {\n    /// Why.\n};\nint f();\n", "template <class T>\nT f() {\n}\n",
          "bool operator==(a b, a c);\n"}) {
        EXPECT_NE(check(std::string(text)), "") << text;
    }
    EXPECT_EQ(found(docstrings, "tests/a.hpp", "int f();\n"), "");
    EXPECT_EQ(found(docstrings, "bot/a.cpp", "int f();\n"), "");
}

TEST(tidy_rules, leftovers) {
    const std::string marker = "TO" + std::string("DO");
    EXPECT_NE(found(leftovers, "bot/a.cpp", "// " + marker + ": later\n"), "");
    EXPECT_NE(found(leftovers, "config/a.toml", "# " + marker + "\n"), "");
    EXPECT_EQ(found(leftovers, "bot/a.cpp", "// " + marker + "S\nint " + marker + ";\n"), "");
    EXPECT_NE(found(leftovers, "bot/a.cpp", "f();  // NOLINT\n"), "");
    EXPECT_NE(found(leftovers, "bot/a.cpp", "f();  // NOLINT(x-y)\n"), "");
    EXPECT_EQ(found(leftovers, "bot/a.cpp", "f();  // NOLINT(x-y): because\n"), "");
}

}  // namespace
}  // namespace siwareng::tidy
