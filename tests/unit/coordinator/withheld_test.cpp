// Each reason to say nothing, alone: a campaign that has just one thing wrong.

#include "coordinator/analysis/withheld.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "tests/support/measured_rounds.hpp"

namespace ocibench::coordinator {
namespace {

using testing_support::journal_of;
using testing_support::MeasuredTrial;
using testing_support::plan_of_rounds;

/// Four rounds of skopeo, crane and null on one lane, complete, with a clear difference.
struct Measured {
  Plan plan = plan_of_rounds({"skopeo", "crane", "null"}, 4, 3);
  std::vector<MeasuredTrial> trials;
  std::vector<JournalEntry> journal;

  Measured() {
    for (const Trial& trial : plan.trials) {
      const double wall = trial.tool == "null" ? 0.001 : trial.tool == "skopeo" ? 2 : 1.5;
      trials.push_back(
          {.tool = trial.tool,
           .round = trial.round,
           .walls_s = std::vector<std::optional<double>>(3, wall + 0.01 * trial.round)});
    }
  }
  MeasuredTrial& trial(const std::string& tool, std::uint32_t round) {
    return *std::ranges::find_if(
        trials, [&](const MeasuredTrial& one) { return one.tool == tool && one.round == round; });
  }
  void write() { journal = journal_of(plan, trials); }
  TrialStarted& start_of(const std::string& trial) {
    for (JournalEntry& entry : journal) {
      auto* record = std::get_if<AgentRecord>(&entry.body);
      auto* started = record == nullptr ? nullptr : std::get_if<TrialStarted>(record);
      if (started != nullptr && started->id.trial == TrialId(trial)) {
        return *started;
      }
    }
    throw std::runtime_error("no such trial: " + trial);
  }
  [[nodiscard]] Analysis analysis() const { return analyse(plan, journal); }
};

std::vector<WithheldCode> codes_of(const Analysis& analysis) {
  std::vector<WithheldCode> codes;
  for (const Withheld& withheld : analysis.comparisons.at(0).pairs.at(0).withheld) {
    codes.push_back(withheld.code);
  }
  return codes;
}

struct WithheldCase {
  const char* name;
  std::vector<WithheldCode> codes;
  std::function<void(Measured&)> before;  ///< changes what was measured
  std::function<void(Measured&)> after;   ///< changes what the agents said of it
};

void PrintTo(const WithheldCase& deviation, std::ostream* out) { *out << deviation.name; }

class SingleDeviation : public testing::TestWithParam<WithheldCase> {};

TEST_P(SingleDeviation, WithholdsForItsReasonAlone) {
  Measured measured;
  if (GetParam().before) {
    GetParam().before(measured);
  }
  measured.write();
  if (GetParam().after) {
    GetParam().after(measured);
  }
  const Analysis analysis = measured.analysis();
  EXPECT_EQ(codes_of(analysis), GetParam().codes);
  EXPECT_EQ(analysis.comparisons[0].pairs[0].claim,
            GetParam().codes.empty() ? Claim::faster : Claim::none);
  EXPECT_EQ(analysis.comparisons[0].pairs[0].p_holm.has_value(), GetParam().codes.empty());
}

const std::string kCrane = "cold/crane/r2";
const std::string kSkopeo = "cold/skopeo/r3";

const std::vector<WithheldCase> kDeviations = {
    {"nothing", {}, {}, {}},
    // ---- what may differ
    {"command",
     {},
     {},
     [](Measured& m) { m.start_of(kCrane).subject.command = "crane copy other:5103"; }},
    {"configuration",
     {},
     {},
     [](Measured& m) { m.start_of(kCrane).subject.config_text = "port: 5103"; }},
    {"place_of_the_binary",
     {},
     {},
     [](Measured& m) { m.start_of(kCrane).subject.binaries[0].path = "/opt/crane"; }},
    {"another_fact_of_the_machine",
     {},
     {},
     [](Measured& m) { m.start_of(kCrane).environment.facts["storage.free_bytes"] = "1"; }},
    {"lane_of_the_calibration", {}, [](Measured& m) { m.trial("null", 2).agent = "lane-2"; }, {}},
    {"subject_of_the_calibration",
     {},
     {},
     [](Measured& m) { m.start_of("cold/null/r2").subject.version = "2"; }},
    // ---- what may not
    {"calibration_slow",
     {WithheldCode::invalid_measuring},
     [](Measured& m) {
       for (std::uint32_t round = 1; round <= 4; ++round) {
         m.trial("null", round).walls_s.assign(3, 1.5);
       }
     },
     {}},
    {"calibration_missing",
     {WithheldCode::calibration_incomplete},
     [](Measured& m) { m.trials.pop_back(); },
     {}},
    {"tool_incomplete",
     {WithheldCode::incomplete_blocks},
     [](Measured& m) { m.trial("crane", 2).walls_s[1] = std::nullopt; },
     {}},
    {"baseline_incomplete",
     {WithheldCode::incomplete_blocks},
     [](Measured& m) { m.trial("skopeo", 4).walls_s[2] = std::nullopt; },
     {}},
    {"lane_of_the_tool",
     {WithheldCode::lanes_confounded},
     [](Measured& m) { m.trial("crane", 2).agent = "lane-2"; },
     {}},
    {"lane_of_the_baseline",
     {WithheldCode::lanes_confounded},
     [](Measured& m) { m.trial("skopeo", 1).agent = "lane-2"; },
     {}},
    {"version_of_the_tool",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) { m.start_of(kCrane).subject.version = "1.9.4"; }},
    {"label_of_the_tool",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) { m.start_of(kCrane).subject.label = "crane 1.9.3 (own build)"; }},
    {"content_of_the_tool",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) { m.start_of(kCrane).subject.binaries[0].sha256[0] = '0'; }},
    {"second_binary_of_the_tool",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) {
       m.start_of(kCrane).subject.binaries.push_back(
           {.path = "/usr/bin/xargs", .sha256 = std::string(64, 'e')});
     }},
    {"version_of_the_baseline",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) { m.start_of(kSkopeo).subject.version = "1.9.4"; }},
    {"version_of_the_registry_beside_the_tool",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) { m.start_of(kCrane).registry.version = "3.0.0"; }},
    {"content_of_the_registry_beside_the_baseline",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) { m.start_of(kSkopeo).registry.binaries[0].sha256[0] = '0'; }},
    {"registry_that_differs_between_the_two_alone",
     {WithheldCode::subject_differs},
     {},
     [](Measured& m) {
       for (const char* round : {"1", "2", "3", "4"}) {
         m.start_of(std::string("cold/crane/r") + round).registry.version = "3.0.0";
       }
     }},
    {"instance_type_of_the_tool",
     {WithheldCode::machine_differs},
     {},
     [](Measured& m) { m.start_of(kCrane).environment.facts[kInstanceTypeFact] = "c6in.4xlarge"; }},
    {"instance_type_of_the_baseline",
     {WithheldCode::machine_differs},
     {},
     [](Measured& m) {
       m.start_of(kSkopeo).environment.facts[kInstanceTypeFact] = "c6in.4xlarge";
     }},
    {"instance_type_unknown",
     {WithheldCode::machine_differs},
     {},
     [](Measured& m) { m.start_of(kCrane).environment.facts[kInstanceTypeFact] = std::nullopt; }},
    {"one_round_too_few",
     {WithheldCode::too_few_rounds},
     [](Measured& m) {
       m.plan = plan_of_rounds({"skopeo", "crane", "null"}, 3, 3);
       std::erase_if(m.trials, [](const MeasuredTrial& trial) { return trial.round > 3; });
     },
     {}},
};

