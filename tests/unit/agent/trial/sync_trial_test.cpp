#include "agent/sync_trial.hpp"

#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/measured_run.hpp"
#include "protocol/validate.hpp"
#include "tests/unit/agent/trial/sync_trial_fixture.hpp"

namespace ocibench::agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(SyncTrialTest, RunsItsPhasesInOneOrder) {
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "prewarm", "populate 1", "measure 1", "verify 1",
                                    "populate 2", "measure 2", "verify 2", "populate 3",
                                    "measure 3", "verify 3", "teardown"));
  EXPECT_EQ(outcome(), Outcome{.kind = OutcomeKind::complete});
}

TEST_F(SyncTrialTest, KeepsTheOrderWhenTheSecondIterationFails) {
  runner.script = [](std::size_t run) {
    return ScriptedRunner::exited(run == 2 ? 3 : 0, {"level=fatal closed"});
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "prewarm", "populate 1", "measure 1", "verify 1",
                                    "populate 2", "measure 2", "verify 2", "populate 3",
                                    "measure 3", "verify 3", "teardown"));
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::complete, OutcomeKind::failed, OutcomeKind::complete));
  EXPECT_EQ(outcome().kind, OutcomeKind::complete) << "a failing tool is data";
}

TEST_F(SyncTrialTest, EndsWithTeardownWhenPrewarmFails) {
  content.prewarmed = fail(ErrorCode::bad_input, "blob sha256:12 is damaged");
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "prewarm", "teardown"));
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_EQ(outcome().cause, "prewarm: blob sha256:12 is damaged");
}

TEST_F(SyncTrialTest, EndsWithTeardownWhenTheSourceCannotStart) {
  registries.fails_at = 1;
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "teardown"));
  EXPECT_EQ(outcome().cause, "setup: docker-registry is not installed");
  EXPECT_THAT(reporter.all<TrialStarted>(), IsEmpty());
}

TEST_F(SyncTrialTest, GoesOnWithTheNextIterationWhenATargetCannotStart) {
  registries.fails_at = 2;
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "prewarm", "populate 1", "populate 2", "measure 2",
                                    "verify 2", "populate 3", "measure 3", "verify 3", "teardown"));
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::not_run, OutcomeKind::complete, OutcomeKind::complete));
}

TEST_F(SyncTrialTest, StopsWhenCancelledInAMeasuredWindow) {
  runner.script = [this](std::size_t run) {
    if (run == 1) {
      return ScriptedRunner::exited(0);
    }
    cancellation.request();
    return ProcessReport{.ending = Ending::cancelled};
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "prewarm", "populate 1", "measure 1", "verify 1",
                                    "populate 2", "measure 2", "teardown"));
  EXPECT_THAT(kinds(), ElementsAre(OutcomeKind::complete, OutcomeKind::not_run));
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("interrupted after 2 of 3 iterations"));
}

TEST_F(SyncTrialTest, StopsBetweenPhasesWhenCancelled) {
  reporter.on_status = [this](const std::string& event) {
    if (event == "prewarm") {
      cancellation.request();
    }
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(), ElementsAre("setup", "prewarm", "teardown"));
  EXPECT_THAT(outcome().cause, HasSubstr("interrupted"));
}

TEST_F(SyncTrialTest, EndsWhenTheUntimedPhasesTakeTooLong) {
  runner.script = [this](std::size_t) {
    // The tool's own time is not charged, what comes after it is.
    clock.advance(std::chrono::hours(1));
    return ScriptedRunner::exited(0);
  };
  content.on_verify = [this] { clock.advance(std::chrono::seconds(601)); };
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(),
              ElementsAre("setup", "prewarm", "populate 1", "measure 1", "verify 1", "teardown"));
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("overhead_timeout"));
}

TEST_F(SyncTrialTest, HoldsUploadsBackExactlyAroundTheWindow) {
  assignment.trial.iterations = 1;
  ASSERT_TRUE(run());
  EXPECT_THAT(reporter.events, ElementsAre("setup", "prewarm", "populate 1", "quiet", "measure 1",
                                           "resume", "verify 1", "teardown"));
}

