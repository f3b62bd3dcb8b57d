#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/model/corpus.hpp"
#include "common/process/process_stat.hpp"

namespace ocibench::coordinator {

/// How to start the one agent of local mode.
struct LocalAgentOptions {
  std::string endpoint;
  std::filesystem::path key_file;
  std::filesystem::path coordinator_key_file;
  std::filesystem::path state_directory;  ///< spool; survives the agent
  std::filesystem::path log;
  std::filesystem::path data_directory;
  std::filesystem::path cache_directory;
  std::filesystem::path tools_directory;
  std::vector<std::filesystem::path> corpus_directories;  ///< see directories_of()
  std::filesystem::path run_directory;                    ///< of the coordinator: hidden from tools
};

/// Where the files are that the corpus names, links resolved: what its agent must be allowed to
/// read. Empty for other corpora.
std::vector<std::filesystem::path> directories_of(const CorpusSpec& corpus);

/// An ocibench-agent on this machine, in a session of its own: an interrupt at the terminal reaches
/// the coordinator only, and a killed coordinator leaves the agent at work (it waits kOrphanAfter
/// for the campaign to be resumed).
class LocalAgent {
 public:
  static constexpr std::chrono::seconds kOrphanAfter{120};

  /// Starts the program `ocibench-agent` beside this executable. Errors: not_found, io.
  static Result<LocalAgent> start(const LocalAgentOptions& options);
  /// Takes over one that an earlier coordinator started. Errors: unavailable when it is gone, also
  /// where its process id now belongs to another process.
  static Result<LocalAgent> adopt(const ProcessIdentity& agent);

  [[nodiscard]] const ProcessIdentity& identity() const { return identity_; }
  /// Readable once the agent has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Waits for the end; sends SIGTERM after `patience` and SIGKILL after as much again.
  void finish(std::chrono::milliseconds patience);

 private:
  LocalAgent(ProcessIdentity identity, Fd pidfd) : identity_(identity), pidfd_(std::move(pidfd)) {}

  ProcessIdentity identity_;
  Fd pidfd_;
};

}  // namespace ocibench::coordinator