INSTANTIATE_TEST_SUITE_P(Reasons, SingleDeviation, testing::ValuesIn(kDeviations),
                         [](const auto& one) { return std::string(one.param.name); });

/// The findings of that code, as "where: text".
std::vector<std::string> findings_of(const Analysis& analysis, FindingCode code) {
  std::vector<std::string> texts;
  for (const Finding& finding : analysis.findings) {
    if (finding.code == code) {
      texts.push_back(finding.where + ": " + finding.text);
    }
  }
  return texts;
}

TEST(IdentityFindings, NameTheSubjectThatDiffers) {
  Measured measured;
  measured.write();
  EXPECT_THAT(findings_of(measured.analysis(), FindingCode::subject_differs), testing::IsEmpty());
  measured.start_of(kCrane).subject.version = "1.9.4";
  measured.start_of(kSkopeo).registry.version = "3.0.0";
  EXPECT_THAT(findings_of(measured.analysis(), FindingCode::subject_differs),
              testing::ElementsAre("crane: not every agent ran the same binary and version",
                                   "docker-registry: not every agent ran the same binary and "
                                   "version"));
}

TEST(IdentityFindings, SayThatMachinesDiffer) {
  Measured measured;
  for (MeasuredTrial& trial : measured.trials) {
    trial.agent = trial.round % 2 == 0 ? "lane-1" : "lane-2";
  }
  measured.write();
  EXPECT_THAT(findings_of(measured.analysis(), FindingCode::machine_differs), testing::IsEmpty());
  EXPECT_EQ(measured.analysis().instance_type, "local-2cpu");
  for (const char* tool : {"skopeo", "crane", "null"}) {
    for (const char* round : {"/r1", "/r3"}) {
      measured.start_of(std::string("cold/") + tool + round).environment.facts[kInstanceTypeFact] =
          "c6in.4xlarge";
    }
  }
  EXPECT_EQ(measured.analysis().instance_type, "mixed");
  EXPECT_THAT(findings_of(measured.analysis(), FindingCode::machine_differs),
              testing::ElementsAre("agents: the agents are not of one instance type"));
}

TEST(IdentityFindings, NameASampleThatIsMissingOnlyWhereMoreThanATwentiethIs) {
  Measured measured;
  measured.write();
  std::uint64_t missed = 1;
  for (JournalEntry& entry : measured.journal) {
    auto* record = std::get_if<AgentRecord>(&entry.body);
    auto* done = record == nullptr ? nullptr : std::get_if<IterationFinished>(record);
    if (done != nullptr && missed <= 2) {
      done->iteration.sampler = SamplerCost{.ticks = 20 - missed, .missed_ticks = missed};
      ++missed;
    }
  }
  EXPECT_THAT(findings_of(measured.analysis(), FindingCode::missed_ticks),
              testing::ElementsAre("cold/skopeo/r1 iteration 2: the sampler missed 2 of 20 ticks"));
}

}  // namespace
}  // namespace ocibench::coordinator
