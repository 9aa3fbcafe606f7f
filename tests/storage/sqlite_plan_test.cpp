// How SQLite would run each statement: what turns and statuses need may never read a whole table.

#include "storage/sql/transaction.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/schema.hpp"
#include "tests/storage/store_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace siwareng::tests {
namespace {

namespace sql = storage::sql;
using storage::sqlite::connection;

/// Notes every statement that is prepared.
class noting_connection final : public sql::connection {
  public:
    explicit noting_connection(sql::connection& db) : db_(db) {}
    sql::kept prepare(std::string_view text) override {
        statements.emplace_back(text);
        return db_.prepare(text);
    }
    [[nodiscard]] std::int64_t changes() const override { return db_.changes(); }
    void savepoint() override { db_.savepoint(); }
    void release_savepoint() override { db_.release_savepoint(); }
    void rollback_savepoint() override { db_.rollback_savepoint(); }

    std::vector<std::string> statements;

  private:
    sql::connection& db_;
};

// Run at start, by upkeep or for metrics. Purges scan no further than their LIMIT, counts read
// partial or narrow indexes.
bool may_scan(const std::string& statement) {
    return statement.find("ORDER BY id LIMIT $2) AS oldest") != std::string::npos ||
           statement.starts_with("SELECT count(*)") ||
           statement.starts_with("SELECT state, count(*)") ||
           statement.find("WHERE state < 4 AND state = 2") != std::string::npos;
}

std::vector<std::string> plan_of(connection& db, const std::string& statement) {
    std::vector<std::string> steps;
    const sql::kept explain = db.prepare("EXPLAIN QUERY PLAN " + statement);
    sql::rows found(explain);
    while (found.next())
        steps.emplace_back(found.bytes(3));
    return steps;
}

class sqlite_plans : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(storage::create_sqlite_database(file_, *test_keys()));
        db_ = std::make_unique<connection>(file_, connection::access::write);
    }

    temp_folder folder_;
    std::filesystem::path file_ = folder_.path() / "a.db";
    std::unique_ptr<connection> db_;
};

TEST_F(sqlite_plans, never_scan_a_table_in_a_turn) {
    noting_connection noting(*db_);
    const auto jobs = sql::create_transaction(noting, test_keys());
    EXPECT_GT(noting.statements.size(), 40U);
    for (const std::string& statement : noting.statements) {
        if (may_scan(statement)) continue;
        for (const std::string& step : plan_of(*db_, statement)) {
            EXPECT_THAT(step, testing::Not(testing::StartsWith("SCAN"))) << statement;
            EXPECT_THAT(step, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << statement;
            EXPECT_THAT(step, testing::Not(testing::HasSubstr("AUTOMATIC"))) << statement;
        }
    }
}

class no_snapshot final : public sql::snapshot {
    void begin() override {}
    void end() noexcept override {}
};

TEST_F(sqlite_plans, read_conversations_by_index) {
    std::vector<std::string> statements;
    {
        auto noting = std::make_unique<noting_connection>(*db_);
        const noting_connection& kept = *noting;
        const auto reader =
            sql::create_reader(std::move(noting), std::make_unique<no_snapshot>(), test_keys());
        statements = kept.statements;
    }
    EXPECT_GE(statements.size(), 8U);
    for (const std::string& statement : statements) {
        for (const std::string& step : plan_of(*db_, statement)) {
            const bool scans_table = step.starts_with("SCAN") &&
                                     step.find("USING") == std::string::npos &&
                                     step != "SCAN parked_statuses";
            EXPECT_FALSE(scans_table) << step << "\n" << statement;
            EXPECT_THAT(step, testing::Not(testing::HasSubstr("ORDER BY"))) << statement;
        }
    }
}

}  // namespace
}  // namespace siwareng::tests
