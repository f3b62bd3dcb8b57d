#include "common/durable/record_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/durable/log_file.hpp"
#include "common/durable/sqlite.hpp"
#include "common/fd.hpp"

namespace ocibench::durable {
namespace {

/// What is prepared once, in the order of kStatements.
enum class Sql { next_seq, streams, advance, insert, forget, drop, read, scan, set_note, note };

constexpr std::array<std::string_view, 10> kStatements = {
    "SELECT next_seq FROM stream WHERE name = ?1",
    "SELECT name, next_seq, (SELECT min(seq) FROM record AS r WHERE r.stream = s.id), "
    "EXISTS (SELECT 1 FROM record AS r WHERE r.stream = s.id), "
    "(SELECT coalesce(sum(length(payload)), 0) FROM record AS r WHERE r.stream = s.id) "
    "FROM stream AS s ORDER BY s.id",
    "INSERT INTO stream (name, next_seq) VALUES (?1, ?2) "
    "ON CONFLICT (name) DO UPDATE SET next_seq = excluded.next_seq",
    "INSERT INTO record (stream, seq, payload) "
    "VALUES ((SELECT id FROM stream WHERE name = ?1), ?2, ?3)",
    "DELETE FROM record WHERE stream = (SELECT id FROM stream WHERE name = ?1) AND seq < ?2",
    "DELETE FROM stream WHERE name = ?1",
    "SELECT position, seq, payload FROM record "
    "WHERE stream = (SELECT id FROM stream WHERE name = ?1) AND seq >= ?2 ORDER BY seq LIMIT ?3",
    // CROSS JOIN keeps the order of the loops: the records are read as they lie, not sorted.
    "SELECT position, name, seq, payload FROM record CROSS JOIN stream ON stream.id = stream "
    "ORDER BY position",
    "INSERT INTO note (key, value) VALUES (?1, ?2) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    "SELECT value FROM note WHERE key = ?1",
};

/// VACUUM INTO does not sync what it writes.
Result<void> sync_file(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return fail_errno(fmt::format("cannot sync {}", path.string()), errno);
  }
  return {};
}

enum class Batch { none, open, dropped };

}  // namespace

struct RecordLog::Database {
  // Members go in reverse order: statements, connection, lock.
  Fd lock;
  Connection connection;
  std::vector<Statement> statements;
  Batch batch = Batch::none;

  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Access access,
                                                Fd lock);
  [[nodiscard]] const Statement& statement(Sql sql) const {
    return statements[static_cast<std::size_t>(sql)];
  }
  Result<std::uint64_t> next_seq_of(std::string_view stream) const;
  Result<Appended> store(std::string_view stream, std::uint64_t seq, std::string_view payload);
  template <class Work>
  auto write(const Work& work) -> decltype(work());
  void roll_back();
};

Result<std::unique_ptr<RecordLog::Database>> RecordLog::Database::open(
    const std::filesystem::path& path, Access access, Fd lock) {
  Result<Connection> connection = open_log_file(path, access);
  if (!connection) {
    return tl::unexpected(connection.error());
  }
  std::vector<Statement> statements;
  for (const std::string_view sql : kStatements) {
    Result<Statement> statement = connection->prepare(sql);
    if (!statement) {
      return tl::unexpected(statement.error());
    }
    statements.push_back(std::move(*statement));
  }
  return std::unique_ptr<Database>(  // NOLINT(modernize-make-unique): an aggregate
      new Database{std::move(lock), std::move(*connection), std::move(statements)});
}

void RecordLog::Database::roll_back() {
  // SQLite has rolled back by itself after some errors, a full disk among them.
  if (connection.in_transaction()) {
    (void)connection.execute("ROLLBACK");
  }
}

/// Runs `work` in the open batch, or in a transaction of its own; undoes all of it when it fails.
template <class Work>
auto RecordLog::Database::write(const Work& work) -> decltype(work()) {
  if (batch == Batch::dropped) {
    return fail(ErrorCode::conflict, "the batch was dropped after an error; begin a new one");
  }
  if (batch == Batch::none) {
    if (const Result<void> begun = connection.execute("BEGIN IMMEDIATE"); !begun) {
      return tl::unexpected(begun.error());
    }
  }
  auto result = work();
  if (result && batch == Batch::none) {
    if (const Result<void> committed = connection.execute("COMMIT"); !committed) {
      result = tl::unexpected(committed.error());
    }
  }
  if (!result) {
    roll_back();
    batch = batch == Batch::open ? Batch::dropped : Batch::none;
  }
  return result;
}

Result<std::uint64_t> RecordLog::Database::next_seq_of(std::string_view stream) const {
  Query query(statement(Sql::next_seq));
  const Result<bool> row = query.bind_text(stream).next_row();
  if (!row) {
    return tl::unexpected(row.error());
  }
  return *row ? query.integer(0) : 0;
}

Result<Appended> RecordLog::Database::store(std::string_view stream, std::uint64_t seq,
                                            std::string_view payload) {
  const Result<std::uint64_t> next = next_seq_of(stream);
  if (!next) {
    return tl::unexpected(next.error());
  }
  if (seq != *next) {
    return seq < *next ? Appended::duplicate : Appended::gap;
  }
  Result<void> stored = Query(statement(Sql::advance)).bind_text(stream).bind(seq + 1).run();
  if (stored) {
    stored = Query(statement(Sql::insert)).bind_text(stream).bind(seq).bind_blob(payload).run();
  }
  return stored ? Result<Appended>(Appended::stored) : tl::unexpected(stored.error());
}

