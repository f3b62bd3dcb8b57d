#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/comparability.hpp"
#include "common/model/corpus.hpp"
#include "common/model/ids.hpp"
#include "common/model/scenario_steps.hpp"
#include "common/model/target.hpp"

namespace ocibench {

enum class TrialKind : std::uint8_t {
  measure,  ///< timed iterations, nothing between the tool and the registries
  observe,  ///< one untimed run whose requests are recorded: a WireObserved and no iterations
};

inline constexpr std::array kAllTrialKinds = {TrialKind::measure, TrialKind::observe};

std::string_view to_string(TrialKind kind);  ///< "measure", "observe"

/// One (scenario, subject, parameter point, round): the unit that is leased to a lane as a whole.
struct Trial {
  TrialId id;
  std::string scenario;
  std::string tool;
  TrialKind kind = TrialKind::measure;
  std::uint32_t round = 1;
  std::uint32_t lane = 1;        ///< planned lane, from 1; what has one number runs in one place
  std::uint32_t images = 0;      ///< works on the first so many of the corpus; 0: on all of them
  std::uint32_t iterations = 5;  ///< 0 when it only observes
  std::chrono::milliseconds iteration_timeout{0};  ///< the tool's deadline in each iteration
  std::chrono::milliseconds overhead_timeout{0};   ///< for all untimed phases together

  friend bool operator==(const Trial&, const Trial&) = default;
};

/// The registries that a trial runs between: those that the agent starts itself, and where the
/// target is another.
struct RegistrySpec {
  std::string name;               ///< of the definition in competitors/, "docker-registry"
  std::string definition_sha256;  ///< of that file on the coordinator; the agent's must be equal
  bool tls = false;               ///< between the tool and every registry
  std::string storage;            ///< "memory" (tmpfs) or "disk"
  TargetSpec target;

  friend bool operator==(const RegistrySpec&, const RegistrySpec&) = default;
};

/// A trial leased to a lane, with all that the lane needs to know. The agent looks the tool up in
/// its own catalog by name and refuses when the hashes differ.
struct Assignment {
  CampaignId campaign;
  Trial trial;
  std::uint32_t attempt = 1;  ///< 1-based; a re-run after a lost agent is the next one
  std::string tool_definition_sha256;
  RegistrySpec registry;
  ScenarioSteps steps;
  Comparability comparability;
  CorpusSpec corpus;
  ResolvedCorpus lock;  ///< what the corpus must turn out to be, digest by digest
  /// What some tags of the lock name when the time is taken: the source moves them after populate.
  std::vector<ResolvedImage> moved;

  friend bool operator==(const Assignment&, const Assignment&) = default;
};

}  // namespace ocibench