TEST_F(SyncTrialTest, ResumesUploadsWhenTheToolCannotBeRun) {
  runner.script = [](std::size_t) -> Result<ProcessReport> {
    return fail(ErrorCode::unavailable, "not executable");
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(std::ranges::count(reporter.events, "quiet"), 3);
  EXPECT_EQ(std::ranges::count(reporter.events, "resume"), 3);
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::invalid, OutcomeKind::invalid, OutcomeKind::invalid));
}

TEST_F(SyncTrialTest, RefusesADefinitionThatDiffersFromItsOwn) {
  assignment.tool_definition_sha256 = std::string(64, '0');
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("refused"));
  EXPECT_THAT(outcome().cause, HasSubstr("copier.toml"));
  EXPECT_EQ(registries.starts, 0);
}

TEST_F(SyncTrialTest, RefusesARegistryDefinitionThatDiffersFromItsOwn) {
  assignment.registry.definition_sha256 = std::string(64, '0');
  ASSERT_TRUE(run());
  EXPECT_THAT(outcome().cause, HasSubstr("docker-registry.toml"));
  EXPECT_EQ(registries.starts, 0);
}

TEST_F(SyncTrialTest, RefusesAToolThatItDoesNotKnow) {
  assignment.trial.tool = "rm";
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(runner.commands, IsEmpty());
}

TEST_F(SyncTrialTest, RefusesWhatIsNotSoundBeforeAnythingIsDone) {
  assignment.trial.iteration_timeout = std::chrono::milliseconds(0);
  assignment.corpus.source = LocalFileSpec{{{"/etc/shadow", "synthetic/a", "1"}}};
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("refused: trial.iteration_timeout: "));
  EXPECT_EQ(registries.starts, 0);
  EXPECT_THAT(runner.commands, IsEmpty());
}

TEST_F(SyncTrialTest, TellsWhatIsMeasuredBeforeItIsMeasured) {
  ASSERT_TRUE(run());
  const auto started = reporter.all<TrialStarted>();
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].subject.label, "copier 7");
  EXPECT_EQ(started[0].subject.command, "/bin/true --from SOURCE WORK/list.txt TARGET/bench/r1-i1");
  EXPECT_EQ(started[0].subject.config_text, "synthetic/a:1 synthetic/b:1 ");
  EXPECT_EQ(started[0].subject.binaries.at(0).sha256.size(), 64U);
  EXPECT_EQ(started[0].registry.label, "docker-registry 2.8.2");
}

TEST_F(SyncTrialTest, GivesEachIterationFreshDirectoriesAndATargetOfItsOwn) {
  ASSERT_TRUE(run());
  ASSERT_EQ(runner.commands.size(), 3U);
  EXPECT_NE(runner.commands[0].working_directory, runner.commands[1].working_directory);
  EXPECT_EQ(runner.commands[1].argv.back(), "127.0.0.1:5003/bench/r1-i2");
  EXPECT_EQ(registries.starts, 4) << "one source and three targets";
  EXPECT_EQ(registries.alive, 0) << "all of them stopped";
  EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << "all directories removed";
}

TEST_F(SyncTrialTest, ChecksEachImageAtItsDestination) {
  ASSERT_TRUE(run());
  ASSERT_EQ(content.last_expected.size(), 2U);
  EXPECT_EQ(content.last_expected[1].repository, "bench/r1-i3/b");
}

TEST_F(SyncTrialTest, CallsARunInvalidWhenNothingArrived) {
  content.arrives = false;
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::invalid, OutcomeKind::invalid, OutcomeKind::invalid));
}

TEST_F(SyncTrialTest, NeverCallsARunCompleteWhoseWorkCannotBeChecked) {
  content.verify_error = Error{ErrorCode::unavailable, "connection refused"};
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::invalid, OutcomeKind::invalid, OutcomeKind::invalid));
  EXPECT_THAT(reporter.iterations()[0].outcome.cause, HasSubstr("connection refused"));
}

// ---- a target is proven to lack what the tool is to bring

