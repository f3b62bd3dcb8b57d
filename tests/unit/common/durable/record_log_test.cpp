#include "common/durable/record_log.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/durable/sqlite.hpp"
#include "common/file.hpp"
#include "common/units.hpp"

namespace ocibench::durable {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RecordLogTest : public testing::Test {
 protected:
  RecordLogTest() : directory_(TemporaryDirectory::create("/tmp", "record_log_test.").value()) {}

  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "spool.sqlite"; }
  [[nodiscard]] RecordLog open() const { return RecordLog::open(path()).value(); }
  [[nodiscard]] std::filesystem::path in_directory(const char* name) const {
    return directory_.path() / name;
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }

 private:
  TemporaryDirectory directory_;
};

void append(RecordLog& log, std::string_view stream, std::uint64_t count) {
  const std::uint64_t first = log.next_seq(stream).value();
  for (std::uint64_t seq = first; seq < first + count; ++seq) {
    ASSERT_EQ(log.append(stream, seq, std::to_string(seq)), Appended::stored);
  }
}

std::vector<std::string> payloads(const RecordLog& log) {
  std::vector<std::string> found;
  EXPECT_TRUE(log.scan([&](const StoredRecord& record) -> Result<void> {
    found.push_back(record.stream + ":" + record.payload);
    return {};
  }));
  return found;
}

std::vector<std::uint64_t> seqs(const std::vector<StoredRecord>& records) {
  std::vector<std::uint64_t> found;
  for (const StoredRecord& record : records) {
    found.push_back(record.seq);
  }
  return found;
}

template <class T>
Error error_of(const Result<T>& result) {
  return result ? Error{ErrorCode::internal, "no error"} : result.error();
}

// ---- streams

TEST_F(RecordLogTest, DropsAStreamWithItsNumberAndLeavesTheOthers) {
  RecordLog log = open();
  append(log, "a", 3);
  append(log, "b", 12);
  ASSERT_TRUE(log.forget("b", 1));
  ASSERT_EQ(log.streams()->size(), 2U);
  EXPECT_EQ(log.streams()->at(1).bytes, 9U + 2U * 2U) << "1 to 9, 10 and 11";
  ASSERT_TRUE(log.drop("b"));
  ASSERT_EQ(log.streams()->size(), 1U);
  EXPECT_THAT(payloads(log), ElementsAre("a:0", "a:1", "a:2"));
  EXPECT_EQ(log.next_seq("b"), 0U);
  EXPECT_EQ(log.append("b", 0, "anew"), Appended::stored);
}

TEST_F(RecordLogTest, StoresOnlyTheNextRecordOfAStream) {
  RecordLog log = open();
  EXPECT_EQ(log.next_seq("a"), 0U);
  EXPECT_EQ(log.append("a", 1, "early"), Appended::gap);
  EXPECT_EQ(log.append("a", 0, "first"), Appended::stored);
  EXPECT_EQ(log.append("a", 0, "again"), Appended::duplicate);
  EXPECT_EQ(log.append("a", 2, "early"), Appended::gap);
  EXPECT_EQ(log.append("b", 0, "other"), Appended::stored);
  EXPECT_EQ(log.next_seq("a"), 1U);
  EXPECT_THAT(payloads(log), ElementsAre("a:first", "b:other"));
}

TEST_F(RecordLogTest, KeepsEveryByteOfAPayload) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes.push_back(static_cast<char>(byte));
  }
  RecordLog log = open();
  ASSERT_TRUE(log.append("a", 0, bytes));
  ASSERT_TRUE(log.append("a", 1, ""));
  const auto records = log.read("a", 0, 10, kMiB).value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].payload, bytes);
  EXPECT_EQ(records[1].payload, "");
}

TEST_F(RecordLogTest, IsTheSameAfterReopening) {
  {
    RecordLog log = open();
    append(log, "a", 2);
    append(log, "b", 1);
    append(log, "a", 1);
  }
  RecordLog log = open();
  EXPECT_THAT(payloads(log), ElementsAre("a:0", "a:1", "b:0", "a:2"));
  EXPECT_EQ(log.append("a", 2, "again"), Appended::duplicate);
  EXPECT_EQ(log.next_seq("a"), 3U);
}

