#include "tests/support/example_campaign.hpp"

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

}  // namespace

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
