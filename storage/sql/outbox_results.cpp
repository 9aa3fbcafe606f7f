#include "storage/sql/outbox.hpp"
#include "storage/sql/outbox_places.hpp"
#include "storage/store_rules.hpp"

namespace siwareng::storage::sql {

blind_index wamid_lookup(const vault& seals, std::string_view wamid) {
    return seals.blind("outbox.wamid_index", {wamid});
}

constexpr std::string_view outbox_accepted =
    "UPDATE outbox SET wamid_index = $2, wamid = $3, "
    "error_code = CASE WHEN state < 4 THEN 0 ELSE error_code END, "
    "state = CASE WHEN state < 4 THEN 4 ELSE state END WHERE id = $1 RETURNING contact_id";

std::optional<contact_id> outbox_results::accepted(outbox_id id, std::string_view wamid) {
    return first_integer(accepted_, id, as_blob(wamid_lookup(seals_, wamid)),
                         seals_.seal(place_outbox_wamid, wamid));
}

constexpr std::string_view outbox_retry =
    "UPDATE outbox SET state = 1, error_code = $2, due_ms = $3, attempts = attempts + 1 "
    "WHERE id = $1 AND state IN (2, 3)";

void outbox_results::retry(outbox_id id, int error_code, std::int64_t at_ms) {
    run(retry_, id, error_code, at_ms);
}

constexpr std::string_view outbox_failed =
    "UPDATE outbox SET state = 8, error_code = $2 WHERE id = $1 AND state <= 4 "
    "RETURNING contact_id";

std::optional<contact_id> outbox_results::failed(outbox_id id, int error_code) {
    return first_integer(failed_, id, error_code);
}

constexpr std::string_view outbox_in_doubt =
    "UPDATE outbox SET state = 3, due_ms = $2, attempts = attempts + 1 "
    "WHERE id = $1 AND state = 2";

void outbox_results::in_doubt(outbox_id id, std::int64_t until_ms) {
    run(in_doubt_, id, until_ms);
}

constexpr std::string_view outbox_release =
    "UPDATE outbox SET state = 1, due_ms = $2 WHERE id = $1 AND state = 2";

void outbox_results::release(outbox_id id, std::int64_t at_ms) {
    run(release_, id, at_ms);
}

// `state < 4` names the partial index, which is small.
constexpr std::string_view outbox_recover =
    "UPDATE outbox SET state = 3, due_ms = $1, attempts = attempts + 1 "
    "WHERE state < 4 AND state = 2";

int outbox_results::recover_sending(std::int64_t until_ms) {
    run(recover_, until_ms);
    return static_cast<int>(db_.changes());
}

constexpr std::string_view outbox_expire =
    "UPDATE outbox SET state = 1, due_ms = $1 WHERE state = 3 AND due_ms <= $1";

int outbox_results::expire_doubts(std::int64_t now_ms) {
    run(expire_, now_ms);
    return static_cast<int>(db_.changes());
}

// Rows are as old as their ids are low. What is under way is never removed.
constexpr std::string_view outbox_purge =
    "DELETE FROM outbox WHERE id IN (SELECT id FROM "
    "(SELECT id, created_ms, state FROM outbox ORDER BY id LIMIT $2) AS oldest "
    "WHERE created_ms < $1 AND state NOT IN (2, 3))";

int outbox_results::purge(std::int64_t before_ms, int limit) {
    run(purge_, before_ms, limit);
    return static_cast<int>(db_.changes());
}

constexpr std::string_view outbox_target_by_id =
    "SELECT o.contact_id, o.state, o.attempts, o.wamid_index, o.pricing_type "
    "FROM outbox AS o JOIN contacts AS c ON c.id = o.contact_id "
    "WHERE o.id = $1 AND c.office = $2";

std::optional<status_target> outbox_results::target(outbox_id id, std::string_view office,
                                                    const blind_index& wamid) {
    rows found(target_by_id_, id, office);
    if (!found.next()) return std::nullopt;
    return status_target{.id = id,
                         .contact = found.integer(0),
                         .state = found.value<outbox_state>(1),
                         .attempts = found.small(2),
                         .has_wamid = !found.is_null(3),
                         .same_wamid = found.bytes(3) == as_blob(wamid).bytes,
                         .has_pricing = !found.is_null(4)};
}

constexpr std::string_view outbox_target_by_wamid =
    "SELECT id, contact_id, state, attempts, pricing_type FROM outbox "
    "WHERE wamid_index = $1 ORDER BY id DESC LIMIT 1";

std::optional<status_target> outbox_results::target(const blind_index& wamid) {
    rows found(target_by_wamid_, as_blob(wamid));
    if (!found.next()) return std::nullopt;
    return status_target{.id = found.integer(0),
                         .contact = found.integer(1),
                         .state = found.value<outbox_state>(2),
                         .attempts = found.small(3),
                         .has_wamid = true,
                         .same_wamid = true,
                         .has_pricing = !found.is_null(4)};
}

constexpr std::string_view outbox_set_state =
    "UPDATE outbox SET state = $2, error_code = $3 WHERE id = $1";

constexpr std::string_view outbox_set_pricing =
    "UPDATE outbox SET pricing_type = $2, pricing_category = $3 WHERE id = $1";

constexpr std::string_view outbox_set_wamid =
    "UPDATE outbox SET wamid_index = $2, wamid = $3 WHERE id = $1";

bool outbox_results::apply(status_target& target, const status_update& update) {
    if (!target.has_pricing && !update.pricing_type.empty()) {
        run(set_pricing_, target.id, update.pricing_type, update.pricing_category);
        target.has_pricing = true;
    }
    if (!target.has_wamid && !update.wamid.empty()) {
        run(set_wamid_, target.id, as_blob(wamid_lookup(seals_, update.wamid)),
            seals_.seal(place_outbox_wamid, update.wamid));
        target.has_wamid = true;
        target.same_wamid = true;
    }
    if (!status_is_news(target.state, update.state, target.same_wamid)) return false;
    run(set_state_, target.id, update.state, update.error_code);
    target.state = update.state;
    return true;
}

outbox_results::outbox_results(connection& db, const vault& seals)
    : db_(db),
      seals_(seals),
      accepted_(db.prepare(outbox_accepted)),
      retry_(db.prepare(outbox_retry)),
      failed_(db.prepare(outbox_failed)),
      in_doubt_(db.prepare(outbox_in_doubt)),
      release_(db.prepare(outbox_release)),
      recover_(db.prepare(outbox_recover)),
      expire_(db.prepare(outbox_expire)),
      purge_(db.prepare(outbox_purge)),
      target_by_id_(db.prepare(outbox_target_by_id)),
      target_by_wamid_(db.prepare(outbox_target_by_wamid)),
      set_state_(db.prepare(outbox_set_state)),
      set_pricing_(db.prepare(outbox_set_pricing)),
      set_wamid_(db.prepare(outbox_set_wamid)) {}

}  // namespace siwareng::storage::sql