TEST_F(RecordLogTest, ForgettingDoesNotLowerTheNextSeqOrReuseAPosition) {
  std::uint64_t last_position = 0;
  {
    RecordLog log = open();
    append(log, "a", 4);
    last_position = log.read("a", 3, 1, kMiB).value().front().position;
    ASSERT_TRUE(log.forget("a", 4));
    EXPECT_TRUE(payloads(log).empty());
  }
  RecordLog log = open();
  EXPECT_EQ(log.next_seq("a"), 4U);
  EXPECT_EQ(log.append("a", 3, "again"), Appended::duplicate);
  append(log, "a", 1);
  EXPECT_GT(log.read("a", 0, 1, kMiB).value().front().position, last_position);
}

TEST_F(RecordLogTest, ForgetsOnlyBelowAndOnlyThatStream) {
  RecordLog log = open();
  append(log, "a", 3);
  append(log, "b", 1);
  ASSERT_TRUE(log.forget("a", 2));
  ASSERT_TRUE(log.forget("unknown", 9));
  EXPECT_THAT(payloads(log), ElementsAre("a:2", "b:0"));
}

TEST_F(RecordLogTest, UsesForgottenSpaceAgain) {
  RecordLog log = open();
  const std::string payload(kMiB, 'x');
  for (std::uint64_t seq = 0; seq < 40; ++seq) {
    ASSERT_TRUE(log.append("a", seq, payload));
    ASSERT_TRUE(log.forget("a", seq));
  }
  EXPECT_LT(std::filesystem::file_size(path()), 10 * kMiB);
}

TEST_F(RecordLogTest, ReadsInPiecesThatMakeProgress) {
  RecordLog log = open();
  append(log, "a", 5);
  EXPECT_THAT(seqs(log.read("a", 1, 2, kMiB).value()), ElementsAre(1, 2));
  EXPECT_THAT(seqs(log.read("a", 3, 99, 1).value()), ElementsAre(3));
  EXPECT_TRUE(log.read("a", 5, 99, kMiB).value().empty());
  EXPECT_TRUE(log.read("b", 0, 99, kMiB).value().empty());
}

TEST_F(RecordLogTest, ScanStopsAtTheVisitorsError) {
  RecordLog log = open();
  append(log, "a", 3);
  int visited = 0;
  const auto stopped = log.scan([&](const StoredRecord&) -> Result<void> {
    return ++visited == 2 ? Result<void>(fail(ErrorCode::limit, "enough")) : Result<void>();
  });
  EXPECT_EQ(error_of(stopped).message, "enough");
  EXPECT_EQ(visited, 2);
}

TEST_F(RecordLogTest, RemembersNotes) {
  RecordLog log = open();
  EXPECT_EQ(log.note("boot").value(), std::nullopt);
  ASSERT_TRUE(log.set_note("boot", "1"));
  ASSERT_TRUE(log.set_note("boot", "2"));
  EXPECT_EQ(log.note("boot").value(), "2");
}

// ---- batches

TEST_F(RecordLogTest, StoresABatchAsAWhole) {
  RecordLog log = open();
  ASSERT_TRUE(log.begin_batch());
  append(log, "a", 3);
  ASSERT_TRUE(log.commit_batch());
  EXPECT_EQ(RecordLog::open_read_only(path()).value().next_seq("a"), 3U);
}

TEST_F(RecordLogTest, LosesABatchThatWasNotCommitted) {
  {
    RecordLog log = open();
    append(log, "a", 1);
    ASSERT_TRUE(log.begin_batch());
    append(log, "a", 3);
  }
  EXPECT_THAT(payloads(open()), ElementsAre("a:0"));
}

