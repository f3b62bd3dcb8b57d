#include "common/model/outcome.hpp"

#include <utility>

namespace ocibench {

std::string_view to_string(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::complete: return "complete";
    case OutcomeKind::partial: return "partial";
    case OutcomeKind::failed: return "failed";
    case OutcomeKind::timed_out: return "timed_out";
    case OutcomeKind::lost: return "lost";
    case OutcomeKind::invalid: return "invalid";
    case OutcomeKind::not_run: return "not_run";
  }
  return "unknown";
}

std::optional<OutcomeKind> outcome_kind_from(std::string_view name) {
  for (const OutcomeKind kind : kAllOutcomeKinds) {
    if (to_string(kind) == name) {
      return kind;
    }
  }
  return std::nullopt;
}

Outcome not_run(std::string cause) {
  return {.kind = OutcomeKind::not_run, .cause = std::move(cause)};
}

}  // namespace ocibench
