#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ocibench::durable {

enum class Access { read_write, read_only };

/// One prepared statement. Requires: its Connection outlives it.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

 private:
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One run of a statement; the statement is free again when the object goes.
class Query {
 public:
  explicit Query(const Statement& statement) : statement_(statement.statement_.get()) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// Binds the next parameter; numbers above the i64 range as its end. Requires: the bytes live as
  /// long as the query.
  Query& bind(std::uint64_t value);
  Query& bind_text(std::string_view text);
  Query& bind_blob(std::string_view bytes);

  /// True when there is a row to read. Errors: io, bad_input (the file is damaged), conflict
  /// (locked).
  Result<bool> next_row();
  /// For statements without rows.
  Result<void> run();

  [[nodiscard]] std::uint64_t integer(int column) const;
  [[nodiscard]] std::string bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// One SQLite connection, hardened against a file from somebody else: no triggers, no views, no
/// functions of the schema, no value over kMaxValueBytes. https://www.sqlite.org/security.html
class Connection {
 public:
  static constexpr int kMaxValueBytes = 64 * 1024 * 1024;

  /// Read-only opening writes nothing beside the file unless a write-ahead log is there.
  static Result<Connection> open(const std::filesystem::path& path, Access access);

  Result<void> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The one integer that `sql` yields.
  Result<std::uint64_t> query_integer(std::string_view sql);
  [[nodiscard]] bool in_transaction() const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Connection(sqlite3* connection) : connection_(connection) {}
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace ocibench::durable
