#include "common/model/assignment.hpp"

namespace ocibench {

std::string_view to_string(TrialKind kind) {
  switch (kind) {
    case TrialKind::measure: return "measure";
    case TrialKind::observe: return "observe";
  }
  return "unknown";
}

}  // namespace ocibench