RecordLog::RecordLog(std::unique_ptr<Database> database) : database_(std::move(database)) {}
RecordLog::RecordLog(RecordLog&&) noexcept = default;
RecordLog& RecordLog::operator=(RecordLog&&) noexcept = default;
RecordLog::~RecordLog() = default;

Result<RecordLog> RecordLog::open(const std::filesystem::path& path) {
  Result<Fd> lock = lock_beside(path);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  auto database = Database::open(path, Access::read_write, std::move(*lock));
  if (!database) {
    return tl::unexpected(database.error());
  }
  return RecordLog(std::move(*database));
}

Result<RecordLog> RecordLog::open_read_only(const std::filesystem::path& path) {
  auto database = Database::open(path, Access::read_only, Fd());
  if (!database) {
    return tl::unexpected(database.error());
  }
  return RecordLog(std::move(*database));
}

Result<Appended> RecordLog::append(std::string_view stream, std::uint64_t seq,
                                   std::string_view payload) {
  return database_->write([&]() -> Result<Appended> {
    if (seq >= kMaxSeq || payload.size() > kMaxPayloadBytes) {
      return fail(ErrorCode::limit,
                  fmt::format("record {} of stream {} with {} bytes exceeds what a log takes", seq,
                              stream, payload.size()));
    }
    return database_->store(stream, seq, payload);
  });
}

Result<void> RecordLog::begin_batch() {
  OCIBENCH_ASSERT(database_->batch != Batch::open);
  const Result<void> begun = database_->connection.execute("BEGIN IMMEDIATE");
  database_->batch = begun ? Batch::open : Batch::none;
  return begun;
}

Result<void> RecordLog::commit_batch() {
  OCIBENCH_ASSERT(database_->batch != Batch::none);
  const Batch was = std::exchange(database_->batch, Batch::none);
  if (was == Batch::dropped) {
    return fail(ErrorCode::conflict, "the batch was dropped after an error; nothing was stored");
  }
  const Result<void> committed = database_->connection.execute("COMMIT");
  if (!committed) {
    database_->roll_back();
  }
  return committed;
}

Result<std::uint64_t> RecordLog::next_seq(std::string_view stream) const {
  return database_->next_seq_of(stream);
}

Result<std::vector<StreamExtent>> RecordLog::streams() const {
  Query query(database_->statement(Sql::streams));
  std::vector<StreamExtent> extents;
  for (;;) {
    const Result<bool> row = query.next_row();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return extents;
    }
    const std::uint64_t next = query.integer(1);
    const bool any_left = query.integer(3) != 0;
    extents.push_back({.stream = query.bytes(0),
                       .first = any_left ? query.integer(2) : next,
                       .next = next,
                       .bytes = query.integer(4)});
  }
}

Result<void> RecordLog::forget(std::string_view stream, std::uint64_t below) {
  return database_->write(
      [&] { return Query(database_->statement(Sql::forget)).bind_text(stream).bind(below).run(); });
}

Result<void> RecordLog::drop(std::string_view stream) {
  return database_->write([&] {
    return Query(database_->statement(Sql::forget))
        .bind_text(stream)
        .bind(kMaxSeq)
        .run()
        .and_then([&] { return Query(database_->statement(Sql::drop)).bind_text(stream).run(); });
  });
}

Result<std::vector<StoredRecord>> RecordLog::read(std::string_view stream, std::uint64_t from,
                                                  std::size_t max_records,
                                                  std::size_t max_bytes) const {
  std::vector<StoredRecord> records;
  Query query(database_->statement(Sql::read));
  query.bind_text(stream).bind(from).bind(max_records);
  for (std::size_t bytes = 0; bytes < max_bytes;) {
    const Result<bool> row = query.next_row();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    records.push_back({query.integer(0), std::string(stream), query.integer(1), query.bytes(2)});
    bytes += records.back().payload.size() + 1;
  }
  return records;
}

Result<void> RecordLog::scan(const std::function<Result<void>(const StoredRecord&)>& visit) const {
  Query query(database_->statement(Sql::scan));
  for (;;) {
    const Result<bool> row = query.next_row();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    const StoredRecord record{query.integer(0), query.bytes(1), query.integer(2), query.bytes(3)};
    if (Result<void> visited = visit(record); !visited) {
      return visited;
    }
  }
}

Result<void> RecordLog::set_note(std::string_view key, std::string_view value) {
  return database_->write([&] {
    return Query(database_->statement(Sql::set_note)).bind_text(key).bind_blob(value).run();
  });
}

Result<std::optional<std::string>> RecordLog::note(std::string_view key) const {
  Query query(database_->statement(Sql::note));
  const Result<bool> row = query.bind_text(key).next_row();
  if (!row) {
    return tl::unexpected(row.error());
  }
  return *row ? std::optional(query.bytes(0)) : std::nullopt;
}

Result<void> RecordLog::copy_to(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return fail(ErrorCode::conflict, fmt::format("{} exists already", path.string()));
  }
  if (database_->connection.in_transaction()) {
    return fail(ErrorCode::conflict, "a record log cannot be copied while a batch is open");
  }
  const Result<Statement> vacuum = database_->connection.prepare("VACUUM INTO ?1");
  if (!vacuum) {
    return tl::unexpected(vacuum.error());
  }
  const std::string target = path.string();
  if (Result<void> copied = Query(*vacuum).bind_text(target).run(); !copied) {
    return copied;
  }
  return sync_file(path);
}

}  // namespace ocibench::durable
