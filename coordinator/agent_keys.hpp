#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "protocol/allow_list.hpp"

namespace ocibench::coordinator {

/// The folder with the public keys of the agents that may come, watched while a campaign runs.
class AgentKeys {
 public:
  static constexpr std::chrono::seconds kLookAgain{1};

  /// Errors: those of protocol::read_allow_list.
  static Result<AgentKeys> open(std::filesystem::path directory, MonoTime now);

  [[nodiscard]] const protocol::AllowList& allowed() const { return allowed_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// What has changed since the last look.
  struct Change {
    std::set<AgentName> revoked;  ///< names that have no key any more
  };
  /// nullopt when it is too early to look again, or nothing has changed. Errors: those of
  /// read_allow_list, at each look until it can be read; the list stays as it was.
  Result<std::optional<Change>> look_again(MonoTime now);

 private:
  struct FileState {
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    std::int64_t size_bytes = 0;

    friend bool operator==(const FileState&, const FileState&) = default;
  };
  using Fingerprint = std::map<std::string, FileState>;
  explicit AgentKeys(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Fingerprint fingerprint() const;

  std::filesystem::path directory_;
  protocol::AllowList allowed_;
  Fingerprint seen_;
  MonoTime looked_{};
};

}  // namespace ocibench::coordinator
