#include "common/oci/blob_ledger.hpp"

namespace ocibench::oci {

using Action = BlobDecision::Action;
using Check = BlobDecision::Check;

BlobDecision BlobLedger::claim(const std::string& repository, const std::string& digest) {
  Blob& blob = blobs_[digest];
  const bool elsewhere = !blob.has.empty() || !blob.coming.empty();
  const bool mounts = options_.uses(CopyOptimisation::mounts);
  const Check known = options_.uses(CopyOptimisation::one_check) ? Check::none : Check::head;
  if (blob.coming.contains(repository)) {
    return {.action = Action::wait};
  }
  BlobDecision decision{.action = Action::transfer, .check = Check::head};
  if (blob.has.contains(repository)) {
    decision = {.action = known == Check::none ? Action::none : Action::transfer, .check = known};
  } else if (mounts && !blob.has.empty()) {
    decision = {.action = Action::transfer, .check = known, .mount_from = *blob.has.begin()};
  } else if (mounts && elsewhere) {
    return {.action = Action::wait};
  }
  if (decision.action == Action::transfer) {
    blob.coming.insert(repository);
  }
  return decision;
}

void BlobLedger::arrived(const std::string& repository, const std::string& digest) {
  Blob& blob = blobs_[digest];
  blob.coming.erase(repository);
  blob.has.insert(repository);
}

void BlobLedger::failed(const std::string& repository, const std::string& digest) {
  blobs_[digest].coming.erase(repository);
}

}  // namespace ocibench::oci
