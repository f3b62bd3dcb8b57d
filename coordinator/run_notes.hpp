#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/error.hpp"
#include "common/json.hpp"
#include "common/model/ids.hpp"
#include "common/process/process_stat.hpp"

namespace ocibench::coordinator {

/// Where the keys of a run are: never the keys themselves.
struct KeyPaths {
  std::filesystem::path own;        ///< the coordinator's NAME.key
  std::filesystem::path of_agents;  ///< folder with the .pub file of each agent that may come

  friend bool operator==(const KeyPaths&, const KeyPaths&) = default;
};

/// What a coordinator that resumes a run has to know and no report prints. It lies beside the
/// journal as run.json and is no part of the bundle; it also marks the folder as a run of ours.
struct RunNotes {
  CampaignId campaign;           ///< the name of the folder
  std::optional<KeyPaths> keys;  ///< as --key and --agents gave them; none: local mode, whose
                                 ///< keys are in the folder itself
  std::string endpoint;          ///< where its agents look for it; empty until it has listened
  std::optional<ProcessIdentity> local_agent;

  [[nodiscard]] bool local() const { return !keys; }
  friend bool operator==(const RunNotes&, const RunNotes&) = default;
};

inline constexpr const char* kRunNotesFile = "run.json";

Json to_json(const RunNotes& notes);
/// Errors: bad_input.
Result<RunNotes> run_notes_from_json(const Json& json, const std::string& origin);

/// Errors: not_found, bad_input, io.
Result<RunNotes> read_run_notes(const std::filesystem::path& run);
/// Readable by the owner only. Errors: io.
Result<void> write_run_notes(const std::filesystem::path& run, const RunNotes& notes);

}  // namespace ocibench::coordinator
