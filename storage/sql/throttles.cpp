#include "storage/sql/throttles.hpp"

#include <string>

namespace siwareng::storage::sql {

blind_index throttles_table::index_of(std::string_view office, const throttle_key& key) const {
    return seals_.blind("throttles.key",
                        {office, key.scope, std::to_string(key.window_ms), key.value});
}

constexpr std::string_view throttle_add =
    "UPDATE throttles SET count = count + 1 WHERE key = $1 AND ends_ms > $2 RETURNING count";

constexpr std::string_view throttle_open_window =
    "INSERT INTO throttles (key, ends_ms, count) VALUES ($1, $2, 1) "
    "ON CONFLICT (key) DO UPDATE SET ends_ms = excluded.ends_ms, count = 1";

std::int64_t throttles_table::count_up(std::string_view office, const throttle_key& key,
                                       std::int64_t now_ms) {
    const blind_index index = index_of(office, key);
    if (const auto counted = first_integer(add_, as_blob(index), now_ms)) return *counted;
    run(open_window_, as_blob(index), now_ms + key.window_ms);
    return 1;
}

constexpr std::string_view throttle_count =
    "SELECT count FROM throttles WHERE key = $1 AND ends_ms > $2";

std::int64_t throttles_table::count(std::string_view office, const throttle_key& key,
                                    std::int64_t now_ms) {
    return first_integer(count_, as_blob(index_of(office, key)), now_ms).value_or(0);
}

constexpr std::string_view throttle_purge =
    "DELETE FROM throttles WHERE key IN "
    "(SELECT key FROM throttles WHERE ends_ms < $1 ORDER BY ends_ms LIMIT $2)";

int throttles_table::purge(std::int64_t before_ms, int limit) {
    run(purge_, before_ms, limit);
    return static_cast<int>(db_.changes());
}

throttles_table::throttles_table(connection& db, const vault& seals)
    : db_(db),
      seals_(seals),
      add_(db.prepare(throttle_add)),
      open_window_(db.prepare(throttle_open_window)),
      count_(db.prepare(throttle_count)),
      purge_(db.prepare(throttle_purge)) {}

}  // namespace siwareng::storage::sql
