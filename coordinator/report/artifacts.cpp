#include "coordinator/report/artifacts.hpp"

#include <map>

#include <fmt/format.h>

#include "coordinator/analysis/journal.hpp"

namespace ocibench::coordinator {
namespace {

// Not the locale's idea of a letter.
bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

const ArtifactChunk* chunk_of(const JournalEntry& entry) {
  const auto* told = std::get_if<AgentRecord>(&entry.body);
  return told == nullptr ? nullptr : std::get_if<ArtifactChunk>(told);
}

using Attempts = std::map<AttemptId, const AttemptState*>;

Attempts attempts_by_id(const CampaignState& state) {
  Attempts attempts;
  for (const TrialState& trial : state.trials) {
    for (const AttemptState& attempt : trial.attempts) {
      attempts.emplace(attempt.id, &attempt);
    }
  }
  return attempts;
}

/// Whether the attempt was leased to the agent that wrote the entry.
bool is_holder(const Attempts& attempts, const AttemptId& id, const JournalEntry& entry) {
  const auto attempt = attempts.find(id);
  return attempt != attempts.end() && attempt->second->agent == entry.agent &&
         attempt->second->boot == entry.boot;
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

Result<void> visit_artifacts(const durable::RecordLog& journal, const CampaignState& state,
                             const ArtifactSink& sink) {
  const Attempts attempts = attempts_by_id(state);
  std::map<std::string, std::uint64_t> sizes;
  return visit_journal(journal, [&](const JournalEntry& entry) -> Result<void> {
    const ArtifactChunk* chunk = chunk_of(entry);
    if (chunk == nullptr || !is_holder(attempts, chunk->id, entry)) {
      return {};
    }
    const std::string path = artifact_path(chunk->id, chunk->iteration, chunk->name);
    std::uint64_t& size = sizes[path];
    if (chunk->offset != size) {
      return {};
    }
    size += chunk->bytes.size();
    return sink(path, chunk->bytes);
  });
}

}  // namespace ocibench::coordinator
