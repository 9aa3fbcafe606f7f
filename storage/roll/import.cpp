#include "storage/ports.hpp"
#include "storage/roll/csv.hpp"
#include "storage/roll/publish.hpp"
#include "storage/roll/rejects.hpp"
#include "storage/roll/roll.hpp"
#include "storage/roll/roll_format.hpp"
#include "storage/roll/roll_writer.hpp"
#include "storage/roll/row_sorter.hpp"
#include "storage/roll/rules.hpp"
#include "storage/roll/sealed_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace siwareng::storage {
namespace {

constexpr int threads_max = 16;
constexpr std::uint64_t progress_steps = 50;
constexpr std::uint64_t progress_step_bytes_min = 1U << 20U;
// Sealed rows are about that much larger than the text they were made of.
constexpr std::uint64_t growth = 3;

using station_key = std::pair<std::string, int>;

/// Calls the caller back at even steps of the work.
class progress_meter {
  public:
    progress_meter(std::function<void(std::uint64_t, std::uint64_t)> report, std::uint64_t total)
        : report_(std::move(report)),
          total_(total),
          step_(std::max(total / progress_steps, progress_step_bytes_min)) {}

    /// Any thread; what was reported before never falls.
    void reach(std::uint64_t done) {
        if (!report_) return;
        const std::scoped_lock lock{mutex_};
        if (done < next_ && done < total_) return;
        next_ = done + step_;
        report_(std::min(done, total_), total_);
    }

  private:
    std::function<void(std::uint64_t, std::uint64_t)> report_;
    std::uint64_t total_;
    std::uint64_t step_;
    std::uint64_t next_ = 0;
    std::mutex mutex_;
};

/// One input file, opened, and its columns found.
struct input_file {
    input_file(const std::filesystem::path& file, std::span<const std::string_view> wanted)
        : name(file.string()), short_name(file.filename().string()), source(file) {
        const auto header = source.read_header();
        if (!header) fail(header.error());
        auto found = csv::detect_layout(*header, wanted);
        if (!found) fail(found.error());
        columns = std::move(*found);
        source.set_delimiter(columns.delimiter);
    }

    [[noreturn]] void fail(std::string_view why) const {
        throw store_error{errc::bad_input, fmt::format("{}, line 1: {}", name, why)};
    }

    std::string name;
    std::string short_name;
    csv::source source;
    csv::layout columns;
};

class importer {
  public:
    importer(const roll_import_options& options, const keyring& keys)
        : options_(options),
          keys_(keys),
          rules_({options.region, options.known_regions, options.nik_ok, options.now_ms}),
          rejects_(options.rejects_csv),
          lanes_(std::clamp(options.threads, 1, threads_max)) {}

    roll_import_result run() {
        roll_publisher publisher{options_.folder, options_.office};
        input_file voters{options_.voters_csv, voter_columns};
        note_ignored(voters);
        if (options_.tps_csv) read_stations();
        progress_meter meter{options_.progress, 2 * voters.source.bytes()};
        row_sorter sorter{options_.folder, growth * voters.source.bytes(), lanes_};
        rejects_.next_input();
        read_voters(voters, sorter, meter);
        if (accepted_ == 0) fail_empty(voters, result_.rows);

        roll_writer writer{publisher.draft()};
        for (const auto& [key, station] : stations_)
            writer.add_station(station);
        write_voters(voters, sorter, writer, meter);
        fill_info(publisher.version());
        writer.finish(result_.info, keys_);
        result_.info.file = publisher.publish(options_.keep_versions);
        note_stations();
        return std::move(result_);
    }

  private:
    /// What one thread finds out while it reads.
    struct lane_result {
        std::int64_t rows = 0;
        std::int64_t accepted = 0;
        std::set<station_key> stations;
        std::exception_ptr failure;
    };

    /// What one thread keeps between rows.
    struct lane_memory {
        explicit lane_memory(std::string_view office) : places(office) {}
        csv::block block;
        row_rules::workspace scratch;
        voter row;
        seal_places places;
        std::string plain;
        std::string rejected;
        std::string last_region;
        int last_station = -1;
    };

    [[noreturn]] void fail_empty(const input_file& file, std::int64_t rows) const {
        if (rows == 0) file.fail("no rows follow the header");
        throw store_error{errc::bad_input,
                          fmt::format("{}: none of {} rows can be imported; the reasons are in {}",
                                      file.name, rows, options_.rejects_csv.string())};
    }

    void note_ignored(const input_file& file) {
        for (const std::string& column : file.columns.ignored) {
            result_.notes.push_back(
                fmt::format("{}: column \"{}\" is not used", file.short_name, column));
        }
    }

    void read_stations() {
        input_file file{*options_.tps_csv, station_columns};
        note_ignored(file);
        csv::block block;
        row_rules::workspace scratch;
        polling_station station;
        std::uint64_t bytes_read = 0;
        std::int64_t rows = 0;
        while (file.source.next(block, bytes_read)) {
            std::string rejected;
            std::int64_t rejected_rows = 0;
            for (const csv::record& row : block.records) {
                if (is_blank(row.text, file.columns.delimiter)) continue;
                ++rows;
                auto why = rules_.read_station(row.text, file.columns, scratch, station);
                if (!why &&
                    !stations_.try_emplace({station.region, station.number}, station).second) {
                    why = rejection{"tps", "listed twice"};
                }
                if (!why) continue;
                append_reject(rejected, file.short_name, row, *why);
                ++rejected_rows;
            }
            rejects_.submit(block.sequence, std::move(rejected), rejected_rows);
        }
        if (stations_.empty()) fail_empty(file, rows);
    }

