#include "storage/roll/csv.hpp"

#include "storage/ports.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <optional>
#include <sys/stat.h>

namespace siwareng::storage::csv {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20U;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string fold_name(std::string_view name) {
    const auto blank = [](char letter) { return letter == ' ' || letter == '\t'; };
    while (!name.empty() && blank(name.front()))
        name.remove_prefix(1);
    while (!name.empty() && blank(name.back()))
        name.remove_suffix(1);
    std::string folded{name};
    for (char& letter : folded) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return folded;
}

/// How many letters must change to make one name of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string describe_missing(std::string_view column, const std::vector<std::string>& present,
                             std::span<const std::string_view> wanted) {
    std::string_view nearest;
    std::size_t best = std::string_view::npos;
    for (const std::string& name : present) {
        // A name that is itself asked for is not a misspelling of another.
        if (name.empty() || std::ranges::find(wanted, name) != wanted.end()) continue;
        const std::size_t changes = distance(column, name);
        if (changes < best) {
            best = changes;
            nearest = name;
        }
    }
    if (nearest.empty()) return fmt::format("column \"{}\" is missing from the header", column);
    return fmt::format("column \"{}\" is missing from the header; the nearest there is \"{}\"",
                       column, nearest);
}

std::vector<std::string> header_names(std::string_view header, char delimiter) {
    std::vector<std::string_view> fields;
    std::string scratch;
    std::vector<std::string> names;
    if (split(header, delimiter, fields, scratch) != split_error::none) return names;
    names.reserve(fields.size());
    for (const std::string_view field : fields)
        names.push_back(fold_name(field));
    return names;
}

std::size_t known_names(const std::vector<std::string>& names,
                        std::span<const std::string_view> wanted) {
    return static_cast<std::size_t>(std::ranges::count_if(wanted, [&](std::string_view column) {
        return std::ranges::find(names, column) != names.end();
    }));
}

/// What a file is that is surely not text.
std::optional<std::string_view> other_kind(std::string_view start) {
    if (start.starts_with("PK\x03\x04")) {
        return "this is an Excel workbook; save it as \"CSV UTF-8\"";
    }
    if (start.starts_with("\xD0\xCF\x11\xE0")) {
        return "this is an old Excel workbook; save it as \"CSV UTF-8\"";
    }
    if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
        return "this text is UTF-16; save it as \"CSV UTF-8\"";
    }
    if (start.starts_with("%PDF")) return "this is a PDF document, not a CSV file";
    if (start.find('\0') != std::string_view::npos) return "this is not a text file";
    return std::nullopt;
}

/// Where the record that starts at `from` ends (behind its newline); npos if the text stops first
/// and more is to come.
std::size_t record_end(std::string_view text, std::size_t from, char delimiter, bool at_end) {
    const std::size_t none = at_end ? text.size() : std::string_view::npos;
    const std::size_t newline = text.find('\n', from);
    const std::size_t first_line = newline == std::string_view::npos ? none : newline + 1;
    const std::size_t line_end = newline == std::string_view::npos ? text.size() : newline;
    // Nearly every record is one line without a quote: two searches that run at memory speed.
    if (std::memchr(text.data() + from, '"', line_end - from) == nullptr) return first_line;

    enum class state : std::uint8_t { start, plain, quoted, closed };
    state now = state::start;
    const std::size_t limit = std::min(text.size(), from + record_bytes_max);
    for (std::size_t at = from; at < limit; ++at) {
        const char letter = text[at];
        if (now == state::quoted) {
            if (letter == '"') now = state::closed;
        } else if (letter == '\n') {
            return at + 1;
        } else if (letter == '"' && now != state::plain) {
            now = state::quoted;  // the first of a field, or the second of a pair
        } else {
            now = letter == delimiter ? state::start : state::plain;
        }
    }
    // A quote that is not closed within reason: the first line alone is the broken record, so that
    // the lines behind it are still read.
    if (limit < text.size()) return first_line;
    return at_end && now == state::quoted ? first_line : none;
}

