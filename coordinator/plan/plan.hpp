#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/json.hpp"
#include "common/model/assignment.hpp"
#include "common/model/corpus.hpp"

namespace ocibench::coordinator {

struct PlannedTool {
  std::string name;
  std::string definition_sha256;
  /// In this campaign. Absent: it copies nothing, or an older coordinator has made the plan.
  std::optional<Platforms> platforms;
  bool calibration = false;          ///< null and sleep: they copy nothing, and measure the harness
  std::string concurrency;           ///< a sentence: how much it does at once in this campaign
  std::vector<std::string> caveats;  ///< printed before any number of it
  std::vector<std::string> notes;    ///< settings it needed, and why

  friend bool operator==(const PlannedTool&, const PlannedTool&) = default;
};

struct PlannedScenario {
  std::string name;
  std::string question;  ///< "How long does a first sync into an empty registry take?"
  std::string headline;  ///< mustache template of the headline sentence
  ScenarioSteps steps;
  std::vector<std::uint32_t> sizes;  ///< images of a trial, ascending; empty: all, as one size
  double moved_share = 0;            ///< of the tags, as asked for
  std::vector<ResolvedImage> moved;  ///< what those tags name when the time is taken

  friend bool operator==(const PlannedScenario&, const PlannedScenario&) = default;
};

/// The agents that a campaign needs.
struct PlannedAgents {
  std::uint32_t expected = 1;   ///< nothing is handed out before so many have come,
  std::uint32_t minimum = 1;    ///< or these, when Limits::agent_wait is over; with fewer it ends
  std::uint32_t at_a_time = 0;  ///< trials at once: agents that share a quota take turns; 0: all
  bool share_host = false;      ///< agents on one host run at once, and are marked; else by turns

  friend bool operator==(const PlannedAgents&, const PlannedAgents&) = default;
};

/// The bounds of a campaign. Every one of them has a default and can be set in the campaign file.
struct Limits {
  std::chrono::milliseconds iteration_timeout{300'000};
  std::chrono::milliseconds overhead_timeout{600'000};  ///< untimed phases of a trial together
  std::chrono::milliseconds agent_wait{60'000};         ///< for a lane when trials are left
  std::chrono::milliseconds agent_lost_after{10'000};   ///< silence of an agent's loop
  std::chrono::milliseconds heartbeat{1'000};
  std::chrono::milliseconds campaign_deadline{0};  ///< always set in a Plan: sum of the parts
  std::uint32_t max_attempts = 3;                  ///< per trial

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// A campaign with every default resolved: what `ocibench plan` prints and what is stored.
struct Plan {
  std::string campaign_name;
  std::uint64_t seed = 1;
  std::uint32_t rounds = 1;
  std::uint32_t iterations = 5;
  std::string rotation = "fixed";  ///< or "latin-square": tools change lanes from round to round
  std::uint32_t lanes = 1;         ///< places that the trials are planned for
  bool observe = false;            ///< one untimed run of each tool, whose requests are recorded
  Comparability comparability;
  std::string baseline;  ///< the tool that the others are compared with; empty when none copies
  RegistrySpec registry;
  CorpusSpec corpus;
  ResolvedCorpus lock;
  std::string corpus_sha;
  std::vector<PlannedScenario> scenarios;
  std::vector<PlannedTool> tools;
  std::vector<Trial> trials;  ///< in the order in which they are handed out
  PlannedAgents agents;
  Limits limits;

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// plan.json, schema "ocibench.plan" version 1; to_json and from_json are inverse.
Json to_json(const Plan& plan);
/// Errors: bad_input with the JSON path, and for what plan_bounds.hpp does not allow.
Result<Plan> plan_from_json(const Json& json);

}  // namespace ocibench::coordinator
