#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/model/corpus.hpp"
#include "common/oci/blob_ledger.hpp"
#include "common/oci/copy_options.hpp"

namespace ocibench::oci {

/// One thing for one worker to do, without waiting for another.
struct CopyTask {
  enum class Step { resolve, transfer, publish };

  Step step = Step::resolve;
  std::size_t image = 0;
  BlobInfo blob;     ///< of a transfer
  BlobDecision how;  ///< of a transfer
};

/// The order of work of a copy: an image is resolved, then its blobs are transferred, then it is
/// published; what others bring is waited for without a worker. Decides, touches nothing.
///
/// Every task that next() gives out is answered by exactly one of resolved(), transferred(),
/// settled() and failed(). As long as they are, next() runs dry only when finished().
class CopyPlan {
 public:
  /// `repositories`: at the target, one for each image; the same one may come several times.
  CopyPlan(std::vector<std::string> repositories, const CopyOptions& options);

  /// The next task that can be done now. Images that are begun go before those that are not.
  std::optional<CopyTask> next();
  /// Every image is published, unchanged or failed.
  [[nodiscard]] bool finished() const { return settled_ == images_.size(); }

  /// The image needs `blobs`, in any order, repeated or not.
  void resolved(std::size_t image, std::span<const BlobInfo> blobs);
  void transferred(const CopyTask& task);
  /// The image is published, or needs nothing.
  void settled(std::size_t image);
  /// The image is given up; who waited for its blob brings it instead. Several tasks of one image
  /// may fail.
  enum class Failure { first, further };
  Failure failed(const CopyTask& task);

  /// So that memory does not depend on how many images there are.
  static constexpr std::size_t kMaxOpenImages = 64;

 private:
  enum class State { untouched, open, settled };
  struct Image {
    std::string repository;
    State state = State::untouched;
    std::size_t missing_blobs = 0;
  };
  struct Wish {
    std::size_t image = 0;
    BlobInfo blob;
  };

  [[nodiscard]] std::string key(std::size_t image, const BlobInfo& blob) const;
  void want(const Wish& wish);
  void got_blob(std::size_t image);
  void give_back(const CopyTask& task);
  void wake(const std::string& key);

  CopyOptions options_;
  std::vector<Image> images_;
  BlobLedger ledger_;
  std::deque<std::size_t> publishable_;
  std::deque<CopyTask> transfers_;
  std::map<std::string, std::vector<Wish>> waiting_;
  std::size_t next_image_ = 0;
  std::size_t open_ = 0;
  std::size_t settled_ = 0;
};

}  // namespace ocibench::oci
