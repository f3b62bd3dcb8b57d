#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "protocol/allow_list.hpp"
#include "protocol/key_file.hpp"

namespace ocibench::coordinator {

/// The folder with the public keys of the agents that may come, watched while a campaign runs.
///
/// A file that is gone gives no key any more, whatever else is in the folder. A file that cannot be
/// used is skipped and named. One that was in use and is now malformed stays in use until the next
/// look, since it may be half written; a folder that is gone, likewise. A file or folder that may
/// not be read gives no keys; where this process lacks what it needs to read one (descriptors,
/// memory), what was read before stays in use. A key with two names gives neither.
class AgentKeys {
 public:
  static constexpr std::chrono::seconds kLookAgain{1};
  /// More files than this are not read.
  static constexpr std::size_t kMaxKeyFiles = 8192;

  /// Errors: not_found, io (the folder).
  static Result<AgentKeys> open(std::filesystem::path directory, MonoTime now);

  [[nodiscard]] const protocol::AllowList& allowed() const { return allowed_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// What has changed since the last look; the first look also has the problems of open().
  struct Change {
    bool of_allowed = false;            ///< allowed() is another list now
    std::set<AgentName> revoked;        ///< names that have no key any more
    std::vector<std::string> problems;  ///< that are new, each with the file's name
  };
  /// nullopt when it is too early to look again, or nothing has changed.
  std::optional<Change> look_again(MonoTime now);

 private:
  struct FileState {
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    std::int64_t size_bytes = 0;

    friend bool operator==(const FileState&, const FileState&) = default;
  };
  struct Entry {
    FileState state;
    std::optional<protocol::NamedPublicKey> key;
    std::string problem;   // empty: none
    bool settled = true;   // false: to be read again, though the file does not change
    bool doubted = false;  // `key` is from before the file became malformed
  };
  struct Listing;

  explicit AgentKeys(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Listing list() const;
  void look(const Listing& listing);
  [[nodiscard]] std::optional<Entry> look_at(const std::string& name) const;
  [[nodiscard]] Entry read(const std::filesystem::path& file, const FileState& state,
                           const Entry* before) const;
  void admit();

  std::filesystem::path directory_;
  std::map<std::string, Entry> files_;  // by file name
  protocol::AllowList allowed_;
  std::set<std::string> problems_;  // of the last look
  std::set<std::string> reported_;  // those of them that look_again() has returned
  bool missed_ = false;             // the folder was not there at the last look
  MonoTime looked_{};
};

}  // namespace ocibench::coordinator
