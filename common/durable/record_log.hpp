#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench::durable {

enum class Appended { stored, duplicate, gap };

struct StoredRecord {
  std::uint64_t position = 0;  ///< order of writing over all streams, ascending
  std::string stream;
  std::uint64_t seq = 0;
  std::string payload;
};

/// What is kept of a stream: records [first, next).
struct StreamExtent {
  std::string stream;
  std::uint64_t first = 0;  ///< the lowest that is not forgotten; equals `next` when none is left
  std::uint64_t next = 0;
  std::uint64_t bytes = 0;  ///< of the payloads that are kept
};

/// Streams of records, each contiguous from 0, on SQLite (WAL, synchronous FULL). What append() or
/// a Batch's commit() has returned for survives SIGKILL and power loss. It is the agent's spool
/// and the coordinator's journal.
///
/// One process at a time: open() takes an exclusive lock that dies with the process.
/// Not thread-safe.
class RecordLog {
 public:
  /// Creates the file if absent. Errors: io, conflict (another process has it open), bad_input (not
  /// a record log, or a newer schema).
  static Result<RecordLog> open(const std::filesystem::path& path);
  /// For reports and `verify`: no lock, no write. Errors: as open, not_found.
  static Result<RecordLog> open_read_only(const std::filesystem::path& path);

  RecordLog(RecordLog&&) noexcept;
  RecordLog& operator=(RecordLog&&) noexcept;
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;
  ~RecordLog();

  /// Stores `payload` as `seq` of `stream` if that is the next one; commits (or joins the open
  /// batch). Errors: io (a full disk too), conflict (read-only, or the batch was dropped), limit
  /// (seq or payload too large). After an error nothing of it is stored.
  Result<Appended> append(std::string_view stream, std::uint64_t seq, std::string_view payload);

  /// Several appends, one fsync. An append that fails drops the whole batch, and so does
  /// commit_batch() when it fails: nothing since begin_batch() is then stored.
  Result<void> begin_batch();
  Result<void> commit_batch();

  /// The seq that append() would store next: 0 for a new stream. Forgetting does not lower it.
  [[nodiscard]] Result<std::uint64_t> next_seq(std::string_view stream) const;

  /// Every stream, in the order of their first records.
  [[nodiscard]] Result<std::vector<StreamExtent>> streams() const;

  /// Drops records with seq < `below`; the space is used again.
  Result<void> forget(std::string_view stream, std::uint64_t below);

  /// Drops a stream and its number: the next append() to it is its record 0 again.
  Result<void> drop(std::string_view stream);

  /// Reads records of one stream from `from`, at most `max_records` and about `max_bytes`.
  [[nodiscard]] Result<std::vector<StoredRecord>> read(std::string_view stream, std::uint64_t from,
                                                       std::size_t max_records,
                                                       std::size_t max_bytes) const;

  /// Visits every record in the order of writing; stops at the first error the visitor returns.
  Result<void> scan(const std::function<Result<void>(const StoredRecord&)>& visit) const;

  /// Small facts beside the records (endpoint, boot id). Empty optional when never set.
  Result<void> set_note(std::string_view key, std::string_view value);
  [[nodiscard]] Result<std::optional<std::string>> note(std::string_view key) const;

  /// Writes everything into one new file without a write-ahead log, fit for a read-only bundle.
  /// Errors: io, conflict (the file exists already, or a batch is open).
  Result<void> copy_to(const std::filesystem::path& path);

  static constexpr std::uint64_t kMaxSeq = std::uint64_t{1} << 62;
  static constexpr std::size_t kMaxPayloadBytes = 32 * 1024 * 1024;

 private:
  struct Database;
  explicit RecordLog(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace ocibench::durable