    void read_voters(input_file& file, row_sorter& sorter, progress_meter& meter) {
        std::vector<lane_result> results(static_cast<std::size_t>(lanes_));
        {
            std::vector<std::jthread> threads;
            threads.reserve(results.size());
            for (int lane = 0; lane < lanes_; ++lane) {
                threads.emplace_back([&, lane] {
                    auto& result = results[static_cast<std::size_t>(lane)];
                    try {
                        read_lane(file, lane, sorter, meter, result);
                    } catch (...) {
                        result.failure = std::current_exception();
                        file.source.stop();
                    }
                });
            }
        }
        for (const lane_result& result : results) {
            if (result.failure) std::rethrow_exception(result.failure);
        }
        std::set<station_key> used;
        for (lane_result& result : results) {
            result_.rows += result.rows;
            accepted_ += result.accepted;
            used.merge(result.stations);
        }
        if (!options_.tps_csv) return;
        result_.stations_missing = std::ranges::count_if(
            used, [this](const station_key& key) { return !stations_.contains(key); });
    }

    void read_lane(input_file& file, int lane, row_sorter& sorter, progress_meter& meter,
                   lane_result& result) {
        lane_memory memory{options_.office};
        std::uint64_t bytes_read = 0;
        while (file.source.next(memory.block, bytes_read)) {
            std::int64_t rejected_rows = 0;
            memory.rejected.clear();
            for (const csv::record& row : memory.block.records) {
                if (is_blank(row.text, file.columns.delimiter)) continue;
                ++result.rows;
                if (const auto why =
                        rules_.read_voter(row.text, file.columns, memory.scratch, memory.row)) {
                    append_reject(memory.rejected, file.short_name, row, *why);
                    ++rejected_rows;
                    continue;
                }
                ++result.accepted;
                add_row(memory, lane, row.line, sorter, result);
            }
            rejects_.submit(memory.block.sequence, memory.rejected, rejected_rows);
            meter.reach(bytes_read);
        }
    }

    void add_row(lane_memory& memory, int lane, std::uint64_t line, row_sorter& sorter,
                 lane_result& result) const {
        const voter& row = memory.row;
        // Lists are ordered by station, so that the set is asked once a station, not once a row.
        if (row.tps != 0 && (row.tps != memory.last_station || row.region != memory.last_region)) {
            result.stations.emplace(row.region, row.tps);
            memory.last_station = row.tps;
            memory.last_region = row.region;
        }
        const blind_index key = roll_key(keys_, row.nik);
        encode_answer(row, memory.plain);
        const std::string answer = keys_.seal(memory.places.answer(key), memory.plain);
        encode_record(row, memory.plain);
        const std::string record = keys_.seal(memory.places.record(key), memory.plain);
        sorter.add(lane, {key, line, answer, record});
    }

    /// Writes bucket after bucket; the next one is read and sorted meanwhile.
    void write_voters(const input_file& file, row_sorter& sorter, roll_writer& writer,
                      progress_meter& meter) {
        const auto policy = lanes_ > 1 ? std::launch::async : std::launch::deferred;
        const auto take = [&](std::size_t index) {
            return std::async(policy, [&sorter, index] { return sorter.take(index); });
        };
        auto next = take(0);
        for (std::size_t index = 0; index < sorter.buckets(); ++index) {
            const row_sorter::bucket bucket = next.get();
            if (index + 1 < sorter.buckets()) next = take(index + 1);
            write_bucket(bucket, writer);
            const std::uint64_t bytes = file.source.bytes();
            meter.reach(bytes + bytes * (index + 1) / sorter.buckets());
        }
    }

    void write_bucket(const row_sorter::bucket& bucket, roll_writer& writer) {
        std::int64_t seq = 0;
        for (std::size_t at = 0; at < bucket.rows.size(); ++at) {
            const sorted_row& row = bucket.rows[at];
            seq = at > 0 && bucket.rows[at - 1].key == row.key ? seq + 1 : 0;
            // The second of a kind counts the first one too.
            if (seq > 0) result_.duplicates += seq == 1 ? 2 : 1;
            writer.add_voter(row.key, seq, row.answer, row.record);
        }
    }

    void fill_info(std::int64_t version) {
        result_.rejected = rejects_.rows();
        result_.info.office = options_.office;
        result_.info.version = version;
        result_.info.created_ms = options_.now_ms;
        result_.info.voters = accepted_;
        result_.info.stations = static_cast<std::int64_t>(stations_.size());
        result_.info.rejected = result_.rejected;
    }

    void note_stations() {
        if (!options_.tps_csv) {
            result_.notes.emplace_back(
                "no polling station file was given: answers name the TPS number without its place");
        } else if (result_.stations_missing > 0) {
            result_.notes.push_back(
                fmt::format("{} TPS numbers of voters are not in the polling station file",
                            result_.stations_missing));
        }
    }

    const roll_import_options& options_;
    const keyring& keys_;
    row_rules rules_;
    rejects_file rejects_;
    int lanes_;
    std::map<station_key, polling_station> stations_;
    std::int64_t accepted_ = 0;
    roll_import_result result_;
};

}  // namespace

std::expected<roll_import_result, roll_import_error> import_roll(const roll_import_options& options,
                                                                 const keyring& keys) {
    if (!roll_format::is_office_name(options.office)) {
        return std::unexpected(roll_import_error{
            errc::bad_input, "the office's id must be letters, digits, '-' and '_' only"});
    }
    try {
        return importer{options, keys}.run();
    } catch (const store_error& failed) {
        return std::unexpected(roll_import_error{failed.code(), failed.what()});
    } catch (const std::filesystem::filesystem_error& failed) {
        return std::unexpected(roll_import_error{from_errno(failed.code().value()), failed.what()});
    } catch (const std::system_error& failed) {
        return std::unexpected(roll_import_error{errc::io, failed.what()});
    }
}

}  // namespace siwareng::storage
