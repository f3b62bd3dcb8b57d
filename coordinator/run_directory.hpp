#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/durable/record_log.hpp"
#include "common/error.hpp"
#include "common/model/ids.hpp"

namespace ocibench::coordinator {

/// Where a campaign lives until its bundle is written: RESULTS/.running/<campaign>/ with the
/// journal and, in local mode, the agent's spool and log.
class RunDirectory {
 public:
  /// Errors: io.
  static Result<RunDirectory> create(const std::filesystem::path& results,
                                     const CampaignId& campaign);
  /// An unfinished run; `run` empty: the newest one that no coordinator holds.
  /// Errors: not_found (with what to do), conflict (another coordinator is at it), io.
  static Result<RunDirectory> reopen(const std::filesystem::path& results,
                                     const std::filesystem::path& run);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] durable::RecordLog& journal() { return journal_; }
  [[nodiscard]] std::filesystem::path journal_path() const { return path_ / "journal.sqlite"; }
  [[nodiscard]] std::filesystem::path agent_state() const { return path_ / "agent"; }
  [[nodiscard]] std::filesystem::path agent_log() const { return path_ / "agent.log"; }
  [[nodiscard]] CampaignId campaign() const { return CampaignId(path_.filename().string()); }

  /// After the bundle is written.
  void remove();

 private:
  RunDirectory(std::filesystem::path path, durable::RecordLog journal)
      : path_(std::move(path)), journal_(std::move(journal)) {}

  std::filesystem::path path_;
  durable::RecordLog journal_;
};

}  // namespace ocibench::coordinator
