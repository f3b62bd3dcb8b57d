#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/time_budget.hpp"
#include "agent/verification.hpp"
#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// A tag or manifest that a run is to bring.
struct AwaitedManifest {
  std::string repository;
  std::string reference;  ///< a tag or a digest
  std::string digest;

  friend bool operator==(const AwaitedManifest&, const AwaitedManifest&) = default;
};

/// A blob that a run is to bring into a repository.
struct AwaitedBlob {
  std::string repository;
  BlobInfo blob;
  bool elsewhere = false;  ///< another repository there has it, by what is proven

  friend bool operator==(const AwaitedBlob&, const AwaitedBlob&) = default;
};

/// What a run is to bring, and nothing twice.
struct Awaited {
  std::vector<AwaitedManifest> manifests;
  std::vector<AwaitedBlob> blobs;
};

/// What must be there afterwards and is not proven to be there before. A manifest that a tag names
/// is asked for by its tag and by its digest.
Awaited awaited(const std::vector<ExpectedImage>& before, const std::vector<ExpectedImage>& after);

/// The largest so many blobs: they decide how long an upload takes, and at a registry that is not
/// ours a probe must not use up a quota.
inline constexpr std::size_t kProbedBlobs = 32;
/// Only those, each digest once.
void keep_largest_blobs(Awaited& awaited);

/// What of it is there, by name: "repository:tag", "repository@digest"; sorted.
struct Presence {
  std::vector<std::string> manifests;
  std::vector<std::string> blobs;            ///< that are in no other repository
  std::vector<std::string> blobs_elsewhere;  ///< as AwaitedBlob::elsewhere

  friend bool operator==(const Presence&, const Presence&) = default;
};

/// HEADs everything that is awaited. A tag that names another digest counts as absent, and so does
/// any answer but 200: registries differ in what they say of a repository that does not exist yet.
/// Errors: those of TimeBudget; of Client::create; unavailable when the registry does not answer.
Result<Presence> probe_target(const oci::Endpoint& target, const Awaited& awaited,
                              const TimeBudget& budget);

}  // namespace ocibench::agent
