#include "common/model/phase.hpp"

namespace ocibench {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::setup: return "setup";
    case Phase::prewarm: return "prewarm";
    case Phase::populate: return "populate";
    case Phase::measure: return "measure";
    case Phase::verify: return "verify";
    case Phase::teardown: return "teardown";
  }
  return "unknown";
}

std::optional<Phase> phase_from(std::string_view name) {
  for (const Phase phase : kAllPhases) {
    if (to_string(phase) == name) {
      return phase;
    }
  }
  return std::nullopt;
}

}  // namespace ocibench
