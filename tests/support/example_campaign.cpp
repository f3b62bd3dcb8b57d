#include "tests/support/example_campaign.hpp"

#include <fmt/format.h>

namespace ocibench::testing_support {
namespace {

using std::chrono::milliseconds;

void add_skopeo(JournalBuilder& journal) {
  const AttemptId first = attempt_of("skopeo", 1);
  journal.lease(first, "lane-1").begin(first);
  journal.iteration(first, complete_iteration(1, milliseconds(1650)));
  journal.iteration(first, complete_iteration(2, milliseconds(1660)));
  journal.lose(first, "silent for 10 s");
  journal.iteration(first, complete_iteration(3, milliseconds(1670)));

  const AttemptId second = attempt_of("skopeo", 2);
  journal.lease(second, "lane-2").begin(second);
  for (std::uint32_t index = 1; index <= 5; ++index) {
    Iteration iteration = complete_iteration(index, milliseconds(1680 + 30 * index));
    if (index == 4) {
      iteration.validity->steal_us = 53'000;
      iteration.marks = {"steal 3.1 %"};
    }
    journal.iteration(second, iteration);
    journal.artifact(second, index, "samples.csv", "offset_s,tx_bytes\r\n0.0,0\r\n");
  }
  journal.finish(second);
}

void add_crane(JournalBuilder& journal) {
  const AttemptId id = attempt_of("crane");
  journal.lease(id, "lane-1").begin(id);
  for (std::uint32_t index = 1; index <= 5; ++index) {
    journal.iteration(id, index == 3 ? failed_iteration(index, OutcomeKind::failed,
                                                        "exit code 1: manifest | unknown")
                                     : complete_iteration(index, milliseconds(1500 + index)));
  }
  journal.artifact(id, 3, "stderr.log.gz", "not really compressed").finish(id);
}

/// 1 s for each image and tool, a little more for each round, iteration and letter of the name.
milliseconds wall_of(const Trial& trial, std::uint32_t index) {
  return trial.tool == "null" ? milliseconds(1)
                              : milliseconds(1000 * trial.images + 10 * trial.round + index +
                                             100 * trial.tool.size());
}

/// A complete iteration of the first `images` of the corpus, each of which has two blobs.
Iteration iteration_of_size(const coordinator::Plan& plan, const Trial& trial,
                            std::uint32_t index) {
  Iteration iteration = complete_iteration(index, wall_of(trial, index));
  const ResolvedCorpus corpus = first_images(plan.lock, trial.images);
  iteration.network->tx_bytes = iteration.network->rx_bytes = 2 * unique_bytes(corpus) + index;
  iteration.verification = whole_proof(plan, trial);
  return iteration;
}

}  // namespace

coordinator::Plan two_sizes_plan(const std::vector<std::string>& tools) {
  coordinator::Plan plan = make_plan(tools, 3);
  plan.rounds = 3;
  plan.scenarios[0].name = "scale";
  plan.scenarios[0].headline =
      "{{subject}} copied {{images}} ({{bytes}}) in {{wall_median}} (n = {{n}}); {{scaling}}.";
  plan.scenarios[0].sizes = {1, 2};
  const std::vector<Trial> tools_once = plan.trials;
  plan.trials.clear();
  for (std::uint32_t round = 1; round <= plan.rounds; ++round) {
    for (Trial trial : tools_once) {
      for (const std::uint32_t images : plan.scenarios[0].sizes) {
        trial.id = TrialId(fmt::format("scale/{}/n{}/r{}", trial.tool, images, round));
        trial.scenario = "scale";
        trial.round = round;
        trial.images = images;
        plan.trials.push_back(trial);
      }
    }
  }
  return plan;
}

JournalBuilder two_sizes_journal(const coordinator::Plan& plan) {
  JournalBuilder journal;
  journal.start(plan);
  for (const Trial& trial : plan.trials) {
    const AttemptId id{.trial = trial.id};
    journal.lease(id, "lane-1").begin(id);
    for (std::uint32_t index = 1; index <= trial.iterations; ++index) {
      journal.iteration(id, iteration_of_size(plan, trial, index));
    }
    journal.finish(id);
  }
  return journal.end();
}

coordinator::Plan example_plan() {
  coordinator::Plan plan = make_plan({"skopeo", "crane", "null"});
  plan.tools[0].caveats = {"copies each image by itself; caches what it knows of blobs"};
  plan.tools[1].caveats = {"one process per image, <four> jobs"};
  return plan;
}

JournalBuilder example_journal(const coordinator::Plan& plan, const std::string& plan_json) {
  JournalBuilder journal;
  journal.start(plan, plan_json);
  add_skopeo(journal);
  add_crane(journal);
  return journal.run(attempt_of("null"), "lane-2", 5).end();
}

}  // namespace ocibench::testing_support
