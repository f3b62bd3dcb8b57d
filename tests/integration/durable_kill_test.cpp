#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "common/durable/record_log.hpp"
#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/units.hpp"

namespace ocibench::durable {
namespace {

constexpr std::array<const char*, 2> kStreams = {"agent/1", "agent/2"};
constexpr int kKills = 10;
constexpr std::uint64_t kMaxReportsBeforeKill = 200;

/// What the writer says on its pipe once an append (or a batch) has returned.
struct Acknowledged {
  std::uint32_t stream = 0;
  std::uint64_t next_seq = 0;
};

std::string payload_of(std::uint64_t seq) {
  return std::to_string(seq) + std::string(static_cast<std::size_t>(seq % 5'000), 'p');
}

/// Appends for ever, now and then in batches; runs in a child that is killed.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, int report_fd) {
  Result<RecordLog> log = RecordLog::open(path);
  std::array<std::uint64_t, kStreams.size()> next{};
  for (std::uint32_t stream = 0; log && stream < kStreams.size(); ++stream) {
    next[stream] = log->next_seq(kStreams[stream]).value();
  }
  for (std::uint64_t round = 0; log; ++round) {
    const auto stream = static_cast<std::uint32_t>(round % kStreams.size());
    const std::uint64_t batch = round % 7 == 0 ? 5 : 1;
    bool stored = batch == 1 || log->begin_batch().has_value();
    for (std::uint64_t i = 0; stored && i < batch; ++i, ++next[stream]) {
      stored =
          log->append(kStreams[stream], next[stream], payload_of(next[stream])) == Appended::stored;
    }
    stored = stored && (batch == 1 || log->commit_batch().has_value());
    const Acknowledged said{stream, next[stream]};
    if (!stored || ::write(report_fd, &said, sizeof said) != sizeof said) {
      break;
    }
  }
  ::_exit(1);
}

/// Runs the writer until it has reported `reports` times and a moment more; returns the last
/// reports.
void run_and_kill(const std::filesystem::path& path, std::uint64_t reports,
                  std::array<std::uint64_t, kStreams.size()>& acknowledged) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    write_until_killed(path, writing.get());
  }
  writing.reset();
  Acknowledged said;
  for (std::uint64_t i = 0; ::read(reading.get(), &said, sizeof said) == sizeof said; ++i) {
    acknowledged[said.stream] = said.next_seq;
    if (i == reports) {
      ::kill(child, SIGKILL);
    }
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
}

TEST(DurableKill, KeepsEverythingAcknowledgedThroughTenKills) {
  const TemporaryDirectory directory = TemporaryDirectory::create("/tmp", "durable_kill.").value();
  const std::filesystem::path path = directory.path() / "journal.sqlite";
  std::mt19937 random(20261121);  // NOLINT(cert-msc51-cpp): the same instants in every run
  std::array<std::uint64_t, kStreams.size()> acknowledged{};
  for (int kill = 0; kill < kKills; ++kill) {
    run_and_kill(path, random() % kMaxReportsBeforeKill, acknowledged);
    const RecordLog log = RecordLog::open(path).value();
    for (std::size_t stream = 0; stream < kStreams.size(); ++stream) {
      const std::uint64_t next = log.next_seq(kStreams[stream]).value();
      EXPECT_GE(next, acknowledged[stream]);
      const auto records = log.read(kStreams[stream], 0, 1'000'000, 1'000 * kMiB).value();
      ASSERT_EQ(records.size(), next);
      for (std::uint64_t seq = 0; seq < next; ++seq) {
        ASSERT_EQ(records[seq].seq, seq);
        ASSERT_EQ(records[seq].payload, payload_of(seq));
      }
    }
  }
  EXPECT_GT(acknowledged[0], 0U);
}

}  // namespace
}  // namespace ocibench::durable
