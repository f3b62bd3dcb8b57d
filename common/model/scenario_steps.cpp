#include "common/model/scenario_steps.hpp"

namespace ocibench {

std::string_view to_string(Populate populate) {
  switch (populate) {
    case Populate::nothing: return "nothing";
    case Populate::corpus: return "corpus";
  }
  return "unknown";
}

std::string_view to_string(ToolState state) {
  switch (state) {
    case ToolState::fresh: return "fresh";
    case ToolState::kept: return "kept";
  }
  return "unknown";
}

std::string_view to_string(Destination destination) {
  switch (destination) {
    case Destination::same: return "same";
    case Destination::other: return "other";
  }
  return "unknown";
}

std::string_view to_string(Start start) {
  switch (start) {
    case Start::when_ready: return "when-ready";
    case Start::together: return "together";
  }
  return "unknown";
}

}  // namespace ocibench
