#include "tools/roll_generator.hpp"

#include "tools/roll_generator/households.hpp"
#include "tools/roll_generator/names.hpp"
#include "tools/roll_generator/random.hpp"
#include "tools/roll_generator/regions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace siwareng::tools {
namespace {

constexpr std::int64_t voters_max = 100'000'000;
constexpr std::size_t buffer_bytes = std::size_t{1} << 20U;

/// A file that is written from the front, in large pieces.
class output {
  public:
    explicit output(const std::filesystem::path& file)
        : name_(file.string()), file_(std::fopen(name_.c_str(), "wb"), &std::fclose) {
        if (!file_) fail("cannot be written");
        buffer_.reserve(buffer_bytes + 4096);
    }

    [[nodiscard]] std::string& buffer() { return buffer_; }
    [[nodiscard]] const std::string& error() const { return error_; }

    void flush_when_full() {
        if (buffer_.size() >= buffer_bytes) flush();
    }

    void flush() {
        if (error_.empty() &&
            std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) {
            fail("cannot be written");
        }
        buffer_.clear();
    }

    /// Returns the error text, or nothing if every byte reached the system.
    std::string finish() {
        flush();
        if (file_ && std::fclose(file_.release()) != 0 && error_.empty()) fail("cannot be written");
        return error_;
    }

  private:
    void fail(std::string_view what) {
        error_ = fmt::format("{} {}: {}", name_, what, std::strerror(errno));
    }

    std::string name_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    std::string buffer_;
    std::string error_;
};

/// Hands out the serial numbers of NIK and NKK: each 12-digit front counts from 0001.
class serial_numbers {
  public:
    explicit serial_numbers(std::int64_t voters)
        : slots_(std::bit_ceil(static_cast<std::size_t>(voters) * 2 + 1024), 0) {}

    /// The next serial of that front; fronts below 10^12, `kind` keeps NIK and NKK apart.
    std::uint32_t next(std::uint64_t front, std::uint64_t kind) {
        // An entry is front and kind above, the last serial in the low 14 bits; 0 is a free slot.
        const std::uint64_t key = ((front << 1U) | kind) + 1;
        std::size_t at = static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> 20U);
        for (;; ++at) {
            std::uint64_t& slot = slots_[at & (slots_.size() - 1)];
            if (slot == 0) slot = key << serial_bits;
            if ((slot >> serial_bits) == key) {
                return static_cast<std::uint32_t>(++slot & ((1U << serial_bits) - 1));
            }
        }
    }

  private:
    static constexpr unsigned serial_bits = 14;
    std::vector<std::uint64_t> slots_;
};

struct calendar_day {
    int year = 0;
    std::uint64_t month = 0;
    std::uint64_t day = 0;
};

calendar_day to_calendar(std::int64_t days) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    return {int{date.year()}, unsigned{date.month()}, unsigned{date.day()}};
}

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
    std::array<char, 20> digits{};
    for (std::size_t at = width; at > 0; --at) {
        digits[at - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits.data(), width);
}

void append_number(std::string& out, std::int64_t value) {
    fmt::format_to(std::back_inserter(out), "{}", value);
}

/// A field, in quotes only where RFC 4180 asks for them.
void append_field(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char letter : text) {
        if (letter == '"') out += '"';
        out += letter;
    }
    out += '"';
}