TEST_F(SyncTrialTest, MeasuresNothingWhereItsContentIsThereAlready) {
  content.present = Presence{.manifests = {"bench/r1-i1/a:1"}, .blobs = {"bench/r1-i1/a@sha256:1"}};
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::invalid, OutcomeKind::invalid, OutcomeKind::invalid));
  EXPECT_EQ(reporter.iterations()[0].outcome.cause,
            "what the tool is to bring was at the target before it was started: bench/r1-i1/a:1 "
            "and 1 more");
  EXPECT_THAT(runner.commands, IsEmpty());
}

TEST_F(SyncTrialTest, MarksBlobsThatTheRegistryKnowsFromElsewhere) {
  content.present = Presence{.blobs_elsewhere = {"bench/r1-i1-other/a@sha256:1"}};
  ASSERT_TRUE(run());
  EXPECT_EQ(kinds().front(), OutcomeKind::complete);
  EXPECT_THAT(reporter.iterations()[0].marks, Contains(HasSubstr("not cold: the target has 1 of")));
}

TEST_F(SyncTrialTest, MeasuresNothingWhereTheStorageHasGrownSinceItWasReady) {
  content.on_probe = [this] { std::ofstream(registries.directories.back() / "blob") << "x"; };
  ASSERT_TRUE(run());
  EXPECT_EQ(kinds().front(), OutcomeKind::invalid);
  EXPECT_EQ(reporter.iterations()[0].outcome.cause,
            "the target's storage held 1 file right before the tool was started, and 0 files when "
            "the registry began to serve");
}

TEST_F(SyncTrialTest, AllowsFilesThatARegistryBeginsWith) {
  registries.writes_at_start = true;
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::complete, OutcomeKind::complete, OutcomeKind::complete));
}

TEST_F(SyncTrialTest, MeasuresNothingWhereTheTargetCannotBeAsked) {
  content.present = fail(ErrorCode::unavailable, "connection refused");
  ASSERT_TRUE(run());
  EXPECT_EQ(kinds().front(), OutcomeKind::not_run);
  EXPECT_EQ(reporter.iterations()[0].outcome.cause, "populate: connection refused");
}

TEST_F(SyncTrialTest, AsksForNothingThatTheUntimedRunHasBrought) {
  assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  content.on_probe = [this] { std::ofstream(registries.directories.back() / "blob") << "x"; };
  ASSERT_TRUE(run());
  EXPECT_THAT(content.last_awaited.manifests, IsEmpty());
  EXPECT_EQ(kinds().front(), OutcomeKind::complete) << "the untimed run has filled the storage";
}

TEST_F(SyncTrialTest, DoesNothingBetweenTheProofOfAbsenceAndTheRun) {
  assignment.trial.iterations = 1;
  assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  std::size_t told = 0;
  content.on_probe = [&] { told = reporter.records.size(); };
  runner.script = [&](std::size_t run) {
    if (run == 1) {
      std::ofstream(runner.commands.back().stderr_log) << "x";
    } else {
      EXPECT_EQ(reporter.records.size(), told + 1) << "only that populate has ended";
    }
    return ScriptedRunner::exited(0);
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(runner.commands.size(), 2U);
  EXPECT_EQ(reporter.artifact("populate-stderr.log.gz"), "x") << "told afterwards";
}

TEST_F(SyncTrialTest, LeavesTheTargetOfACalibrationToolUnread) {
  use_calibration_tool();
  ASSERT_TRUE(run());
  EXPECT_EQ(content.verifications, 0);
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::complete, OutcomeKind::complete, OutcomeKind::complete));
}

TEST_F(SyncTrialTest, CatchesACalibrationToolThatWritesToTheTarget) {
  use_calibration_tool();
  runner.script = [this](std::size_t) {
    std::ofstream(registries.directories.back() / "blob") << "x";
    return ScriptedRunner::exited(0);
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(kinds().front(), OutcomeKind::invalid);
}

TEST_F(SyncTrialTest, FailsLoudlyWhenATagMovesBetweenIterations) {
  assignment.corpus.source =
      ReferenceSpec{{"127.0.0.1:5000/synthetic/a:1", "127.0.0.1:5000/synthetic/b:1"}};
  assignment.lock.source_host = "127.0.0.1:5000";
  content.tag_moves_at = 3;  // setup, populate 1, populate 2
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(),
              ElementsAre(OutcomeKind::complete, OutcomeKind::not_run, OutcomeKind::complete));
  EXPECT_EQ(reporter.iterations()[1].outcome.cause, "populate: tag moved: a:1");
}

