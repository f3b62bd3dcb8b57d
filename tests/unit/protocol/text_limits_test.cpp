#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/codec.hpp"
#include "protocol/crc32c.hpp"
#include "protocol/validate.hpp"

// What we put into a text is cut to what its kind may have; what comes in longer is refused.

namespace ocibench::protocol {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

const AttemptId kTold{TrialId{"cold/skopeo/r1"}, 1};
const std::string kTooLong(2 * kMaxLongTextBytes, 'x');

AgentRecord read_back(const AgentRecord& record) {
  const auto decoded = decode_agent_record(encode_record(record));
  EXPECT_TRUE(decoded) << decoded.error().message;
  return decoded.value_or(AgentRecord());
}

CoordinatorRecord read_back(const CoordinatorRecord& record) {
  const auto decoded = decode_stored_coordinator_record(encode_record(record));
  EXPECT_TRUE(decoded) << decoded.error().message;
  return decoded.value_or(CoordinatorRecord());
}

void expect_cut(const std::string& text, std::size_t size) {
  EXPECT_THAT(text, SizeIs(size));
  EXPECT_THAT(text, EndsWith("xx..."));
}

TEST(TextLimits, CutTheTextsOfAnIteration) {
  Iteration iteration{.outcome = {OutcomeKind::failed, kTooLong, kTooLong},
                      .network = NetworkUse{.interface = kTooLong},
                      .resources = ResourceUse{.source = kTooLong},
                      .last_log_lines = {"short", kTooLong},
                      .marks = {kTooLong}};
  iteration.verification.emplace().missing = {kTooLong};
  const auto kept = std::get<IterationFinished>(read_back(IterationFinished{kTold, iteration}));
  for (const std::string& text :
       {kept.iteration.outcome.cause, kept.iteration.outcome.evidence,
        kept.iteration.network->interface, kept.iteration.resources->source,
        kept.iteration.last_log_lines.at(1), kept.iteration.marks.at(0),
        kept.iteration.verification->missing.at(0)}) {
    expect_cut(text, kMaxTextBytes);
  }
  EXPECT_EQ(kept.iteration.last_log_lines.at(0), "short");
}

TEST(TextLimits, CutTheTextsOfEveryOtherRecordOfAnAgent) {
  const SubjectIdentity subject{.name = kTooLong,
                                .label = kTooLong,
                                .version = kTooLong,
                                .binaries = {{.path = kTooLong}},
                                .command = kTooLong,
                                .config_text = kTooLong};
  const auto started = std::get<TrialStarted>(read_back(
      TrialStarted{.id = kTold, .subject = subject, .environment = {{{"cpu.model", kTooLong}}}}));
  expect_cut(started.subject.label, kMaxTextBytes);
  expect_cut(started.subject.binaries.at(0).path, kMaxTextBytes);
  expect_cut(started.subject.command, kMaxLongTextBytes);
  expect_cut(started.subject.config_text, kMaxLongTextBytes);
  expect_cut(*started.environment.facts.at("cpu.model"), kMaxTextBytes);
  const auto phase =
      std::get<PhaseFinished>(read_back(PhaseFinished{.id = kTold, .note = kTooLong}));
  expect_cut(phase.note, kMaxTextBytes);
  const auto ended = std::get<TrialFinished>(
      read_back(TrialFinished{.id = kTold, .outcome = {OutcomeKind::not_run, kTooLong, ""}}));
  expect_cut(ended.outcome.cause, kMaxTextBytes);
  const auto seen = std::get<WireObserved>(read_back(WireObserved{
      .id = kTold, .observation = {.images = {{kTooLong, kTooLong}}, .user_agents = {kTooLong}}}));
  expect_cut(seen.observation.images.at(0).tag, kMaxTextBytes);
  expect_cut(seen.observation.user_agents.at(0), kMaxTextBytes);
}

TEST(TextLimits, CutTheTextsOfTheCoordinatorsRecords) {
  const auto lost =
      std::get<AttemptLost>(read_back(AttemptLost{.id = kTold, .at = {}, .cause = kTooLong}));
  expect_cut(lost.cause, kMaxTextBytes);
  const auto finished = std::get<CampaignFinished>(read_back(CampaignFinished{.reason = kTooLong}));
  expect_cut(finished.reason, kMaxTextBytes);
}

TEST(TextLimits, CutNoDocument) {
  CampaignStarted started{.campaign = CampaignId("c"), .campaign_toml = kTooLong};
  EXPECT_EQ(std::get<CampaignStarted>(read_back(started)).campaign_toml, kTooLong);
  started.plan_json.assign(kMaxDocumentBytes + 1, 'x');
  const auto valid = validate(CoordinatorRecord(started));
  ASSERT_FALSE(valid);
  EXPECT_THAT(valid.error().message, HasSubstr("campaign_started.plan_json: longer than 6 MiB"));
}

TEST(TextLimits, CutWhatIsNoUtf8OnlyAfterItIsMended) {
  const std::string bytes(kMaxTextBytes + 1, '\xFF');
  const auto lost =
      std::get<AttemptLost>(read_back(AttemptLost{.id = kTold, .at = {}, .cause = bytes}));
  EXPECT_THAT(lost.cause, SizeIs(kMaxTextBytes));
  EXPECT_THAT(lost.cause, EndsWith("??..."));
}

TEST(TextLimits, CutTheTextsOfMessages) {
  const auto hello = decode_agent_message(encode(
      AgentMessage{Hello{.agent = AgentName{"a"},
                         .boot = BootId{"b"},
                         .tools = {{.name = "skopeo", .version = kTooLong, .reason = kTooLong}}}}));
  ASSERT_TRUE(hello) << hello.error().message;
  expect_cut(std::get<Hello>(*hello).tools.at(0).reason, kMaxTextBytes);
  const auto bye = decode_agent_message(encode(AgentMessage{Goodbye{BootId{"b"}, kTooLong}}));
  ASSERT_TRUE(bye) << bye.error().message;
  expect_cut(std::get<Goodbye>(*bye).reason, kMaxTextBytes);
  const auto dismiss =
      decode_coordinator_message(encode(CoordinatorMessage{Dismiss{BootId{"b"}, kTooLong, true}}));
  ASSERT_TRUE(dismiss) << dismiss.error().message;
  expect_cut(std::get<Dismiss>(*dismiss).reason, kMaxTextBytes);
}

/// A Goodbye as a peer may send it whose encoder has no limits.
std::string goodbye_frame(std::size_t reason_bytes) {
  std::string frame = encode(AgentMessage{Goodbye{BootId{"b"}, ""}});
  std::string payload = frame.substr(16, 5);
  BoundedWriter writer(payload);
  writer.put_count(reason_bytes);
  payload.append(reason_bytes, 'x');
  std::string header = frame.substr(0, 8);
  BoundedWriter rest(header);
  rest.put(static_cast<std::uint32_t>(payload.size()));
  rest.put(crc32c(payload));
  return header + payload;
}

TEST(TextLimits, HoldForWhatPeersSend) {
  EXPECT_TRUE(decode_agent_message(goodbye_frame(kMaxTextBytes)));
  for (const std::size_t size : {kMaxTextBytes + 1, std::size_t{kMiB}}) {
    const auto refused = decode_agent_message(goodbye_frame(size));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message,
                HasSubstr(fmt::format("goodbye.reason: a text of {} bytes, more than 4096", size)));
  }
}

}  // namespace
}  // namespace ocibench::protocol
