#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "common/durable/record_log.hpp"
#include "common/error.hpp"
#include "common/model/ids.hpp"
#include "coordinator/run_notes.hpp"

namespace ocibench::coordinator {

/// Where a campaign lives until its bundle is written: RESULTS/.running/<campaign>/, open to its
/// owner only, with the journal, what a resume has to know (run.json) and, in local mode, the keys
/// and the agent's spool and log.
class RunDirectory {
 public:
  /// For notes.campaign; in local mode with its keys. Errors: io, conflict (`.running` belongs to
  /// another user), unavailable (no CURVE).
  static Result<RunDirectory> create(const std::filesystem::path& results, RunNotes notes);
  /// An unfinished run; `run` empty: the newest one that no coordinator holds. What is not such a
  /// folder of this user is refused before anything in it is opened.
  /// Errors: not_found (with what to do), bad_input (another folder, a bundle, a symbolic link),
  /// conflict (another coordinator is at it), io.
  static Result<RunDirectory> reopen(const std::filesystem::path& results,
                                     const std::filesystem::path& run);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] durable::RecordLog& journal() { return journal_; }
  [[nodiscard]] std::filesystem::path agent_state() const { return path_ / "agent"; }
  [[nodiscard]] std::filesystem::path agent_log() const { return path_ / "agent.log"; }
  [[nodiscard]] const CampaignId& campaign() const { return notes_.campaign; }

  [[nodiscard]] const RunNotes& notes() const { return notes_; }
  /// Replaces them, also on the disk. Requires: of the same campaign. Errors: io.
  Result<void> set_notes(RunNotes notes);

  /// After the bundle is written: removes the files that this program makes in such a folder, and
  /// the folder when nothing else is in it. Follows no symbolic link. Returns what is left there.
  [[nodiscard]] std::vector<std::filesystem::path> remove();

 private:
  RunDirectory(std::filesystem::path path, RunNotes notes, durable::RecordLog journal)
      : path_(std::move(path)), notes_(std::move(notes)), journal_(std::move(journal)) {}

  std::filesystem::path path_;
  RunNotes notes_;
  durable::RecordLog journal_;
};

}  // namespace ocibench::coordinator