TEST_F(SyncTrialTest, TakesItsOwnTrafficOffTheNetworkBytes) {
  reporter.control_step = {
      .link = protocol::Link::loopback, .sent_bytes = 500, .received_bytes = 200};
  ASSERT_TRUE(run());
  const NetworkUse network = reporter.iterations()[0].network.value();
  EXPECT_EQ(network.control_bytes, 700U);
  EXPECT_EQ(network.tx_bytes, 4300U);
  EXPECT_EQ(network.rx_bytes, 4300U);
}

NetworkUse without(const char* interface, protocol::Link link) {
  return without_control_traffic({.interface = interface, .rx_bytes = 5000, .tx_bytes = 5000},
                                 {.link = link, .sent_bytes = 500, .received_bytes = 200});
}

TEST(ControlTraffic, IsTakenOffEachDirectionOfAnEthernetInterface) {
  const NetworkUse network = without("eth0", protocol::Link::ethernet);
  EXPECT_EQ(network.tx_bytes, 4500U);
  EXPECT_EQ(network.rx_bytes, 4800U);
  EXPECT_EQ(network.control_bytes, 700U);
}

TEST(ControlTraffic, IsNotTakenOffAnInterfaceThatDoesNotCarryIt) {
  for (const NetworkUse& network :
       {without("eth0", protocol::Link::loopback), without("lo", protocol::Link::ethernet)}) {
    EXPECT_EQ(network.tx_bytes, 5000U);
    EXPECT_EQ(network.rx_bytes, 5000U);
    EXPECT_EQ(network.control_bytes, 0U);
  }
}

TEST_F(SyncTrialTest, TellsArtifactsBeforeTheIterationTheyBelongTo) {
  assignment.trial.iterations = 1;
  ASSERT_TRUE(run());
  EXPECT_EQ(reporter.artifact("samples.csv"), "t_s\n");
  const auto chunk = std::ranges::find_if(reporter.records, [](const AgentRecord& record) {
    return std::holds_alternative<ArtifactChunk>(record);
  });
  const auto finished = std::ranges::find_if(reporter.records, [](const AgentRecord& record) {
    return std::holds_alternative<IterationFinished>(record);
  });
  EXPECT_LT(chunk - reporter.records.begin(), finished - reporter.records.begin());
}

TEST_F(SyncTrialTest, NotesWhatEachUntimedPhaseDid) {
  assignment.trial.iterations = 1;
  ASSERT_TRUE(run());
  std::vector<std::string> notes;
  for (const PhaseFinished& phase : reporter.all<PhaseFinished>()) {
    notes.push_back(phase.note);
    EXPECT_GT(phase.took.count(), 0);
  }
  EXPECT_THAT(
      notes,
      ElementsAre(HasSubstr("1.00 kB in 2 blobs"),
                  "1.00 kB in 1 manifests and 2 blobs read and verified; no CDN headers: not "
                  "applicable",
                  HasSubstr("fresh docker-registry 2.8.2"), HasSubstr("2 of 2 images found"),
                  HasSubstr("stopped")));
}

TEST_F(SyncTrialTest, EndsWithTheReportersErrorAndLeavesNothingBehind) {
  reporter.capacity = 2;
  const Result<void> result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "the spool is full");
  EXPECT_EQ(registries.alive, 0);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

// ---- trials that start together

TEST_F(SyncTrialTest, IsReadyWhenNothingIsLeftToPrepare) {
  assignment.steps.start = Start::together;
  ASSERT_TRUE(run());
  const auto ready = std::ranges::find(reporter.events, "ready");
  ASSERT_NE(ready, reporter.events.end());
  EXPECT_EQ(*std::prev(ready), "measure 1");
  EXPECT_THAT(reporter.iterations().at(0).marks, IsEmpty());
}

