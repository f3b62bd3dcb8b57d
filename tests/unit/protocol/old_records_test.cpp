#include "protocol/old_records.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/hex.hpp"
#include "common/units.hpp"
#include "protocol/codec.hpp"
#include "protocol/validate.hpp"
#include "tests/support/message_examples.hpp"

namespace ocibench::protocol {
namespace {

using testing::HasSubstr;
using testing_support::Example;

constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kKindAt = 6;

/// What a program of record format 5 wrote for an example. Nothing writes these files any more.
std::string frame_of_format_5(const std::string& name) {
  const auto path = std::filesystem::path(OCIBENCH_SOURCE_DIR) / "tests/golden/protocol" /
                    "record-format-5" / (name + ".hex");
  std::string hex = *read_file(path, kMiB);
  std::erase(hex, '\n');
  return *from_hex(hex);
}

/// The example as far as format 5 could hold it.
AgentRecord as_of_format_5(AgentRecord record) {
  if (auto* finished = std::get_if<IterationFinished>(&record)) {
    if (finished->iteration.verification) {
      finished->iteration.verification->content_sha256.clear();
    }
  }
  return record;
}

std::string with_byte(std::string frame, std::size_t at, int value) {
  frame[at] = static_cast<char>(value);
  return frame;
}

std::string stored_refusal(std::string_view frame) {
  const auto record = decode_stored_agent_record(frame);
  return record ? "accepted" : record.error().message;
}

TEST(OldRecords, OfFormat5AreReadFromAJournal) {
  for (const Example<AgentRecord>& example : testing_support::agent_records()) {
    EXPECT_EQ(decode_stored_agent_record(frame_of_format_5(example.name)),
              as_of_format_5(example.message))
        << example.name;
  }
  for (const Example<CoordinatorRecord>& example : testing_support::coordinator_records()) {
    EXPECT_EQ(decode_stored_coordinator_record(frame_of_format_5(example.name)), example.message)
        << example.name;
  }
}

TEST(OldRecords, AreNotTakenFromAnAgent) {
  for (const Example<AgentRecord>& example : testing_support::agent_records()) {
    const auto record = decode_agent_record(frame_of_format_5(example.name));
    ASSERT_FALSE(record) << example.name;
    EXPECT_THAT(record.error().message,
                HasSubstr("the record is of format 5, and only records of"));
  }
}

TEST(OldRecords, HaveTheKindsOfTheirFormatOnly) {
  const std::string old = frame_of_format_5("iteration_finished");
  EXPECT_EQ(stored_refusal(old), "accepted");
  EXPECT_THAT(stored_refusal(with_byte(old, kVersionAt, kRecordFormat)), HasSubstr("kind: 67"));
  EXPECT_THAT(stored_refusal(with_byte(old, kKindAt, 71)), HasSubstr("kind: 71"));
  const auto evasion = decode_agent_record(with_byte(old, kVersionAt, kRecordFormat));
  ASSERT_FALSE(evasion);
  EXPECT_THAT(evasion.error().message, HasSubstr("kind: 67"));
}

TEST(OldRecords, AreRefusedWhenCutAnywhere) {
  const std::string old = frame_of_format_5("iteration_finished");
  for (std::size_t size = 0; size < old.size(); ++size) {
    EXPECT_NE(stored_refusal(old.substr(0, size)), "accepted") << size;
  }
}

TEST(OldRecords, OfANewerOrOlderFormatAreNamed) {
  const std::string old = frame_of_format_5("trial_finished");
  EXPECT_EQ(stored_refusal(with_byte(old, kVersionAt, 9)),
            "made by a newer ocibench (record format 9); this one reads up to 6");
  EXPECT_EQ(stored_refusal(with_byte(old, kVersionAt, 4)),
            "made by an older ocibench (record format 4); this one reads 5 to 6");
  EXPECT_EQ(record_format(with_byte(old, kVersionAt, 9)), 9);
  EXPECT_EQ(record_format(old), 5);
  EXPECT_FALSE(record_format("no record"));
}

TEST(Records, HoldTheContentsHashOnlyInFull) {
  for (const std::string& hash :
       {std::string("short"), std::string(64, 'F'), std::string(65, 'f')}) {
    Iteration iteration;
    iteration.verification.emplace().content_sha256 = hash;
    const auto valid = validate(
        AgentRecord(IterationFinished{AttemptId{TrialId{"cold/skopeo/r1"}, 1}, iteration}));
    ASSERT_FALSE(valid) << hash;
    EXPECT_THAT(valid.error().message, HasSubstr("verification.content_sha256"));
  }
}

}  // namespace
}  // namespace ocibench::protocol
