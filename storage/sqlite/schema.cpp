#include "storage/sqlite/schema.hpp"

#include "storage/migrations/migrations.hpp"
#include "storage/ports.hpp"
#include "storage/sql/meta.hpp"

#include <string>

namespace siwareng::storage::sqlite {
namespace {

// "SIWA": tells our files from other SQLite databases.
constexpr std::int64_t application_id = 0x53495741;

void apply(connection& db, const migration& step) {
    db.execute(std::string(step.sql));
    db.execute("PRAGMA user_version = " + std::to_string(step.version));
}

}  // namespace

int newest_schema() {
    return all_migrations().back().version;
}

void create_schema(connection& db, std::string_view key_fingerprint, int version) {
    db.execute("PRAGMA journal_mode = WAL");
    db.begin();
    try {
        db.execute("PRAGMA application_id = " + std::to_string(application_id));
        for (const migration& step : all_migrations()) {
            if (step.version <= version) apply(db, step);
        }
        sql::save_meta(db, sql::meta_key_fingerprint, key_fingerprint);
        db.commit();
    } catch (...) {
        db.rollback();
        throw;
    }
}

void check_schema(connection& db, std::string_view key_fingerprint) {
    const std::int64_t version = db.pragma("user_version");
    if (db.pragma("application_id") != application_id || version < 1) {
        throw store_error(errc::not_a_store, "the file is not a database of this program");
    }
    if (version > newest_schema()) {
        throw store_error(errc::newer_schema, "the database is of a newer version");
    }
    if (sql::load_meta(db, sql::meta_key_fingerprint) != key_fingerprint) {
        throw store_error(errc::wrong_key, "the key does not belong to this database");
    }
}

void migrate_schema(connection& db) {
    const std::int64_t version = db.pragma("user_version");
    for (const migration& step : all_migrations()) {
        if (step.version <= version) continue;
        db.begin();
        try {
            apply(db, step);
            db.commit();
        } catch (...) {
            db.rollback();
            throw;
        }
    }
}

}  // namespace siwareng::storage::sqlite
