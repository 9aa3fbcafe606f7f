# Writes OUTPUT, a C++ source that holds the files that MANIFEST lists, one "KEY=PATH" a line. Run as
#   cmake -DMANIFEST=... -DOUTPUT=... -P embed_files.cmake
# Bytes are written as numbers: no literal has a length limit, and nothing in a file can end it. Only
# keys and bytes are written, never a path, so that ccache knows the result in any build directory.
cmake_minimum_required(VERSION 3.25)

file(STRINGS ${MANIFEST} lines ENCODING UTF-8)
set(arrays "")
set(table "")
set(count 0)
foreach(line IN LISTS lines)
  string(FIND "${line}" "=" at)
  string(SUBSTRING "${line}" 0 ${at} key)
  math(EXPR at "${at} + 1")
  string(SUBSTRING "${line}" ${at} -1 path)
  file(READ "${path}" bytes HEX)
  string(LENGTH "${bytes}" length)
  math(EXPR size "${length} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  # The last byte keeps the array of an empty file legal.
  string(APPEND arrays "constexpr unsigned char file_${count}[] = {\n${bytes}0};\n")
  string(APPEND table
    "        {\"${key}\", {reinterpret_cast<const char*>(file_${count}), ${size}}},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(WRITE ${OUTPUT}.new "// Written by cmake/embed_files.cmake.
#include \"bot/content/embedded_files.hpp\"

#include <array>

namespace siwareng::bot {
namespace {

${arrays}
}  // namespace

std::span<const embedded_file> embedded_files() {
    static const std::array<embedded_file, ${count}> all{{
${table}    }};
    return all;
}

}  // namespace siwareng::bot
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
