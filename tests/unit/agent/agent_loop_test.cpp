// The agent's shell between a scripted coordinator, a scripted trial in a thread of its own, and a
// real spool on disk.

#include "agent/agent_loop.hpp"

#include <poll.h>

#include <atomic>
#include <deque>
#include <functional>
#include <semaphore>
#include <type_traits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "protocol/codec.hpp"

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::IsEmpty;

const AttemptId kAttempt{TrialId("t"), 1};
const protocol::Welcome kWelcome{.campaign = CampaignId("c"), .boot = BootId("b")};
const protocol::Assign kAssign{
    BootId("b"), Assignment{.campaign = CampaignId("c"), .trial = {.id = kAttempt.trial}}};

/// Both threads read it, the loop's moves it.
class MovedClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return MonoTime(nanoseconds(now_ns_)); }
  [[nodiscard]] WallTime wall() const override {
    return WallTime(seconds(1'000'000)) +
           std::chrono::floor<milliseconds>(now().time_since_epoch());
  }
  void pass(nanoseconds time) { now_ns_ += time.count(); }

 private:
  std::atomic<std::int64_t> now_ns_ = nanoseconds(seconds(100)).count();
};

/// Between the trial's thread and the script: no request is posted before the script asks for it,
/// so that each is taken by the loop at a known step.
struct Gate {
  std::counting_semaphore<> open{0};
  std::atomic<int> answered = 0;
};

class GatedReporter final : public TrialReporter {
 public:
  GatedReporter(TrialReporter& inner, Gate& gate) : inner_(inner), gate_(gate) {}

  Result<void> record(const AgentRecord& record) override {
    return answer([&] { return inner_.record(record); });
  }
  void status(Phase phase, std::uint32_t iteration) override {
    answer([&] { inner_.status(phase, iteration); });
  }
  void quiet() override {
    answer([&] { inner_.quiet(); });
  }
  void resume() override {
    answer([&] { inner_.resume(); });
  }
  StartSignal await_start(milliseconds patience) override {
    return answer([&] { return inner_.await_start(patience); });
  }
  [[nodiscard]] ControlTraffic control_traffic() const override { return inner_.control_traffic(); }

 private:
  template <class Ask>
  auto answer(const Ask& ask) -> decltype(ask()) {
    gate_.open.acquire();
    if constexpr (std::is_void_v<decltype(ask())>) {
      ask();
      ++gate_.answered;
    } else {
      auto result = ask();
      ++gate_.answered;
      return result;
    }
  }

  TrialReporter& inner_;
  Gate& gate_;
};

class ScriptedTrial final : public TrialRunner {
 public:
  explicit ScriptedTrial(Gate& gate) : gate_(gate) {}
  std::function<void(TrialReporter&)> work;

  Result<void> run(const Assignment&, TrialReporter& reporter, const Cancellation&) override {
    GatedReporter gated(reporter, gate_);
    work(gated);
    Result<void> finished = gated.record(TrialFinished{.id = kAttempt});
    gate_.open.acquire();
    return finished;
  }

 private:
  Gate& gate_;
};

