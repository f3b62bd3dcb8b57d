#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/agent_loop.hpp"
#include "common/file.hpp"
#include "protocol/codec.hpp"
#include "tests/support/simulated_network.hpp"

namespace ocibench::agent {
namespace {

using testing::HasSubstr;

class NoTrials final : public TrialRunner {
 public:
  Result<void> run(const Assignment&, TrialReporter&, const Cancellation&) override { return {}; }
};

/// A spool in a folder of its own that holds one record, in the given format.
class SpoolOfFormat {
 public:
  explicit SpoolOfFormat(std::uint16_t format) {
    std::string record = protocol::encode_record(
        AgentRecord(TrialFinished{.id = {TrialId("cold/skopeo/r1"), 1}, .outcome = {}}));
    record[4] = static_cast<char>(format);
    EXPECT_TRUE(spool_.append("campaign-1/boot-1", 0, record));
  }

  Result<void> start() {
    testing_support::SimulatedNetwork network(1);
    const auto client = network.client(AgentName("lane-1"));
    const SystemClock clock;
    NoTrials trials;
    const auto loop = AgentLoop::create({.name = AgentName("lane-1"), .boot = BootId("boot-2")},
                                        {.clock = clock,
                                         .transport = *client,
                                         .spool = spool_,
                                         .trials = trials,
                                         .why_stopped = nullptr});
    return loop ? Result<void>() : tl::unexpected(loop.error());
  }

  std::uint64_t kept() {
    const auto streams = *spool_.streams();
    return streams.front().next - streams.front().first;
  }

 private:
  TemporaryDirectory folder_ =
      *TemporaryDirectory::create(std::filesystem::temp_directory_path(), "spool-");
  durable::RecordLog spool_ = *durable::RecordLog::open(folder_.path() / "spool.sqlite");
};

TEST(SpoolFormat, StartsOnASpoolOfItsOwnFormat) {
  const auto started = SpoolOfFormat(protocol::kRecordFormat).start();
  EXPECT_TRUE(started) << started.error().message;
}

TEST(SpoolFormat, LeavesRecordsOfAnotherFormatAloneAndSaysWhatToDo) {
  for (const int format : {protocol::kRecordFormat - 1, protocol::kRecordFormat + 1}) {
    SpoolOfFormat spool(static_cast<std::uint16_t>(format));
    const auto started = spool.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::conflict);
    EXPECT_THAT(started.error().message,
                HasSubstr(fmt::format("1 records of campaign campaign-1 are not delivered yet, and "
                                      "they are of record format {}",
                                      format)));
    EXPECT_THAT(started.error().message, HasSubstr("another --state-dir"));
    EXPECT_EQ(spool.kept(), 1U);
  }
}

}  // namespace
}  // namespace ocibench::agent