TEST_F(SyncTrialTest, MarksAnIterationThatDidNotStartWithAllTheOthers) {
  assignment.steps.start = Start::together;
  reporter.start = {.together = 2, .of = 3};
  ASSERT_TRUE(run());
  EXPECT_THAT(reporter.iterations().at(0).marks,
              Contains("started together with 1 of the 2 other trials of its round"));
  reporter.start = {.together = 0};
  ASSERT_TRUE(run());
  EXPECT_THAT(reporter.iterations().back().marks, Contains(HasSubstr("started alone")));
}

// ---- trials that only observe

TEST_F(SyncTrialTest, ObservesOneRunAndMeasuresNothing) {
  observe_only();
  ASSERT_TRUE(run());
  EXPECT_THAT(phases(),
              ElementsAre("setup", "prewarm", "populate", "measure", "verify", "teardown"));
  EXPECT_EQ(outcome(), Outcome{.kind = OutcomeKind::complete});
  EXPECT_EQ(observed().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_EQ(count_of(observed().observation, RequestClass::ping), 1U);
  EXPECT_THAT(reporter.iterations(), IsEmpty());
}

TEST_F(SyncTrialTest, SendsTheToolThroughTheRecorderAndTheProofPastIt) {
  observe_only();
  assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  ASSERT_TRUE(run());
  ASSERT_EQ(runner.commands.size(), 2U);
  for (const Command& command : runner.commands) {
    EXPECT_EQ(command.argv.at(2), "127.0.0.1:6001");
    EXPECT_THAT(command.argv.back(), HasSubstr("127.0.0.1:6002/bench/r1-i1"));
  }
  EXPECT_THAT(recorder.calls,
              ElementsAre("between 127.0.0.1:5001 and 127.0.0.1:5002", "begin", "end"));
}

TEST_F(SyncTrialTest, TellsWhatAToolAskedThatFailed) {
  observe_only();
  runner.script = [](std::size_t) { return ScriptedRunner::exited(3); };
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome(), Outcome{.kind = OutcomeKind::complete}) << "it was observed all the same";
  EXPECT_EQ(observed().outcome.kind, OutcomeKind::failed);
  EXPECT_EQ(count_of(observed().observation, RequestClass::ping), 1U);
}

TEST_F(SyncTrialTest, ObservesNothingWhenTheUntimedRunFails) {
  observe_only();
  assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  runner.script = [](std::size_t) { return ScriptedRunner::exited(3); };
  ASSERT_TRUE(run());
  EXPECT_THAT(observed().outcome.cause, HasSubstr("in the untimed run: "));
  EXPECT_EQ(observed().observation, WireObservation{});
}

TEST_F(SyncTrialTest, SaysWhyItCannotObserve) {
  observe_only();
  recorder.start_error = Error{ErrorCode::unavailable, "nginx is not installed"};
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("nginx is not installed"));
  EXPECT_THAT(reporter.all<WireObserved>(), IsEmpty());
  EXPECT_EQ(registries.alive, 0);
}

TEST_F(SyncTrialTest, RecordsNoObservationThatFitsNoRecord) {
  observe_only();
  RecordedRequests requests;
  for (std::size_t i = 0; i <= protocol::kMaxListElements; ++i) {
    requests.target.push_back(
        {.method = "PUT", .target = fmt::format("/v2/bench/a/manifests/{}", i), .status = 201});
  }
  recorder.requests = requests;
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("the tool named 65537 images and 0 user agents"));
  EXPECT_THAT(reporter.all<WireObserved>(), IsEmpty());
}

TEST_F(SyncTrialTest, PublishesNoCountsFromALogThatItCannotRead) {
  observe_only();
  recorder.requests = fail(ErrorCode::bad_input, "request 3: not what nginx writes");
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(reporter.all<WireObserved>(), IsEmpty());
}

}  // namespace
}  // namespace ocibench::agent
