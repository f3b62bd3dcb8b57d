#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/dispatch/stream_names.hpp"
#include "coordinator/progress.hpp"
#include "protocol/bounded_archive.hpp"
#include "protocol/validate.hpp"
#include "tests/unit/coordinator/dispatcher_fixture.hpp"

// The largest and the nastiest that an agent may legally send: it goes into records that can be
// read again, and to the terminal without steering it.

namespace ocibench::coordinator {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const std::string kLongest(protocol::kMaxTextBytes, 'x');
const TrialId kLongestTrial{std::string(kMaxTrialIdBytes, 't')};
const BootId kLongestBoot{std::string(kMaxNameBytes, 'b')};

/// What arrives of it, or a failure when no peer could send it.
protocol::AgentMessage over_the_wire(const protocol::AgentMessage& message) {
  const auto decoded = protocol::decode_agent_message(protocol::encode(message));
  EXPECT_EQ(decoded, message) << "not legal as it is";
  return decoded.value_or(message);
}

protocol::Hello longest_hello(const std::string& definition) {
  return {.agent = kOne,
          .boot = kLongestBoot,
          .running = AttemptId{kLongestTrial, 7},
          .tools = {{"skopeo", definition, true, kLongest, ""},
                    {"crane", kLongest, false, kLongest, kLongest},
                    {kLongest, kLongest, false, kLongest, kLongest}},
          .environment = {{{kLongest, kLongest}}}};
}

/// Every record and message that came of it can be read by those who get it.
void expect_readable(const Desk& desk) {
  for (const Action& action : desk.all) {
    if (const auto* append = std::get_if<Append>(&action)) {
      const bool ours = append->stream == kCoordinatorStream;
      EXPECT_TRUE(ours ? protocol::decode_stored_coordinator_record(append->payload).has_value()
                       : protocol::decode_stored_agent_record(append->payload).has_value());
    } else if (const auto* send = std::get_if<Send>(&action)) {
      EXPECT_TRUE(protocol::decode_coordinator_message(protocol::encode(send->message)));
    }
  }
}

template <class Record>
std::vector<Record> appended(const Desk& desk) {
  std::vector<Record> found;
  for (const Action& action : desk.all) {
    const auto* append = std::get_if<Append>(&action);
    if (append != nullptr && append->stream == kCoordinatorStream) {
      auto record = protocol::decode_stored_coordinator_record(append->payload);
      if (const auto* body = record ? std::get_if<Record>(&*record) : nullptr) {
        found.push_back(*body);
      }
    }
  }
  return found;
}

TEST(DispatcherLimits, TheLongestGoodbyeBecomesTheCauseOfALostAttempt) {
  Desk desk(plan_of({"skopeo"}));
  desk.send(kOne, over_the_wire(longest_hello("skopeo-sha")));
  desk.send(kOne, over_the_wire(protocol::Goodbye{kLongestBoot, kLongest}));
  expect_readable(desk);
  const auto lost = appended<AttemptLost>(desk);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_THAT(lost[0].cause, testing::StartsWith("agent one left: xxx"));
  EXPECT_THAT(lost[0].cause, testing::EndsWith("x..."));
}

TEST(DispatcherLimits, TheLongestReasonsOfAHelloBecomeTheEndOfACampaign) {
  Plan plan = plan_of({"crane"});
  plan.limits.agent_lost_after = seconds(1000);
  Desk desk(plan);
  desk.send(kOne, over_the_wire(longest_hello("")));
  desk.pass(seconds(61));
  expect_readable(desk);
  const auto ends = appended<CampaignFinished>(desk);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_THAT(ends[0].reason, HasSubstr("cannot run crane: xxx"));
}

TEST(DispatcherLimits, TheLongestCauseIsGivenOnAsTheReasonThatNobodyCame) {
  Plan plan = plan_of({"skopeo"});
  Desk desk(plan);
  desk.send(kOne, over_the_wire(longest_hello("skopeo-sha")));
  desk.send(kOne, over_the_wire(protocol::Goodbye{kLongestBoot, kLongest}));
  desk.pass(seconds(61));
  expect_readable(desk);
  ASSERT_EQ(appended<CampaignFinished>(desk).size(), 1U);
}

TEST(DispatcherLimits, TheLargestRecordIsKeptAsItIs) {
  Desk desk(plan_of({"skopeo"}));
  desk.send(kOne, over_the_wire(longest_hello("skopeo-sha")));
  Iteration iteration{.outcome = {OutcomeKind::failed, kLongest, kLongest}};
  iteration.marks.assign(1800, kLongest);
  const std::string payload =
      protocol::encode_record(IterationFinished{attempt("cold/skopeo/r1", 1), iteration});
  EXPECT_GT(payload.size(), 7U * kMiB);
  desk.send(kOne,
            over_the_wire(protocol::RecordMessage{CampaignId("c"), kLongestBoot, 0, payload}));
  expect_readable(desk);
  ASSERT_TRUE(std::holds_alternative<Append>(desk.last.front()));
  EXPECT_EQ(std::get<Append>(desk.last.front()).payload, payload);
}

TEST(DispatcherLimits, ABrokenRecordOfAnyLengthEndsTheLease) {
  Desk desk(plan_of({"skopeo"}));
  desk.send(kOne, over_the_wire(longest_hello("skopeo-sha")));
  desk.send(kOne,
            over_the_wire(protocol::RecordMessage{CampaignId("c"), kLongestBoot, 0,
                                                  std::string(protocol::kMaxRecordBytes, '\x1b')}));
  expect_readable(desk);
  EXPECT_EQ(appended<AttemptLost>(desk).size(), 1U);
}

// ---- text that steers a terminal: as bytes of ASCII and as one character of UTF-8

constexpr std::string_view kEscape = "\x1b]0;owned\x07\r\x1b[2J\xc2\x9b\x33\x31m\n";

void expect_harmless(const std::string& shown) {
  EXPECT_THAT(shown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown, Not(HasSubstr("\x07")));
  EXPECT_THAT(shown, Not(HasSubstr("\r")));
  EXPECT_THAT(shown, Not(HasSubstr("\xc2\x9b")));
}

/// Everything that people are shown while the campaign runs.
std::string all_that_is_shown(const Desk& desk) {
  testing::internal::CaptureStderr();
  {
    Progress progress(ProgressStyle::lines, MonoTime{});
    for (const Action& action : desk.all) {
      if (const auto* notice = std::get_if<Notice>(&action)) {
        progress.notice(*notice);
      }
    }
    progress.update(desk.dispatcher.view(), MonoTime{});
  }
  return testing::internal::GetCapturedStderr() +
         progress_text(desk.dispatcher.view(), seconds(1), 0);
}

TEST(DispatcherLimits, NoTextOfAnAgentSteersATerminal) {
  const std::string nasty(kEscape);
  Plan plan = plan_of({"skopeo", "crane"});
  Desk desk(plan);
  protocol::Hello hello{.agent = kOne,
                        .boot = BootId("b"),
                        .tools = {{"skopeo", "skopeo-sha", true, nasty, nasty},
                                  {"crane", nasty, false, nasty, nasty},
                                  {nasty, nasty, false, nasty, nasty}},
                        .environment = {{{nasty, nasty}}}};
  desk.send(kOne, over_the_wire(hello));
  desk.send(kOne, over_the_wire(protocol::Heartbeat{.boot = BootId("b"),
                                                    .running = attempt("cold/skopeo/r1", 1),
                                                    .phase = Phase::measure,
                                                    .iteration = 3}));
  expect_harmless(all_that_is_shown(desk));
  EXPECT_THAT(progress_text(desk.dispatcher.view(), seconds(1), 0), HasSubstr("measure 3"));
  desk.send(kOne, over_the_wire(protocol::Goodbye{BootId("b"), nasty}));
  EXPECT_THAT(all_that_is_shown(desk), HasSubstr("agent one left: ?]0;owned"));
  hello.boot = BootId("b2");
  desk.send(kOne, over_the_wire(hello));
  desk.send(kOne, over_the_wire(protocol::RecordMessage{CampaignId("c"), BootId("b2"), 0, nasty}));
  expect_harmless(all_that_is_shown(desk));
}

}  // namespace
}  // namespace ocibench::coordinator
