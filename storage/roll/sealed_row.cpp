#include "storage/roll/sealed_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <iterator>
#include <span>

namespace siwareng::storage {
namespace {

// Fields are joined by the "unit separator", which no field holds: the import refuses control
// characters.
constexpr char separator = '\x1f';
constexpr std::size_t answer_fields = 4;
constexpr std::size_t record_fields = 15;

void append(std::string& out, std::string_view field) {
    out += field;
    out += separator;
}

/// Fills exactly all of `fields`; false if there are more or fewer.
bool split_fields(std::string_view text, std::span<std::string_view> fields) {
    for (std::size_t at = 0; at < fields.size(); ++at) {
        const std::size_t end = text.find(separator);
        const bool last = at + 1 == fields.size();
        if (last != (end == std::string_view::npos)) return false;
        fields[at] = text.substr(0, end);
        if (!last) text.remove_prefix(end + 1);
    }
    return true;
}

bool read_number(std::string_view text, int& out) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return code == std::errc{} && end == text.data() + text.size();
}

}  // namespace

blind_index roll_key(const keyring& keys, std::string_view nik) {
    return keys.blind("roll.nik", nik);
}

seal_places::seal_places(std::string_view office)
    : answer_(fmt::format("roll.answer/{}/", office)),
      record_(fmt::format("roll.record/{}/", office)) {
    answer_.append(sizeof(blind_index), '\0');
    record_.append(sizeof(blind_index), '\0');
}

std::string_view seal_places::fill(std::string& place, const blind_index& key) {
    std::memcpy(place.data() + place.size() - key.size(), key.data(), key.size());
    return place;
}

void encode_answer(const voter& from, std::string& out) {
    out.clear();
    append(out, from.name);
    append(out, from.region);
    fmt::format_to(std::back_inserter(out), "{}{}", from.tps, separator);
    out += from.status;
}

void encode_record(const voter& from, std::string& out) {
    out.clear();
    for (const std::string_view field :
         {std::string_view{from.nkk}, std::string_view{from.nik}, std::string_view{from.name},
          std::string_view{from.birth_place}, std::string_view{from.birth_date}}) {
        append(out, field);
    }
    append(out, {&from.marital, 1});
    append(out, {&from.sex, 1});
    append(out, from.address);
    append(out, from.rt);
    append(out, from.rw);
    append(out, {&from.disability, 1});
    append(out, {&from.ktp_el, 1});
    append(out, from.region);
    fmt::format_to(std::back_inserter(out), "{}{}", from.tps, separator);
    out += from.status;
}

std::optional<voter_answer> decode_answer(std::string_view text) {
    std::array<std::string_view, answer_fields> fields;
    voter_answer answer;
    if (!split_fields(text, fields) || !read_number(fields[2], answer.tps)) return std::nullopt;
    answer.name = fields[0];
    answer.region = fields[1];
    answer.status = fields[3];
    return answer;
}

std::optional<voter> decode_record(std::string_view text) {
    std::array<std::string_view, record_fields> fields;
    voter result;
    if (!split_fields(text, fields) || !read_number(fields[13], result.tps)) return std::nullopt;
    for (const std::size_t letter : {5U, 6U, 10U, 11U}) {
        if (fields[letter].size() != 1) return std::nullopt;
    }
    result.nkk = fields[0];
    result.nik = fields[1];
    result.name = fields[2];
    result.birth_place = fields[3];
    result.birth_date = fields[4];
    result.marital = fields[5].front();
    result.sex = fields[6].front();
    result.address = fields[7];
    result.rt = fields[8];
    result.rw = fields[9];
    result.disability = fields[10].front();
    result.ktp_el = fields[11].front();
    result.region = fields[12];
    result.status = fields[14];
    return result;
}

}  // namespace siwareng::storage
