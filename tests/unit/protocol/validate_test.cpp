#include "protocol/validate.hpp"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/message_examples.hpp"

namespace ocibench::protocol {
namespace {

using testing::StartsWith;

const AttemptId kAttempt{TrialId{"cold/skopeo/r1"}, 1};

template <class Message>
std::string refusal_of(const Message& message) {
  const Result<void> valid = validate(message);
  return valid ? "valid" : valid.error().message;
}

std::string refusal_of_record(const AgentRecord& record) { return refusal_of(record); }

IterationFinished iteration() { return {kAttempt, Iteration{}}; }

TEST(Validate, AcceptsEveryExample) {
  for (const auto& example : testing_support::agent_messages()) {
    EXPECT_EQ(refusal_of(example.message), "valid") << example.name;
  }
  for (const auto& example : testing_support::agent_records()) {
    EXPECT_EQ(refusal_of(example.message), "valid") << example.name;
  }
}

TEST(Validate, RefusesNumbersThatAreNotFinite) {
  IterationFinished finished = iteration();
  finished.iteration.network = NetworkUse{};
  finished.iteration.network->idle_tx_bytes_per_s = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(refusal_of_record(finished), StartsWith("network.idle_tx_bytes_per_s: not a finite"));
}

TEST(Validate, RefusesDurationsBelowZeroOrThatCouldOverflow) {
  PhaseFinished finished{.id = kAttempt, .took = std::chrono::nanoseconds(-1)};
  EXPECT_THAT(refusal_of_record(finished), StartsWith("phase_finished.took: a negative"));
  finished.took = std::chrono::nanoseconds::max();
  EXPECT_THAT(refusal_of_record(finished), StartsWith("phase_finished.took: a duration of more"));
}

TEST(Validate, RefusesTimesThatNoCalendarShows) {
  TrialFinished finished{.id = kAttempt, .at = WallTime::max()};
  EXPECT_THAT(refusal_of_record(finished), StartsWith("trial_finished.at: not a time"));
}

TEST(Validate, RefusesEnumeratorsThatDoNotExist) {
  PhaseFinished finished{.id = kAttempt, .phase = static_cast<Phase>(6)};
  EXPECT_THAT(refusal_of_record(finished), StartsWith("phase_finished.phase: no such"));
}

TEST(Validate, RefusesIterationsAndAttemptsCountedFromZero) {
  IterationFinished finished = iteration();
  finished.iteration.index = 0;
  EXPECT_THAT(refusal_of_record(finished), StartsWith("iteration.index"));
  finished = iteration();
  finished.id.attempt = 0;
  EXPECT_THAT(refusal_of_record(finished), StartsWith("attempt_id.attempt"));
}

TEST(Validate, RefusesArtifactsThatWouldLeaveTheirFolder) {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "../a", "a\\b", "a b", "a\n"}) {
    EXPECT_THAT(refusal_of_record(ArtifactChunk{.id = kAttempt, .name = name}),
                StartsWith("artifact_chunk.name"))
        << name;
  }
  EXPECT_EQ(refusal_of_record(ArtifactChunk{.id = kAttempt, .name = "stderr.log.gz"}), "valid");
}

TEST(Validate, BoundsTheSizeOfAnArtifact) {
  ArtifactChunk chunk{.id = kAttempt, .name = "a"};
  chunk.bytes.assign(ArtifactChunk::kMaxBytes + 1, 'x');
  EXPECT_THAT(refusal_of_record(chunk), StartsWith("artifact_chunk.bytes"));
  chunk.bytes.clear();
  chunk.offset = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THAT(refusal_of_record(chunk), StartsWith("artifact_chunk.offset"));
}

TEST(Validate, BoundsLists) {
  IterationFinished finished = iteration();
  finished.iteration.marks.assign(kMaxListElements + 1, "");
  EXPECT_THAT(refusal_of_record(finished), StartsWith("iteration.marks: more"));
}

TEST(Validate, LeavesRoomAroundARecordInAFrame) {
  AgentMessage message = RecordMessage{CampaignId{"c"}, BootId{std::string(64, 'b')}, 0,
                                       std::string(kMaxRecordBytes, 'x')};
  EXPECT_LE(encode(message).size(), kMaxFrameBytes);
  std::get<RecordMessage>(message).payload += 'x';
  EXPECT_THAT(refusal_of(message), StartsWith("record.payload"));
}

TEST(Validate, RefusesSequenceNumbersThatTheJournalCannotHold) {
  const CoordinatorMessage message = Ack{BootId{"b"}, std::numeric_limits<std::uint64_t>::max()};
  EXPECT_THAT(refusal_of(message), StartsWith("ack.next_seq"));
}

}  // namespace
}  // namespace ocibench::protocol