TEST_F(RecordLogTest, DropsTheWholeBatchAfterAFailedAppend) {
  RecordLog log = open();
  ASSERT_TRUE(log.begin_batch());
  append(log, "a", 2);
  EXPECT_EQ(error_of(log.append("a", RecordLog::kMaxSeq, "")).code, ErrorCode::limit);
  EXPECT_EQ(error_of(log.append("a", 2, "")).code, ErrorCode::conflict);
  EXPECT_EQ(error_of(log.commit_batch()).code, ErrorCode::conflict);
  EXPECT_EQ(log.next_seq("a"), 0U);
  append(log, "a", 1);
  EXPECT_THAT(payloads(log), ElementsAre("a:0"));
}

// ---- disk

/// While it lives no file of this process can grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(RecordLogTest, LosesNothingCommittedWhenTheDiskIsFull) {
  RecordLog log = open();
  const std::string payload(20'000, 'x');
  std::uint64_t stored = 0;
  {
    const FileSizeLimit limit(kMiB);
    Result<Appended> appended = log.append("a", stored, payload);
    while (appended && stored < 1'000) {
      ++stored;
      appended = log.append("a", stored, payload);
    }
    EXPECT_EQ(error_of(appended).code, ErrorCode::io);
    EXPECT_EQ(log.next_seq("a"), stored);
  }
  ASSERT_GT(stored, 0U);
  EXPECT_EQ(log.append("a", stored, payload), Appended::stored);
  log = RecordLog::open(in_directory("other.sqlite")).value();  // lets go of the first
  EXPECT_EQ(open().read("a", 0, 10'000, 100 * kMiB).value().size(), stored + 1);
}

TEST_F(RecordLogTest, DropsABatchThatDoesNotFitOnTheDisk) {
  RecordLog log = open();
  append(log, "a", 1);
  {
    const FileSizeLimit limit(kMiB);
    ASSERT_TRUE(log.begin_batch());
    const std::string payload(kMiB, 'x');
    for (std::uint64_t seq = 1; seq < 20; ++seq) {
      (void)log.append("a", seq, payload);
    }
    EXPECT_FALSE(log.commit_batch());
  }
  EXPECT_THAT(payloads(log), ElementsAre("a:0"));
  append(log, "a", 1);
}

// ---- who may open what

TEST_F(RecordLogTest, RefusesASecondOpenerUntilTheFirstIsGone) {
  {
    const RecordLog log = open();
    const auto second = RecordLog::open(path());
    EXPECT_EQ(error_of(second).code, ErrorCode::conflict);
    EXPECT_THAT(error_of(second).message, HasSubstr("another process has the record log"));
  }
  EXPECT_TRUE(RecordLog::open(path()));
}

TEST_F(RecordLogTest, CanBeReadWhileItIsWritten) {
  RecordLog log = open();
  append(log, "a", 1);
  const RecordLog reader = RecordLog::open_read_only(path()).value();
  append(log, "a", 1);
  EXPECT_THAT(payloads(reader), ElementsAre("a:0", "a:1"));
}

TEST_F(RecordLogTest, RefusesWhatIsNotARecordLogAndLeavesItAlone) {
  ASSERT_TRUE(write_file_atomically(path(), std::string(5'000, 'x')));
  EXPECT_EQ(error_of(RecordLog::open(path())).code, ErrorCode::bad_input);
  EXPECT_THAT(error_of(RecordLog::open(path())).message, HasSubstr("is not a record log"));
  EXPECT_EQ(read_file(path(), kMiB), std::string(5'000, 'x'));
}

TEST_F(RecordLogTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_TRUE(Connection::open(path(), Access::read_write).value().execute("CREATE TABLE t (x)"));
  const std::string before = read_file(path(), kMiB).value();
  EXPECT_THAT(error_of(RecordLog::open(path())).message, HasSubstr("of another program"));
  EXPECT_EQ(read_file(path(), kMiB), before);
}

TEST_F(RecordLogTest, RefusesANewerSchemaAndNamesBoth) {
  (void)open();
  ASSERT_TRUE(
      Connection::open(path(), Access::read_write).value().execute("PRAGMA user_version = 2"));
  const auto log = RecordLog::open(path());
  EXPECT_EQ(error_of(log).code, ErrorCode::bad_input);
  EXPECT_THAT(error_of(log).message, HasSubstr("schema 2, this program knows 1"));
}

TEST_F(RecordLogTest, RefusesALogWithoutItsTables) {
  (void)open();
  ASSERT_TRUE(Connection::open(path(), Access::read_write).value().execute("DROP TABLE record"));
  EXPECT_EQ(error_of(RecordLog::open(path())).code, ErrorCode::bad_input);
}

TEST_F(RecordLogTest, SaysThatTheFileIsDamagedInsteadOfCrashing) {
  {
    RecordLog log = open();
    for (std::uint64_t seq = 0; seq < 50; ++seq) {
      ASSERT_TRUE(log.append("a", seq, std::string(3'000, 'x')));
    }
  }
  const std::string sound = read_file(path(), kMiB).value();
  for (std::size_t page = 1; page < sound.size() / 4'096; ++page) {
    std::string damaged = sound;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page * 4'096), 4'096, '\x5A');
    ASSERT_TRUE(write_file_atomically(in_directory("damaged.sqlite"), damaged));
    const auto log = RecordLog::open_read_only(in_directory("damaged.sqlite"));
    if (log) {
      (void)log->scan([](const StoredRecord&) { return Result<void>(); });
      (void)log->next_seq("a");
    } else {
      EXPECT_EQ(log.error().code, ErrorCode::bad_input);
    }
  }
}

TEST_F(RecordLogTest, CannotBeReadWhereNothingIs) {
  EXPECT_EQ(error_of(RecordLog::open_read_only(path())).code, ErrorCode::not_found);
  ASSERT_TRUE(write_file_atomically(path(), ""));
  EXPECT_EQ(error_of(RecordLog::open_read_only(path())).code, ErrorCode::bad_input);
  EXPECT_EQ(error_of(RecordLog::open(in_directory("absent/spool.sqlite"))).code, ErrorCode::io);
}

// ---- copies

TEST_F(RecordLogTest, CopiesItselfIntoASingleFileThatIsReadWithoutATrace) {
  RecordLog log = open();
  append(log, "a", 3);
  ASSERT_TRUE(log.forget("a", 1));
  ASSERT_TRUE(log.set_note("boot", "1"));
  std::filesystem::create_directory(in_directory("bundle"));
  const auto copy = in_directory("bundle") / "journal 100%?#.sqlite";
  ASSERT_TRUE(log.copy_to(copy));
  append(log, "a", 1);
  ASSERT_EQ(::chmod(in_directory("bundle").c_str(), 0555), 0);
  {
    const RecordLog reader = RecordLog::open_read_only(copy).value();
    EXPECT_THAT(payloads(reader), ElementsAre("a:1", "a:2"));
    EXPECT_EQ(reader.next_seq("a"), 3U);
    EXPECT_EQ(reader.note("boot").value(), "1");
    const auto entries = std::filesystem::directory_iterator(in_directory("bundle"));
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
  }
  ASSERT_EQ(::chmod(in_directory("bundle").c_str(), 0755), 0);
}

TEST_F(RecordLogTest, NeverOverwritesACopyOrCopiesAnOpenBatch) {
  RecordLog log = open();
  ASSERT_TRUE(log.copy_to(in_directory("copy.sqlite")));
  EXPECT_EQ(error_of(log.copy_to(in_directory("copy.sqlite"))).code, ErrorCode::conflict);
  ASSERT_TRUE(log.begin_batch());
  EXPECT_EQ(error_of(log.copy_to(in_directory("copy2.sqlite"))).code, ErrorCode::conflict);
}

TEST_F(RecordLogTest, DoesNotWriteThroughAReadOnlyLog) {
  { append(*std::make_unique<RecordLog>(open()), "a", 1); }
  RecordLog reader = RecordLog::open_read_only(path()).value();
  EXPECT_EQ(error_of(reader.append("a", 1, "")).code, ErrorCode::conflict);
  EXPECT_EQ(error_of(reader.set_note("k", "v")).code, ErrorCode::conflict);
  EXPECT_THAT(files(), ElementsAre("spool.sqlite", "spool.sqlite.lock"));
}

}  // namespace
}  // namespace ocibench::durable
