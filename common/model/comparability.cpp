#include "common/model/comparability.hpp"

namespace ocibench {

std::string_view to_string(WorkKind work) {
  switch (work) {
    case WorkKind::normalised: return "normalised";
    case WorkKind::tool_default: return "tool-default";
  }
  return "unknown";
}

}  // namespace ocibench
