#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/sha256.hpp"
#include "coordinator/plan/target_text.hpp"
#include "coordinator/report/finding_groups.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/markdown_text.hpp"

namespace ocibench::coordinator {
namespace {

void append_subjects(std::string& text, const std::vector<SeenSubject>& subjects) {
  for (const SeenSubject& subject : subjects) {
    text += fmt::format("- {}\n", markdown_plain(subject.identity.label));
    for (const BinaryIdentity& binary : subject.identity.binaries) {
      text += fmt::format("  - {} sha256 {}\n", markdown_code(binary.path),
                          markdown_code(binary.sha256));
    }
    if (!subject.identity.command.empty()) {
      text += fmt::format("  - {}\n", markdown_code(subject.identity.command));
    }
  }
}

/// The lanes that were at work while another of their host was measured.
std::set<std::string> crowding_lanes(const CampaignState& state) {
  std::set<std::string> lanes;
  for (const TrialState& trial : state.trials) {
    for (const HostNeighbour& neighbour : trial.neighbours) {
      lanes.insert(markdown_plain(neighbour.agent.str()));
    }
  }
  return lanes;
}

/// Which lanes share a host, and which do not say where they are.
std::string hosts_text(const Analysis& analysis) {
  std::map<std::string, std::set<std::string>> lanes_by_host;
  std::map<std::string, std::set<std::string>> networks_by_host;
  std::string text;
  for (const SeenMachine& machine : analysis.machines) {
    if (const auto host = fact_of(machine.environment, kHostIdentityFact)) {
      lanes_by_host[*host].insert(markdown_plain(machine.agent.str()));
      networks_by_host[*host].insert(
          fact_of(machine.environment, kNetworkNamespaceFact).value_or(machine.agent.str()));
    } else if (analysis.machines.size() > 1) {
      text += fmt::format("- {} gives no identity of its host: it counts as alone on it.\n",
                          markdown_plain(machine.agent.str()));
    }
  }
  const std::set<std::string> crowding = crowding_lanes(analysis.state);
  for (const auto& [host, lanes] : lanes_by_host) {
    if (lanes.size() > 1) {
      const bool at_once = std::ranges::any_of(
          lanes, [&](const std::string& lane) { return crowding.contains(lane); });
      text += fmt::format(
          "- {} share a host{}. {}\n", fmt::join(lanes, ", "),
          networks_by_host[host].size() < lanes.size() ? " and its network" : "",
          at_once
              ? "What ran there at once is marked, its bytes may be those of several lanes, and "
                "no sentence compares it."
              : "They took turns.");
    }
  }
  return text;
}

/// Whose phase it is: there are teardowns of both.
enum class PhaseOf { trial, iteration };

/// What the trials tell of a phase: most say the same, so each note once, with the trials that it
/// is of.
std::string notes_of(const Analysis& analysis, Phase wanted, PhaseOf of) {
  std::map<std::string, std::vector<std::string>> trials_by_note;
  for (const TrialState& trial : analysis.state.trials) {
    const AttemptState* attempt = trial.shown_attempt();
    if (attempt == nullptr) {
      continue;
    }
    for (const PhaseFinished& phase : attempt->phases) {
      if (phase.phase == wanted && (phase.iteration == 0) == (of == PhaseOf::trial)) {
        std::vector<std::string>& trials = trials_by_note[phase.note];
        const std::string name = markdown_plain(trial.trial.id.str());
        if (trials.empty() || trials.back() != name) {
          trials.push_back(name);
        }
      }
    }
  }
  std::string text;
  for (const auto& [note, trials] : trials_by_note) {
    text += fmt::format("- {} ({})\n", markdown_plain(note.empty() ? "done" : note),
                        fmt::join(trials, ", "));
  }
  return text + (trials_by_note.empty() ? "No trial came so far.\n\n" : "\n");
}

/// A line for each machine on which a tool could have looked into what it was measured by.
std::string isolation_caveats(const Analysis& analysis) {
  std::string text;
  for (const SeenMachine& machine : analysis.machines) {
    const auto fact = machine.environment.facts.find(kIsolationFact);
    if (fact != machine.environment.facts.end() && fact->second &&
        fact->second->starts_with(kNotIsolated)) {
      text += fmt::format(
          "- {}: tools were {}. One that reads or writes the registries' storage, instead of "
          "copying, could not be kept from it here.\n",
          markdown_plain(machine.agent.str()), markdown_plain(*fact->second));
    }
  }
  return text;
}

using LanesByValue = std::map<std::string, std::vector<std::string>>;

/// By fact, as they are printed. A lane that lacks a fact does not know it.
std::map<std::string, LanesByValue> facts_of(const std::vector<SeenMachine>& machines) {
  std::set<std::string> keys;
  std::map<AgentName, std::size_t> lives;
  for (const SeenMachine& machine : machines) {
    ++lives[machine.agent];
    for (const auto& [key, value] : machine.environment.facts) {
      keys.insert(key);
    }
  }
  std::map<std::string, LanesByValue> facts;
  for (const SeenMachine& machine : machines) {
    const std::string lane =
        lives[machine.agent] == 1
            ? machine.agent.str()
            : fmt::format("{} (process {})", machine.agent.str(), machine.boot.str());
    for (const std::string& key : keys) {
      const auto value = fact_of(machine.environment, key);
      facts[key][value ? markdown_plain(*value) : "unknown"].push_back(markdown_plain(lane));
    }
  }
  return facts;
}

}  // namespace

std::string prewarm_section(const Analysis& analysis) {
  return "## Pre-warm\n\n" + notes_of(analysis, Phase::prewarm, PhaseOf::trial);
}

std::string target_section(const Analysis& analysis) {
  if (analysis.plan.registry.target.kind == TargetKind::local) {
    return "";
  }
  return fmt::format("## Target\n\nThe target is {}. What became of each run's repositories:\n\n",
                     markdown_code(to_string(analysis.plan.registry.target))) +
         notes_of(analysis, Phase::teardown, PhaseOf::iteration);
}

std::string caveats_section(const Analysis& analysis) {
  std::string text = "## Caveats\n\n";
  if (!analysis.comparisons.empty()) {
    text +=
        "Several tools side by side: directional, not authoritative. They differ in language and "
        "architecture, in how they authenticate, in their default concurrency and in their "
        "features. What follows holds for this corpus, these machines and these versions.\n\n";
  }
  for (const PlannedTool& tool : analysis.plan.tools) {
    if (!tool.concurrency.empty()) {
      text +=
          fmt::format("- {}: {}\n", markdown_plain(tool.name), markdown_plain(tool.concurrency));
    }
    for (const std::string& caveat : tool.caveats) {
      text += fmt::format("- {}: {}\n", markdown_plain(tool.name), markdown_plain(caveat));
    }
  }
  for (const std::string& caveat : target_caveats(analysis.plan.registry.target)) {
    text += fmt::format("- target: {}\n", markdown_plain(caveat));
  }
  text += isolation_caveats(analysis);
  if (analysis.plan.rotation == "fixed" && analysis.machines.size() > 1) {
    text +=
        "- Lanes are fixed: each tool ran on one machine only, so a difference between tools "
        "cannot be told from a difference between machines.\n";
  }
  return text + hosts_text(analysis) + "\n";
}

std::string findings_section(const Analysis& analysis) {
  std::string text = "## Marks and findings\n\n";
  const std::vector<Finding> findings = all_findings(analysis);
  if (findings.empty()) {
    return text + "None: nothing moved by more than its limit, nothing was out of place.\n\n";
  }
  text +=
      "Each cause once, with what it concerns; one by one they are `warnings` in summary.json.\n\n";
  for (const FindingGroup& group : group_findings(analysis.state, findings)) {
    text += fmt::format("- {} {}: {}\n", markdown_code(to_string(group.code)),
                        markdown_plain(group.text),
                        markdown_plain(fmt::format("{}", fmt::join(group.places, "; "))));
  }
  return text + "\n";
}

std::string settings_section(const Analysis& analysis) {
  std::string text = "## Settings that the tools needed\n\n";
  bool any = false;
  for (const PlannedTool& tool : analysis.plan.tools) {
    for (const std::string& note : tool.notes) {
      text += fmt::format("- {}: {}\n", markdown_plain(tool.name), markdown_plain(note));
      any = true;
    }
  }
  return text + (any ? "\n" : "None: each ran as it comes.\n\n");
}

std::string subjects_section(const Analysis& analysis) {
  std::string text = "## Subjects\n\nThe command line is that of the first run.\n\n";
  append_subjects(text, analysis.tools);
  append_subjects(text, analysis.registries);
  return text + "\n";
}

std::string environment_section(const Analysis& analysis) {
  std::string text = "## Environment\n\n";
  if (analysis.machines.empty()) {
    return text + "No agent told.\n\n";
  }
  const std::map<std::string, LanesByValue> facts = facts_of(analysis.machines);
  std::string differing;
  text += analysis.machines.size() == 1
              ? fmt::format("### {}\n\n", markdown_plain(analysis.machines[0].agent.str()))
              : "### On every lane\n\n";
  text += "| fact | value |\n|---|---|\n";
  for (const auto& [key, lanes_by_value] : facts) {
    if (lanes_by_value.size() == 1) {
      text += fmt::format("| {} | {} |\n", markdown_plain(key), lanes_by_value.begin()->first);
      continue;
    }
    for (const auto& [value, lanes] : lanes_by_value) {
      differing +=
          fmt::format("| {} | {} | {} |\n", markdown_plain(key), value, fmt::join(lanes, ", "));
    }
  }
  if (!differing.empty()) {
    text += "\n### By lane\n\n| fact | value | lanes |\n|---|---|---|\n" + differing;
  }
  return text + "\n";
}

std::string reproduce_section(const Analysis& analysis) {
  const auto& started = analysis.state.started;
  return fmt::format(
      "## How to repeat it\n\nAt commit {}, with the subjects above installed, from this "
      "folder (without --local when agents are started elsewhere):\n\n    ocibench run --local "
      "campaign.toml\n\nThe plan (seed {}, sha256 {}) is in plan.json. "
      "To derive every number again from the journal:\n\n    ocibench verify .\n\n",
      markdown_code(analysis.git_sha()), analysis.plan.seed,
      markdown_code(started ? sha256_hex(started->plan_json) : std::string("-")));
}

std::string exclusions_section() {
  return "## What these numbers exclude\n\n"
         "- Time: setting up the registries, pre-warming, populating the target, verifying and "
         "tearing down. Timed is only the tool, from spawn to the end of its whole process tree.\n"
         "- Bytes: those of the coordinator's own control traffic in the window (subtracted where "
         "it shares the interface). Other traffic on the interface is not separated.\n"
         "- CPU and memory: those of the registries, of the samplers and of the kernel's network "
         "stack outside the tool's processes.\n"
         "- Iterations that are not complete: they are counted above and enter no median.\n";
}

}  // namespace ocibench::coordinator
