#include "coordinator/report/artifact_path.hpp"

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

// Not the locale's idea of a letter.
bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::string path_component(std::string_view text) {
  if (text.empty()) {
    return "%";
  }
  std::string name;
  for (const char c : text) {
    // A leading dot would hide the file, or be "." or "..".
    if (stays(c) && !(c == '.' && name.empty())) {
      name += c;
    } else if (c == '/') {
      name += '~';
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return name;
}

std::string artifact_path(const AttemptId& id, std::uint32_t iteration, std::string_view name) {
  return fmt::format("{}/{}+a{}+i{}+{}", name.ends_with(".csv") ? "samples" : "logs",
                     path_component(id.trial.str()), id.attempt, iteration, path_component(name));
}

std::string evidence_path(const AttemptId& id, const Iteration& iteration) {
  return iteration.outcome.evidence.empty()
             ? std::string()
             : artifact_path(id, iteration.index, iteration.outcome.evidence);
}

bool ArtifactAssembly::accept(const std::string& path, const ArtifactChunk& chunk) {
  std::uint64_t& size = sizes_[path];
  if (chunk.offset != size) {
    return false;
  }
  size += chunk.bytes.size();
  return true;
}

}  // namespace ocibench::coordinator
