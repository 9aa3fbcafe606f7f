#include "bot/operations.hpp"

#include "dialogs/voter/name_match.hpp"
#include "dialogs/voter/nik.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace siwareng::bot {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
constexpr std::int64_t minute_ms = 60LL * 1000;

using dialogs::result_event;
using dialogs::var_map;

/// Neighbouring offices that many citizens mean by "Tangerang". Where a NIK was first issued is not
/// the domicile (PP 40/2019), so this only directs those who were not found here.
const std::map<std::string, std::string, std::less<>>& neighbour_offices() {
    static const std::map<std::string, std::string, std::less<>> offices = {
        {"36.71", "Kota Tangerang"},
        {"36.74", "Kota Tangerang Selatan"},
        {"36.03", "Kabupaten Tangerang"},
    };
    return offices;
}

result_event outcome(const dialogs::call& what, std::string name, var_map vars = {}) {
    return {what.wait_seq, std::move(name), std::move(vars)};
}

/// Counts one more and tells whether the limit is now exceeded; 0 is no limit.
bool over(const operation_context& context, const storage::throttle_key& key, std::int64_t limit) {
    return limit > 0 && context.tx.count_up(context.office.id, key, context.now_ms) > limit;
}

/// Codes of `keterangan` under which someone is not, or no longer, a voter of that place:
/// 1-7 and their special-location variants. 8 is only a wrong polling station.
bool needs_verification(std::string_view status) {
    static constexpr std::string_view codes[] = {"1",  "2",  "3",  "4",  "5",  "6",  "7", "90",
                                                 "91", "92", "93", "94", "95", "96", "97"};
    return std::ranges::find(codes, status) != std::end(codes);
}

/// A region's name; its code where an office's table lacks it.
std::string name_of(const dialogs::region* region, const std::string& code) {
    return region == nullptr ? code : region->name;
}

/// The row to answer from: of a duplicate entry, the one that is a voter.
const storage::voter_answer* best_match(const std::vector<storage::voter_answer>& rows,
                                        std::string_view name) {
    const storage::voter_answer* best = nullptr;
    for (const auto& row : rows) {
        if (dialogs::compare_names(name, row.name) != dialogs::name_match::same) {
            continue;
        }
        if (best == nullptr ||
            (needs_verification(best->status) && !needs_verification(row.status))) {
            best = &row;
        }
    }
    return best;
}

result_event answer_found(const operation_context& context, const dialogs::call& what,
                          const storage::roll& roll, const storage::voter_answer& row) {
    context.counters.add(counter::roll_found);
    var_map vars = {{"name", row.name},
                    {"desa", name_of(context.regions.find(row.region), row.region)},
                    {"kecamatan", name_of(context.regions.kecamatan_of(row.region), row.region)}};
    if (needs_verification(row.status)) {
        return outcome(what, "flagged", std::move(vars));
    }
    // Code 8 says that this very polling station is wrong: it is not named.
    const auto station = row.status == "8" ? std::nullopt : roll.station(row.region, row.tps);
    if (!station) {
        return outcome(what, "found_no_tps", std::move(vars));
    }
    vars["tps"] = fmt::format("{:03}", row.tps);
    vars["place"] = station->place;
    vars["place_address"] = station->address;
    return outcome(what, "found", std::move(vars));
}

/// One answer for an unknown NIK and for a known one with another name: a guess learns nothing.
result_event answer_not_found(const operation_context& context, const dialogs::call& what,
                              const dialogs::nik& nik) {
    context.counters.add(counter::roll_not_found);
    const storage::throttle_key failed{"nik_failed", std::string(nik.digits()), day_ms};
    if (over(context, failed, context.limits.failed_checks_per_nik_day)) {
        context.counters.add(counter::roll_enumeration);
        return outcome(what, "throttled");
    }
    const auto issued_in = nik.regency();
    const auto neighbour = neighbour_offices().find(issued_in);
    if (issued_in != context.office.region && neighbour != neighbour_offices().end()) {
        return outcome(what, "other_office", {{"other_office", neighbour->second}});
    }
    return outcome(what, "not_found");
}

/// `roll.check`: is the person with this NIK *and* this name on the list? Throttled per contact,
/// per NIK and per office. What a wrong name learns is what an unknown NIK learns.
result_event check_roll(const operation_context& context, const dialogs::call& what) {
    const auto nik = dialogs::nik::parse(what.args.at("nik"));
    const auto roll = context.rolls.current(context.office.id);
    if (roll == nullptr) {
        return outcome(what, "unavailable");
    }
    const auto& limits = context.limits;
    if (over(context, {"contact", std::to_string(context.contact), day_ms},
             limits.checks_per_contact_day)) {
        context.counters.add(counter::roll_throttled);
        context.counters.add(counter::roll_enumeration);
        return outcome(what, "throttled");
    }
    if (over(context, {"office", "", minute_ms}, limits.checks_per_office_minute)) {
        context.counters.add(counter::roll_throttled);
        return outcome(what, "busy");
    }
    if (!nik) {
        return outcome(what, "not_found");
    }
    const storage::throttle_key failed{"nik_failed", std::string(nik->digits()), day_ms};
    if (limits.failed_checks_per_nik_day > 0 &&
        context.tx.count(context.office.id, failed, context.now_ms) >=
            limits.failed_checks_per_nik_day) {
        context.counters.add(counter::roll_throttled);
        context.counters.add(counter::roll_enumeration);
        return outcome(what, "throttled");
    }
    const auto rows = roll->find_by_nik(nik->digits());
    const auto* row = best_match(rows, what.args.at("name"));
    return row == nullptr ? answer_not_found(context, what, *nik)
                          : answer_found(context, what, *roll, *row);
}

}  // namespace

const std::vector<dialogs::operation_signature>& operation_signatures() {
    static const std::vector<dialogs::operation_signature> signatures = {
        {"roll.check",
         {"nik", "name"},
         {"found", "found_no_tps", "flagged", "not_found", "other_office", "throttled", "busy",
          "unavailable"}},
    };
    return signatures;
}

std::expected<result_event, dialogs::errc> perform(const operation_context& context,
                                                   const dialogs::call& what) {
    if (what.operation == "roll.check" && what.args.contains("nik") && what.args.contains("name")) {
        return check_roll(context, what);
    }
    return std::unexpected(dialogs::errc::bad_operation);
}

}  // namespace siwareng::bot
