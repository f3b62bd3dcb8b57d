#include "common/durable/sqlite.hpp"

#include <algorithm>
#include <limits>
#include <system_error>

#include <fmt/format.h>
#include <sqlite3.h>

namespace ocibench::durable {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

ErrorCode code_for(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // a table or column is missing
    case SQLITE_SCHEMA:
    case SQLITE_TOOBIG: return ErrorCode::bad_input;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY: return ErrorCode::conflict;
    case SQLITE_MISUSE: return ErrorCode::internal;
    default: return ErrorCode::io;
  }
}

tl::unexpected<Error> failure(sqlite3* connection) {
  const char* name = sqlite3_db_filename(connection, "main");
  return fail(
      code_for(sqlite3_errcode(connection)),
      fmt::format("record log {}: {}", name == nullptr ? "" : name, sqlite3_errmsg(connection)));
}

/// https://www.sqlite.org/uri.html
std::string uri_of(const std::filesystem::path& path, std::string_view query) {
  std::string uri = "file:";
  for (const char c : path.string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri.append(query);
}

bool has_write_ahead_log(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path.string() + "-wal", ignored);
}

void harden(sqlite3* connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, Connection::kMaxValueBytes);
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  sqlite3_extended_result_codes(connection, 0);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::uint64_t value) {
  constexpr std::uint64_t kMax = std::numeric_limits<sqlite3_int64>::max();
  sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(std::min(value, kMax)));
  return *this;
}

Query& Query::bind_text(std::string_view text) {
  // A null pointer would bind NULL, and an empty view may have one.
  sqlite3_bind_text64(statement_, ++bound_, text.empty() ? "" : text.data(), text.size(), nullptr,
                      SQLITE_UTF8);
  return *this;
}

Query& Query::bind_blob(std::string_view bytes) {
  sqlite3_bind_blob64(statement_, ++bound_, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      nullptr);
  return *this;
}

Result<bool> Query::next_row() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  return failure(sqlite3_db_handle(statement_));
}

Result<void> Query::run() {
  const Result<bool> stepped = next_row();
  return stepped ? Result<void>() : tl::unexpected(stepped.error());
}

std::uint64_t Query::integer(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

std::string Query::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

void Connection::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Connection> Connection::open(const std::filesystem::path& path, Access access) {
  // Without a write-ahead log nobody writes: "immutable" then needs no -shm file and no lock.
  const bool immutable = access == Access::read_only && !has_write_ahead_log(path);
  const int flags = access == Access::read_only ? SQLITE_OPEN_READONLY
                                                : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(uri_of(path, immutable ? "?immutable=1" : "").c_str(), &raw,
                                   flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (code != SQLITE_OK) {
    return fail(code_for(code),
                fmt::format("cannot open the record log {}: {}", path.string(),
                            raw == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(raw)));
  }
  harden(raw);
  return connection;
}

Result<void> Connection::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(connection_.get());
  }
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return failure(connection_.get());
  }
  return Statement(statement);
}

Result<std::uint64_t> Connection::query_integer(std::string_view sql) {
  const Result<Statement> statement = prepare(sql);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  Query query(*statement);
  const Result<bool> row = query.next_row();
  if (!row) {
    return tl::unexpected(row.error());
  }
  return *row ? query.integer(0) : 0;
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

}  // namespace ocibench::durable
