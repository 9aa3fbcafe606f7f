#pragma once

#include "storage/seal.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

namespace siwareng::storage::sql {

/// A statement that its connection keeps prepared. Parameters and columns count from 1 and 0, as
/// `$1` and the select list do. Everything throws `store_error` where the database fails.
class statement {
  public:
    virtual ~statement() = default;
    statement() = default;
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    virtual void bind_integer(int parameter, std::int64_t value) = 0;
    /// Text and bytes are copied.
    virtual void bind_text(int parameter, std::string_view value) = 0;
    virtual void bind_blob(int parameter, std::string_view value) = 0;
    virtual void bind_null(int parameter) = 0;

    /// The next row; false behind the last one.
    virtual bool step() = 0;
    /// Ready for new parameters. Rows that were not read are dropped.
    virtual void reset() noexcept = 0;

    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    /// Valid until the next step or reset; empty for NULL.
    [[nodiscard]] virtual std::string_view bytes(int column) const = 0;
    [[nodiscard]] virtual bool is_null(int column) const = 0;
};

/// A statement kept by the table that uses it.
using kept = std::unique_ptr<statement>;

/// One session with a database. SQL is the portable subset: `$n` parameters, ON CONFLICT,
/// RETURNING, times as integers, no functions that only one database has. Not thread-safe.
class connection {
  public:
    virtual ~connection() = default;
    connection() = default;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Statements may not outlive their connection.
    virtual kept prepare(std::string_view sql) = 0;
    /// Rows that the last finished INSERT, UPDATE or DELETE changed.
    [[nodiscard]] virtual std::int64_t changes() const = 0;

    /// Savepoints nest; the two others mean the innermost.
    virtual void savepoint() = 0;
    virtual void release_savepoint() = 0;
    /// Undoes what happened since, and removes the savepoint. Does nothing where the database has
    /// given up the whole transaction by itself: then the transaction's owner learns it.
    virtual void rollback_savepoint() = 0;
};

/// Bytes as opposed to text.
struct blob {
    std::string_view bytes;
};

/// A blind index as a parameter.
inline blob as_blob(const blind_index& index) {
    return {{reinterpret_cast<const char*>(index.data()), index.size()}};
}

/// An integer, a flag's or an enumerator's number.
template <typename integer_type>
    requires std::integral<integer_type> || std::is_enum_v<integer_type>
void bind_value(statement& to, int parameter, integer_type value) {
    to.bind_integer(parameter, static_cast<std::int64_t>(value));
}

/// A text.
inline void bind_value(statement& to, int parameter, std::string_view value) {
    to.bind_text(parameter, value);
}

/// Bytes.
inline void bind_value(statement& to, int parameter, const blob& value) {
    to.bind_blob(parameter, value.bytes);
}

/// A value, or NULL.
template <typename value_type>
void bind_value(statement& to, int parameter, const std::optional<value_type>& value) {
    if (value) {
        bind_value(to, parameter, *value);
    } else {
        to.bind_null(parameter);
    }
}

/// The rows of one execution; resets the statement at its end, so that nothing stays locked or
/// bound.
class rows {
  public:
    template <typename... values>
    explicit rows(const kept& with, const values&... parameters) : statement_(*with) {
        if constexpr (sizeof...(parameters) > 0) {
            int parameter = 0;
            try {
                (bind_value(statement_, ++parameter, parameters), ...);
            } catch (...) {
                statement_.reset();
                throw;
            }
        }
    }
    rows(const rows&) = delete;
    rows& operator=(const rows&) = delete;
    ~rows() { statement_.reset(); }

    bool next() { return statement_.step(); }
    [[nodiscard]] std::int64_t integer(int column) const { return statement_.integer(column); }
    [[nodiscard]] int small(int column) const { return static_cast<int>(integer(column)); }
    [[nodiscard]] bool flag(int column) const { return integer(column) != 0; }
    [[nodiscard]] std::string_view bytes(int column) const { return statement_.bytes(column); }
    [[nodiscard]] bool is_null(int column) const { return statement_.is_null(column); }
    template <typename enum_type>
    [[nodiscard]] enum_type value(int column) const {
        return static_cast<enum_type>(integer(column));
    }

  private:
    statement& statement_;
};

/// Executes a statement to its end.
template <typename... values>
void run(const kept& with, const values&... parameters) {
    rows execution(with, parameters...);
    while (execution.next()) {
    }
}

/// Executes a statement and returns the first column of its first row, if there is one.
template <typename... values>
std::optional<std::int64_t> first_integer(const kept& with, const values&... parameters) {
    rows execution(with, parameters...);
    if (!execution.next()) return std::nullopt;
    return execution.integer(0);
}

}  // namespace siwareng::storage::sql
