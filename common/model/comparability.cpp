#include "common/model/comparability.hpp"

namespace ocibench {

std::string_view to_string(WorkKind work) {
  switch (work) {
    case WorkKind::normalised: return "normalised";
    case WorkKind::tool_default: return "tool-default";
  }
  return "unknown";
}

std::string_view to_string(Platforms platforms) {
  switch (platforms) {
    case Platforms::all: return "all";
    case Platforms::host: return "host";
  }
  return "unknown";
}

}  // namespace ocibench