std::string_view without_line_end(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::expected<layout, std::string> detect_layout(std::string_view header,
                                                 std::span<const std::string_view> wanted) {
    layout found;
    std::vector<std::string> names;
    std::size_t best = 0;
    for (const char delimiter : {',', ';', '\t'}) {
        auto candidate = header_names(header, delimiter);
        const std::size_t known = known_names(candidate, wanted);
        if (known > best || (known == best && candidate.size() > names.size())) {
            best = known;
            names = std::move(candidate);
            found.delimiter = delimiter;
        }
    }
    if (best < 2 && known_names(header_names(header, '|'), wanted) > 1) {
        return std::unexpected(
            "columns are separated by '|', which dates contain; separate them by ',', ';' or tab");
    }
    if (best == 0) {
        return std::unexpected(
            fmt::format("the first line names none of the columns {}; is this the right file?",
                        fmt::join(wanted, ",")));
    }
    found.fields = names.size();
    for (const std::string_view column : wanted) {
        const auto at = std::ranges::find(names, column);
        if (at == names.end()) return std::unexpected(describe_missing(column, names, wanted));
        if (std::find(at + 1, names.end(), column) != names.end()) {
            return std::unexpected(fmt::format("column \"{}\" is in the header twice", column));
        }
        found.field_of.push_back(static_cast<std::size_t>(at - names.begin()));
    }
    for (const std::string& name : names) {
        if (std::ranges::find(wanted, name) == wanted.end()) found.ignored.push_back(name);
    }
    return found;
}

split_error split(std::string_view record, char delimiter, std::vector<std::string_view>& fields,
                  std::string& scratch) {
    fields.clear();
    scratch.clear();
    scratch.reserve(record.size());  // so that no field moves while the next is unescaped
    for (;;) {
        if (!record.starts_with('"')) {
            const std::size_t end = record.find(delimiter);
            fields.push_back(record.substr(0, end));
            if (end == std::string_view::npos) return split_error::none;
            record.remove_prefix(end + 1);
            continue;
        }
        const std::size_t from = scratch.size();
        std::size_t at = 1;
        for (;;) {
            const std::size_t quote = record.find('"', at);
            if (quote == std::string_view::npos) return split_error::unclosed_quote;
            scratch += record.substr(at, quote - at);
            at = quote + 1;
            if (at >= record.size() || record[at] != '"') break;
            scratch += '"';
            ++at;
        }
        fields.push_back(std::string_view{scratch}.substr(from));
        if (at == record.size()) return split_error::none;
        if (record[at] != delimiter) return split_error::text_after_quote;
        record.remove_prefix(at + 1);
    }
}

bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        std::uint64_t eight = 0;
        while (at + sizeof eight <= text.size()) {
            std::memcpy(&eight, text.data() + at, sizeof eight);
            if ((eight & 0x8080808080808080U) != 0) break;
            at += sizeof eight;
        }
        if (at == text.size()) return true;
        const auto byte = [&](std::size_t index) {
            return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
        };
        const unsigned lead = byte(at);
        if (lead < 0x80) {
            ++at;
            continue;
        }
        const auto follows = [&](std::size_t index) { return (byte(index) & 0xC0U) == 0x80U; };
        const unsigned second = byte(at + 1);
        std::size_t length = 0;
        if (lead >= 0xC2 && lead <= 0xDF) {
            length = 2;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            // No overlong forms (E0 80..9F) and no surrogates (ED A0..BF).
            length = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ? 0 : 3;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            length = (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F) ? 0 : 4;
        }
        if (length == 0) return false;
        for (std::size_t next = 1; next < length; ++next) {
            if (!follows(at + next)) return false;
        }
        at += length;
    }
    return true;
}

source::source(const std::filesystem::path& file)
    : name_(file.string()), file_(file_io::open_to_read(file)) {
    struct stat facts{};
    if (::fstat(file_.get(), &facts) != 0) file_io::throw_errno("read", file);
    if (S_ISDIR(facts.st_mode)) {
        throw store_error{errc::bad_input, fmt::format("{}: this is a folder", name_)};
    }
    bytes_ = static_cast<std::uint64_t>(facts.st_size);
}

/// Reads one more piece behind `text`; false at the end of the file.
bool source::fill(std::string& text) {
    const std::size_t had = text.size();
    text.resize(had + block_bytes);
    const std::size_t got = file_io::read_some(file_, text.data() + had, block_bytes, name_);
    text.resize(had + got);
    position_ += got;
    if (got == 0) end_of_file_ = true;
    return got > 0;
}

std::expected<std::string, std::string> source::read_header() {
    while (carry_.find('\n') == std::string::npos && carry_.size() < record_bytes_max &&
           fill(carry_)) {
    }
    std::string_view start = carry_;
    if (const auto kind = other_kind(start.substr(0, 4096)))
        return std::unexpected(std::string{*kind});
    if (start.starts_with(byte_order_mark)) start.remove_prefix(byte_order_mark.size());
    if (start.empty()) return std::unexpected("the file is empty");
    const std::size_t end = start.find('\n');
    if (end == std::string_view::npos && start.size() >= record_bytes_max) {
        return std::unexpected("the first line has no end; this is not a CSV file");
    }
    std::string header{without_line_end(start.substr(0, end))};
    const std::size_t used = end == std::string_view::npos ? start.size() : end + 1;
    carry_.erase(0, carry_.size() - start.size() + used);
    line_ = 2;
    return header;
}

/// Cuts the whole records of `out.text` and returns where the rest begins.
std::size_t source::take_records(block& out, bool at_end) {
    const std::string_view text = out.text;
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = record_end(text, from, delimiter_, at_end);
        if (end == std::string_view::npos) break;
        const std::string_view whole = text.substr(from, end - from);
        out.records.push_back({without_line_end(whole), line_});
        line_ += static_cast<std::uint64_t>(std::ranges::count(whole, '\n'));
        from = end;
    }
    return from;
}

bool source::next(block& out, std::uint64_t& bytes_read) {
    const std::scoped_lock lock{mutex_};
    out.records.clear();
    out.text.clear();
    if (stopped_) return false;
    out.text.swap(carry_);
    for (;;) {
        const bool more = !end_of_file_ && fill(out.text);
        const std::size_t used = take_records(out, !more);
        if (!out.records.empty()) {
            carry_.assign(out.text, used);
            break;
        }
        if (!more) return false;
        if (out.text.size() > block_bytes + record_bytes_max) {
            throw store_error{errc::bad_input,
                              fmt::format("{}, line {}: a line without an end", name_, line_)};
        }
    }
    out.sequence = sequence_++;
    bytes_read = position_ - carry_.size();
    return true;
}

}  // namespace siwareng::storage::csv
