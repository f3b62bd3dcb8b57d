// The coordinator's shell between a scripted transport and a real journal on disk, read by a second
// connection, which sees only what is committed.

#include "coordinator/coordinator_loop.hpp"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using protocol::AgentMessage;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kOnlyTrial = "cold/skopeo/r1";

class SetClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override {
    return WallTime(std::chrono::seconds(1'000'000)) +
           std::chrono::floor<milliseconds>(now_.time_since_epoch());
  }
  void pass(milliseconds time) { now_ += time; }

 private:
  MonoTime now_{std::chrono::seconds(100)};
};

std::uint64_t committed(const std::filesystem::path& journal, std::string_view stream) {
  return durable::RecordLog::open_read_only(journal).value().next_seq(stream).value();
}

/// Gives the frames of its script batch by batch, and looks at each frame that leaves whether what
/// it claims is in the journal by then.
class ScriptedTransport final : public protocol::Transport {
 public:
  ScriptedTransport(SetClock& clock, std::filesystem::path journal)
      : clock_(clock), journal_(std::move(journal)) {}

  void script(std::vector<std::string> batch) { script_.push_back(std::move(batch)); }

  Result<void> send(const AgentName& peer, std::string_view frame) override {
    const auto message = protocol::decode_coordinator_message(frame).value();
    if (const auto* ack = std::get_if<protocol::Ack>(&message)) {
      acknowledged = std::max(acknowledged, ack->next_seq);
      if (committed(journal_, agent_stream_name(peer, ack->boot)) < ack->next_seq) {
        too_early.emplace_back("Ack " + std::to_string(ack->next_seq));
      }
    }
    // CampaignStarted is the first record of the coordinator's own, TrialLeased the second.
    if (std::holds_alternative<protocol::Assign>(message) &&
        committed(journal_, kCoordinatorStream) < 2) {
      too_early.emplace_back("Assign");
    }
    const auto* dismiss = std::get_if<protocol::Dismiss>(&message);
    if (dismiss != nullptr && dismiss->reason == Dispatcher::kOver &&
        committed(journal_, kCoordinatorStream) < 3) {
      too_early.emplace_back("Dismiss");
    }
    return {};
  }
  Result<std::vector<protocol::Incoming>> receive(milliseconds timeout,
                                                  const std::vector<int>&) override {
    clock_.pass(timeout);
    std::vector<protocol::Incoming> batch;
    if (!script_.empty()) {
      for (std::string& frame : script_.front()) {
        batch.push_back({kOne, std::move(frame)});
      }
      script_.pop_front();
    }
    return batch;
  }

  std::uint64_t acknowledged = 0;
  std::vector<std::string> too_early;

 private:
  SetClock& clock_;
  std::filesystem::path journal_;
  std::deque<std::vector<std::string>> script_;
};

class CoordinatorLoopTest : public testing::Test {
 protected:
  static std::string frame(const AgentMessage& message) { return protocol::encode(message); }
  static std::string hello() {
    return frame(protocol::Hello{
        .agent = kOne,
        .boot = BootId("b1"),
        .tools = {{.name = "skopeo", .definition_sha256 = "skopeo-sha", .usable = true}}});
  }
  static std::string record(std::uint64_t seq, const AgentRecord& record) {
    return frame(protocol::RecordMessage{.campaign = CampaignId("c"),
                                         .boot = BootId("b1"),
                                         .seq = seq,
                                         .payload = protocol::encode_record(record)});
  }
  Finish run() {
    Dispatcher dispatcher(CampaignId("c"), plan_of({"skopeo"}));
    Progress progress(ProgressStyle::none, clock_.now());
    CoordinatorLoop loop(
        dispatcher,
        {.clock = clock_, .transport = transport_, .journal = journal_, .progress = progress});
    return loop.run(CampaignStarted{.campaign = CampaignId("c")}).value();
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "loop-").value();
  SetClock clock_;
  std::filesystem::path path_ = directory_.path() / "journal.sqlite";
  durable::RecordLog journal_ = durable::RecordLog::open(path_).value();
  ScriptedTransport transport_{clock_, path_};
};

TEST_F(CoordinatorLoopTest, CommitsARecordBeforeItsAcknowledgementLeaves) {
  transport_.script({hello()});
  transport_.script({record(0, TrialStarted{.id = attempt(kOnlyTrial, 1)})});
  transport_.script({record(1, PhaseFinished{.id = attempt(kOnlyTrial, 1)}),
                     record(2, TrialFinished{.id = attempt(kOnlyTrial, 1)})});
  EXPECT_EQ(run().reason, "");
  EXPECT_EQ(transport_.acknowledged, 3U);
  EXPECT_THAT(transport_.too_early, IsEmpty());
}

TEST_F(CoordinatorLoopTest, KeepsAFewLinesOfAFloodOfBadFrames) {
  for (int batch = 0; batch < 100; ++batch) {
    std::vector<std::string> frames;
    for (int i = 0; i < 1'000; ++i) {
      frames.push_back("rubbish " + std::to_string(batch * 1'000 + i));
    }
    transport_.script(std::move(frames));
  }
  testing::internal::CaptureStderr();
  run();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("dropped a frame of one"));
  EXPECT_THAT(log, HasSubstr("(100000 times)"));
  EXPECT_LT(log.size(), 4'000U);
}

TEST_F(CoordinatorLoopTest, KeepsTheJournalSmallWhateverAnAgentSendsThatWasGivenNothing) {
  const ArtifactChunk chunk{.id = attempt("cold/other/r1", 1),
                            .name = "flood",
                            .bytes = std::string(ArtifactChunk::kMaxBytes, 'x')};
  transport_.script({hello()});
  for (std::uint64_t seq = 0; seq < 40; ++seq) {
    transport_.script({record(0, chunk), hello()});
  }
  testing::internal::CaptureStderr();
  run();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_LT(std::filesystem::file_size(path_), 1'000'000U);
  EXPECT_LT(log.size(), 4'000U);
  EXPECT_EQ(committed(path_, agent_stream_name(kOne, BootId("b1"))), 0U);
  const auto note = journal_.note("turned away/one").value();
  EXPECT_THAT(note.value_or(""), HasSubstr("cold/other/r1, which it was never given"));
}

}  // namespace
}  // namespace ocibench::coordinator