/// What happens while the loop waits, one step for each time it does. Ends the loop with an error
/// when a step does not come true.
class ScriptedCoordinator final : public protocol::Transport {
 public:
  static constexpr milliseconds kPatience{20'000};
  static constexpr milliseconds kBriefly{50};

  ScriptedCoordinator(std::filesystem::path spool, Gate& gate)
      : spool_(std::move(spool)), gate_(gate) {}

  void says(const std::function<protocol::CoordinatorMessage()>& message) {
    steps_.push_back([this, message](int) {
      incoming_.push_back({AgentName(), protocol::encode(message())});
      return Step::passed;
    });
  }
  void says(const protocol::CoordinatorMessage& message) {
    says([message] { return message; });
  }
  void does(const std::function<void()>& work) {
    steps_.push_back([work](int) {
      work();
      return Step::passed;
    });
  }
  /// The trial makes its next request; the loop takes it at the end of this step.
  void trial_asks() {
    ++asked_;
    trial_goes_on();
  }
  /// The same for the end of its thread, which has no answer.
  void trial_goes_on() {
    steps_.push_back([this](int mailbox) {
      gate_.open.release();
      return comes(mailbox, kPatience) ? Step::passed : Step::failed;
    });
  }
  void trial_is_answered() {
    steps_.push_back([this, expected = asked_, rounds = 0](int mailbox) mutable {
      if (gate_.answered == expected) {
        return Step::passed;
      }
      comes(mailbox, kBriefly);
      return ++rounds * kBriefly < kPatience ? Step::again : Step::failed;
    });
  }
  void trial_still_waits() {
    steps_.push_back([this, expected = asked_ - 1](int mailbox) {
      comes(mailbox, kBriefly);
      return gate_.answered == expected ? Step::passed : Step::failed;
    });
  }

  Result<void> send(const AgentName&, std::string_view frame) override {
    const auto message = protocol::decode_agent_message(frame).value();
    if (const auto* record = std::get_if<protocol::RecordMessage>(&message)) {
      ++records;
      const auto spool = durable::RecordLog::open_read_only(spool_).value();
      if (spool.next_seq("c/b").value() <= record->seq) {
        too_early.push_back(record->seq);
      }
    }
    return {};
  }
  Result<std::vector<protocol::Incoming>> receive(milliseconds,
                                                  const std::vector<int>& also) override {
    incoming_.clear();
    const Step step = steps_.empty() ? Step::failed : steps_.front()(also.front());
    if (step == Step::failed) {
      gate_.open.release();  // or the trial's thread would never end
      return fail(ErrorCode::io,
                  fmt::format("the script failed with {} steps left", steps_.size()));
    }
    if (step == Step::passed) {
      steps_.pop_front();
    }
    return incoming_;
  }

  std::size_t records = 0;
  std::vector<std::uint64_t> too_early;

 private:
  enum class Step { passed, again, failed };

  static bool comes(int mailbox, milliseconds within) {
    pollfd entry{.fd = mailbox, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, static_cast<int>(within.count())) == 1;
  }

  std::filesystem::path spool_;
  Gate& gate_;
  int asked_ = 0;
  std::deque<std::function<Step(int)>> steps_;
  std::vector<protocol::Incoming> incoming_;
};

class AgentLoopTest : public testing::Test {
 protected:
  /// The coordinator's clock is `ahead` of this one.
  void compare_clocks(milliseconds ahead) {
    coordinator_.says([this, ahead] {
      return protocol::HeartbeatReply{
          .boot = BootId("b"), .sent_at = clock_.now(), .at = clock_.wall() + ahead};
    });
  }
  void pass(nanoseconds time) {
    coordinator_.does([this, time] { clock_.pass(time); });
  }
  /// Plays what is scripted, then the trial's end and the dismissal.
  void run() {
    coordinator_.trial_asks();  // TrialFinished
    coordinator_.trial_is_answered();
    coordinator_.trial_goes_on();
    coordinator_.says(protocol::Dismiss{.boot = BootId("b"), .reason = "over"});
    auto loop = AgentLoop::create({.name = AgentName("one"), .boot = BootId("b")},
                                  {.clock = clock_,
                                   .transport = coordinator_,
                                   .spool = spool_,
                                   .trials = trial_,
                                   .why_stopped = [] { return std::string(); }});
    const AgentEnd end = (*loop)->run();
    ASSERT_FALSE(end.failure) << end.failure->message;
  }
  AgentRecord spooled(std::uint64_t seq) {
    const auto records = spool_.read("c/b", seq, 1, 1'000'000).value();
    return protocol::decode_agent_record(records.at(0).payload).value();
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "agent-loop-").value();
  std::filesystem::path path_ = directory_.path() / "spool.sqlite";
  durable::RecordLog spool_ = durable::RecordLog::open(path_).value();
  MovedClock clock_;
  Gate gate_;
  ScriptedCoordinator coordinator_{path_, gate_};
  ScriptedTrial trial_{gate_};
};

TEST_F(AgentLoopTest, CommitsARecordBeforeItIsSent) {
  trial_.work = [](TrialReporter& reporter) {
    EXPECT_TRUE(reporter.record(PhaseFinished{.id = kAttempt}));
  };
  coordinator_.says(kWelcome);
  coordinator_.says(kAssign);
  coordinator_.trial_asks();
  coordinator_.trial_is_answered();
  run();
  EXPECT_EQ(coordinator_.records, 2U);
  EXPECT_THAT(coordinator_.too_early, IsEmpty());
}

TEST_F(AgentLoopTest, RecordsHowFarTheCoordinatorsClockIsAhead) {
  trial_.work = [](TrialReporter& reporter) {
    EXPECT_TRUE(reporter.record(TrialStarted{.id = kAttempt}));
  };
  coordinator_.says(kWelcome);
  compare_clocks(milliseconds(250));
  coordinator_.says(kAssign);
  coordinator_.trial_asks();
  run();
  const auto started = std::get<TrialStarted>(spooled(0));
  EXPECT_EQ(started.environment.facts.at("clock.offset_to_coordinator_ms"), "250");
  EXPECT_EQ(started.environment.facts.at("clock.offset_error_ms"), "1");
}

TEST_F(AgentLoopTest, BeginsAtTheMomentThatTheCoordinatorsClockShows) {
  MonoTime begun_at;
  trial_.work = [&](TrialReporter& reporter) {
    reporter.status(Phase::measure, 1);
    begun_at = reporter.await_start(seconds(3'600)).at;
  };
  MonoTime asked;
  coordinator_.says(kWelcome);
  compare_clocks(milliseconds(250));
  coordinator_.says(kAssign);
  coordinator_.trial_asks();  // its status
  coordinator_.trial_asks();
  coordinator_.trial_still_waits();
  coordinator_.says([&] {
    asked = clock_.now();
    return protocol::Begin{
        .id = kAttempt, .iteration = 1, .at = clock_.wall() + milliseconds(250 + 400)};
  });
  run();
  EXPECT_EQ(begun_at - asked, milliseconds(400)) << "our clock is 250 ms behind";
}

TEST_F(AgentLoopTest, BeginsTogetherAlsoWhenTheCoordinatorsClockWasSet) {
  MonoTime begun_at;
  trial_.work = [&](TrialReporter& reporter) {
    reporter.status(Phase::measure, 1);
    begun_at = reporter.await_start(seconds(3'600)).at;
  };
  MonoTime asked;
  coordinator_.says(kWelcome);
  compare_clocks(milliseconds(0));
  compare_clocks(seconds(-5));
  coordinator_.says(kAssign);
  coordinator_.trial_asks();  // its status
  coordinator_.trial_asks();
  coordinator_.trial_still_waits();
  coordinator_.says([&] {
    asked = clock_.now();
    return protocol::Begin{
        .id = kAttempt, .iteration = 1, .at = clock_.wall() - seconds(5) + milliseconds(400)};
  });
  run();
  EXPECT_EQ(begun_at - asked, milliseconds(400));
}

TEST_F(AgentLoopTest, GrantsQuietAfterTheDrainWaitThoughNothingIsAcknowledged) {
  trial_.work = [](TrialReporter& reporter) {
    EXPECT_TRUE(reporter.record(PhaseFinished{.id = kAttempt}));
    reporter.quiet();
    reporter.resume();
  };
  coordinator_.says(kWelcome);
  coordinator_.says(kAssign);
  coordinator_.trial_asks();  // the record
  coordinator_.trial_asks();  // quiet
  pass(AgentLoop::kDrainWait - milliseconds(1));
  coordinator_.trial_still_waits();
  pass(milliseconds(1));
  coordinator_.trial_is_answered();
  coordinator_.trial_asks();  // resume
  run();
}

TEST_F(AgentLoopTest, GrantsQuietAtOnceWhenEverythingIsAcknowledged) {
  trial_.work = [](TrialReporter& reporter) {
    EXPECT_TRUE(reporter.record(PhaseFinished{.id = kAttempt}));
    reporter.quiet();
    reporter.resume();
  };
  coordinator_.says(kWelcome);
  coordinator_.says(kAssign);
  coordinator_.trial_asks();  // the record
  coordinator_.trial_asks();  // quiet
  coordinator_.trial_still_waits();
  coordinator_.says(protocol::Ack{.boot = BootId("b"), .next_seq = 1});
  coordinator_.trial_is_answered();
  coordinator_.trial_asks();  // resume
  run();
}

TEST_F(AgentLoopTest, DoesNotKeepACancelledTrialWaitingForItsStart) {
  StartSignal signal;
  trial_.work = [&](TrialReporter& reporter) { signal = reporter.await_start(seconds(3'600)); };
  coordinator_.says(kWelcome);
  coordinator_.says(kAssign);
  coordinator_.trial_asks();
  coordinator_.trial_still_waits();
  coordinator_.says(protocol::Cancel{.id = kAttempt, .reason = "the lease ran out"});
  coordinator_.trial_is_answered();
  run();
  EXPECT_EQ(signal.together, 0U) << "nobody gave a sign";
}

TEST_F(AgentLoopTest, LetsATrialWaitForItsStartAsLongAsItHasPatience) {
  StartSignal signal;
  trial_.work = [&](TrialReporter& reporter) { signal = reporter.await_start(seconds(7)); };
  coordinator_.says(kWelcome);
  coordinator_.says(kAssign);
  coordinator_.trial_asks();
  pass(seconds(7) - milliseconds(1));
  coordinator_.trial_still_waits();
  pass(milliseconds(1));
  coordinator_.trial_is_answered();
  run();
  EXPECT_EQ(signal.together, 0U);
}

}  // namespace
}  // namespace ocibench::agent
