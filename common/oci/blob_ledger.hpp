#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/oci/copy_options.hpp"

namespace ocibench::oci {

/// What to do about a blob that a repository of the target needs.
struct BlobDecision {
  enum class Action {
    none,      ///< it is there
    wait,      ///< somebody is bringing it: ask again once that has ended
    transfer,  ///< the one who asked brings it, and says how that ended
  };
  enum class Check { none, head };

  Action action = Action::none;
  Check check = Check::none;  ///< whether to ask the registry before
  std::string mount_from;     ///< a repository that has it; empty: upload

  friend bool operator==(const BlobDecision&, const BlobDecision&) = default;
};

/// Which blobs are in which repositories of one registry, as far as a run of ours knows, and which
/// are on their way. Decides, touches nothing.
class BlobLedger {
 public:
  explicit BlobLedger(CopyOptions options) : options_(std::move(options)) {}

  /// After a transfer the caller owes arrived() or failed().
  BlobDecision claim(const std::string& repository, const std::string& digest);
  void arrived(const std::string& repository, const std::string& digest);
  void failed(const std::string& repository, const std::string& digest);

 private:
  struct Blob {
    std::set<std::string> has;     // repositories
    std::set<std::string> coming;  // repositories
  };

  CopyOptions options_;
  std::map<std::string, Blob> blobs_;
};

}  // namespace ocibench::oci