/// The changes of a quarter: 15,434 new, 5,184 corrected and 11,840 struck of 2,372,615.
std::string_view pick_status(random_source& random, int age) {
    struct share {
        std::uint32_t below;
        std::string_view code;
    };
    // Of 100,000 people.
    static constexpr std::array shares = std::to_array<share>({{117, "1"},
                                                               {137, "2"},
                                                               {139, "3"},
                                                               {419, "4"},
                                                               {421, "5"},
                                                               {427, "6"},
                                                               {437, "7"},
                                                               {497, "8"},
                                                               {715, "U"}});
    const std::uint32_t draw = random.below(100'000);
    for (const share& one : shares) {
        if (draw < one.below) return one.code;
    }
    // Most new voters have just turned 17, the others moved in or retired from the forces.
    if (age == 17 && random.chance(15'000)) return "B";
    return draw >= 99'850 ? "B" : "";
}

char pick_disability(random_source& random, int age) {
    const std::uint32_t draw = random.below(100'000);
    const std::uint32_t share = age >= 60 ? 1'500 : 600;
    if (draw >= share) return '0';
    const std::uint32_t kind = random.below(100);
    if (kind < 46) return '1';
    if (kind < 54) return '2';
    if (kind < 70) return '3';
    if (kind < 79) return '4';
    return kind < 88 ? '5' : '6';
}

char pick_card(random_source& random, int age) {
    const std::uint32_t draw = random.below(1'000);
    if (age <= 17) return draw < 420 ? 'B' : 'S';
    if (draw < 12) return 'B';
    return draw < 15 ? 'K' : 'S';
}

class generator {
  public:
    generator(const generator_options& options, std::int64_t today, std::vector<village> villages)
        : options_(options),
          today_(today),
          villages_(std::move(villages)),
          serials_(options.voters) {}

    std::string run(output& voters, output& stations) {
        voters.buffer() =
            "nkk,nik,nama,tempat_lahir,tanggal_lahir,status_kawin,jenis_kelamin,alamat,rt,rw,"
            "disabilitas,ktp_el,kode_wilayah,tps,keterangan\n";
        stations.buffer() = "kode_wilayah,tps,tempat,alamat\n";
        for (std::size_t at = 0; at < villages_.size(); ++at) {
            // A source of its own a desa: what one desa draws does not move its neighbours.
            random_source random{options_.seed * 1'000'003 + at};
            write_village(random, villages_[at], voters, stations);
            if (!voters.error().empty()) return voters.error();
        }
        std::string error = voters.finish();
        if (std::string other = stations.finish(); error.empty()) error = std::move(other);
        return error;
    }

  private:
    void write_village(random_source& random, const village& here, output& voters,
                       output& stations) {
        const std::uint32_t first_kampung = random.below(1000);
        const std::uint32_t first_mosque = random.below(1000);
        std::int64_t left = here.voters;
        for (std::int64_t station = 0; station < here.stations; ++station) {
            const auto kampung =
                kampung_names()[(first_kampung + static_cast<std::uint64_t>(station) / 4) %
                                kampung_names().size()];
            const auto mosque =
                mosque_names()[(first_mosque + static_cast<std::uint64_t>(station)) %
                               mosque_names().size()];
            write_station(random, here, station, kampung, mosque, stations.buffer());
            stations.flush_when_full();
            // Stations differ a little in size; what is left over is shared by the later ones.
            const std::int64_t even = left / (here.stations - station);
            const std::int64_t slack = even / 40;
            std::int64_t here_now = even;
            if (station + 1 == here.stations) {
                here_now = left;
            } else if (slack > 0) {
                here_now += random.between(static_cast<int>(-slack), static_cast<int>(slack));
            }
            left -= here_now;
            write_voters(random, here, station, kampung, here_now, voters);
        }
    }

    void write_station(random_source& random, const village& here, std::int64_t station,
                       std::string_view kampung, std::string_view mosque, std::string& out) {
        std::string place;
        const std::uint32_t draw = random.below(100);
        if (station == 0) {
            place =
                fmt::format("{} {}", here.kelurahan ? "KANTOR KELURAHAN" : "BALAI DESA", here.name);
        } else if (station <= 3 || draw < 12) {
            place = fmt::format("SD NEGERI {} {}", here.name, 1 + station % 5);
        } else if (draw < 25) {
            place = fmt::format("HALAMAN MASJID {}", mosque);
        } else if (draw < 42) {
            place = fmt::format("MAJELIS TAKLIM {}", mosque);
        } else if (draw < 55) {
            place = fmt::format("LAPANGAN {}", kampung);
        } else if (draw < 68) {
            place = fmt::format("MI {}", mosque);
        } else if (draw < 84) {
            place = fmt::format("POS RW {:03}", 1 + station / 3);
        } else {
            place = fmt::format("HALAMAN KETUA RT {:03}", 1 + station % 3 * 2);
        }
        out += here.code;
        out += ',';
        append_number(out, station + 1);
        out += ',';
        append_field(out, place);
        out += ',';
        append_field(out,
                     fmt::format("{} RT {:03}/{:03}, {} {}", kampung, 1 + station % 3 * 2,
                                 1 + station / 3, here.kelurahan ? "KEL." : "DESA", here.name));
        out += '\n';
    }

    void write_voters(random_source& random, const village& here, std::int64_t station,
                      std::string_view kampung, std::int64_t count, output& voters) {
        while (count > 0) {
            make_household(household_, random, here.where, today_);
            // The last household of a station is cut to what is left of it.
            const auto size = std::min(count, static_cast<std::int64_t>(household_.people.size()));
            household_.people.resize(static_cast<std::size_t>(size));
            begin_household(random, here, station, kampung);
            for (const person& who : household_.people) {
                write_voter(random, here, who, voters.buffer());
            }
            voters.flush_when_full();
            count -= size;
            report(size);
        }
    }

    void report(std::int64_t more) {
        done_ += more;
        if (!options_.progress || (done_ < next_report_ && done_ < options_.voters)) return;
        options_.progress(done_, options_.voters);
        next_report_ = done_ + std::max<std::int64_t>(options_.voters / 50, 20'000);
    }

    /// Writes what the household shares: the family card's number, and address to tps.
    void begin_household(random_source& random, const village& here, std::int64_t station,
                         std::string_view kampung) {
        const calendar_day issued = to_calendar(today_ - random.between(60, 20 * 365));
        const std::uint64_t front = number_of(here.kecamatan) * 1'000'000 + issued.day * 10'000 +
                                    issued.month * 100 +
                                    static_cast<std::uint64_t>(issued.year % 100);
        card_.clear();
        append_padded(card_, front * 10'000 + serials_.next(front, 1), 16);

        address_.clear();
        const std::uint32_t estate_share = here.where == setting::urban   ? 60
                                           : here.where == setting::mixed ? 25
                                                                          : 3;
        if (random.below(100) < estate_share) {
            const auto names = estate_names();
            // One estate a neighbourhood, found again for each of its households.
            address_ +=
                names[(number_of(here.kecamatan) + static_cast<std::uint64_t>(station) / 6) %
                      names.size()];
            address_ += fmt::format(" BLOK {}{} NO {}", static_cast<char>('A' + random.below(10)),
                                    random.between(1, 12), random.between(1, 40));
        } else {
            address_ += kampung;
        }
        place_.clear();
        append_padded(place_,
                      static_cast<std::uint64_t>(1 + station % 3 * 2 + random.between(0, 1)), 3);
        place_ += ',';
        append_padded(place_, static_cast<std::uint64_t>(1 + station / 3), 3);
        station_ = station + 1;
    }

    void append_nik(random_source& random, std::string& out, const village& here, const person& who,
                    const calendar_day& born) {
        std::uint64_t prefix = 0;
        if (who.from != nullptr) {
            prefix =
                number_of(who.from->prefix) * 100 + static_cast<unsigned>(random.between(1, 20));
        } else if (random.chance(7'000)) {
            prefix = number_of(
                villages_[random.below(static_cast<std::uint32_t>(villages_.size()))].kecamatan);
        } else {
            prefix = number_of(here.kecamatan);
        }
        const std::uint64_t day = born.day + (who.male ? 0U : 40U);
        const std::uint64_t front = prefix * 1'000'000 + day * 10'000 + born.month * 100 +
                                    static_cast<std::uint64_t>(born.year % 100);
        append_padded(out, front * 10'000 + serials_.next(front, 0), 16);
    }

    void write_voter(random_source& random, const village& here, const person& who,
                     std::string& out) {
        const calendar_day born = to_calendar(who.birth_day);
        out += card_;
        out += ',';
        append_nik(random, out, here, who, born);
        out += ',';
        name_.clear();
        append_name(name_, random, {household_.custom, who.male, born.year, who.age},
                    household_.clan);
        append_field(out, name_);
        out += ',';
        out += who.from != nullptr ? who.from->city : std::string_view{"TANGERANG"};
        out += ',';
        append_padded(out, born.day, 2);
        out += '|';
        append_padded(out, born.month, 2);
        out += '|';
        append_padded(out, static_cast<std::uint64_t>(born.year), 4);
        out += ',';
        out += who.marital;
        out += who.male ? ",L," : ",P,";
        append_field(out, address_);
        out += ',';
        out += place_;
        out += ',';
        out += pick_disability(random, who.age);
        out += ',';
        out += pick_card(random, who.age);
        out += ',';
        out += here.code;
        out += ',';
        append_number(out, station_);
        out += ',';
        out += pick_status(random, who.age);
        out += '\n';
    }

    static std::uint64_t number_of(std::string_view digits) {
        std::uint64_t value = 0;
        for (const char digit : digits)
            value = value * 10 + static_cast<unsigned>(digit - '0');
        return value;
    }

    const generator_options& options_;
    std::int64_t today_;
    std::vector<village> villages_;
    serial_numbers serials_;
    household household_;
    std::string card_;
    std::string address_;
    std::string place_;
    std::string name_;
    std::int64_t station_ = 0;
    std::int64_t done_ = 0;
    std::int64_t next_report_ = 0;
};

/// Days since 1970-01-01 of an ISO date; nothing if there is no such day.
std::expected<std::int64_t, std::string> parse_day(std::string_view text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    const auto number = [](std::string_view part, auto& value) {
        const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
        return code == std::errc{} && end == part.data() + part.size();
    };
    if (text.size() == 10 && text[4] == '-' && text[7] == '-' && number(text.substr(0, 4), year) &&
        number(text.substr(5, 2), month) && number(text.substr(8, 2), day)) {
        const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                               std::chrono::day{day}};
        if (date.ok() && year >= 2000 && year < 2100) {
            return std::chrono::sys_days{date}.time_since_epoch().count();
        }
    }
    return std::unexpected(
        fmt::format("reference date \"{}\": expected YYYY-MM-DD between 2000 and 2099", text));
}

}  // namespace

std::expected<void, std::string> generate_roll(const generator_options& options) {
    if (options.voters < 1 || options.voters > voters_max) {
        return std::unexpected(fmt::format("voters must be between 1 and {}", voters_max));
    }
    const auto today = parse_day(options.reference_date);
    if (!today) return std::unexpected(today.error());
    auto villages = share_out(options.regions_csv, options.voters, options.seed);
    if (!villages) return std::unexpected(villages.error());
    auto tps_csv = options.tps_csv;
    if (tps_csv.empty())
        tps_csv = std::filesystem::path{options.voters_csv}.replace_extension(".tps.csv");
    output voters{options.voters_csv};
    if (!voters.error().empty()) return std::unexpected(voters.error());
    output stations{tps_csv};
    if (!stations.error().empty()) return std::unexpected(stations.error());
    generator work{options, *today, std::move(*villages)};
    if (std::string error = work.run(voters, stations); !error.empty()) {
        return std::unexpected(std::move(error));
    }
    return {};
}

}  // namespace siwareng::tools
