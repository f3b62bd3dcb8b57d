#include "common/durable/log_file.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace ocibench::durable {
namespace {

constexpr std::uint64_t kApplicationId = 0x4F434942;  // "OCIB"
constexpr std::uint64_t kSchemaVersion = 1;

constexpr const char* kWriterSettings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;";

// AUTOINCREMENT: a position is never used twice, also after forgetting.
constexpr const char* kCreateSchema = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                       next_seq INTEGER NOT NULL);
  CREATE TABLE record (position INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,
                       seq INTEGER NOT NULL, payload BLOB NOT NULL, UNIQUE (stream, seq));
  CREATE TABLE note (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = 1329809730;
  PRAGMA user_version = 1;
  COMMIT;)";
static_assert(kApplicationId == 1329809730 && kSchemaVersion == 1);

enum class Content { record_log, nothing };

/// What is in the file. Errors: bad_input unless it is a record log of this schema or nothing at
/// all.
Result<Content> identify(Connection& connection, const std::filesystem::path& path) {
  const auto application = connection.query_integer("PRAGMA application_id");
  const auto schema = connection.query_integer("PRAGMA user_version");
  const auto tables = connection.query_integer("SELECT count(*) FROM sqlite_schema");
  for (const auto* fact : {&application, &schema, &tables}) {
    if (!*fact) {
      return fail(fact->error(), fmt::format("{} is not a record log", path.string()));
    }
  }
  if (*application == 0 && *schema == 0 && *tables == 0) {
    return Content::nothing;
  }
  if (*application != kApplicationId) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{} is an SQLite file of another program, not a record log", path.string()));
  }
  if (*schema != kSchemaVersion) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{} has record log schema {}, this program knows {}; use the version of "
                    "ocibench that wrote it",
                    path.string(), *schema, kSchemaVersion));
  }
  return Content::record_log;
}

Result<void> prepare_for_writing(Connection& connection, Content content) {
  if (auto set = connection.execute(kWriterSettings); !set) {
    return set;
  }
  return content == Content::nothing ? connection.execute(kCreateSchema) : Result<void>();
}

}  // namespace

/// flock, not fcntl: SQLite opens and closes the database file itself, which would drop a POSIX
/// lock.
Result<Fd> lock_beside(const std::filesystem::path& path) {
  const std::string name = path.string() + ".lock";
  Fd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) {
    return fail_errno(fmt::format("cannot open {}", name), errno);
  }
  // Not a POSIX lock: it would go with any other descriptor of the file that is closed.
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(ErrorCode::conflict,
                  fmt::format("another process has the record log {} open; wait until it ends, or "
                              "use another directory",
                              path.string()));
    }
    return fail_errno(fmt::format("cannot lock {}", name), errno);
  }
  return fd;
}

Result<Connection> open_log_file(const std::filesystem::path& path, Access access) {
  std::error_code ignored;
  if (access == Access::read_only && !std::filesystem::exists(path, ignored)) {
    return fail(ErrorCode::not_found, fmt::format("no such record log: {}", path.string()));
  }
  Result<Connection> connection = Connection::open(path, access);
  if (!connection) {
    return connection;
  }
  const Result<Content> content = identify(*connection, path);
  if (!content) {
    return tl::unexpected(content.error());
  }
  if (access == Access::read_write) {
    const Result<void> ready = prepare_for_writing(*connection, *content);
    return ready ? std::move(connection) : tl::unexpected(ready.error());
  }
  if (*content == Content::nothing) {
    return fail(ErrorCode::bad_input, fmt::format("{} holds no record log", path.string()));
  }
  return connection;
}

}  // namespace ocibench::durable
