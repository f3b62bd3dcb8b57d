#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/model/expectation.hpp"
#include "common/model/iteration.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

// What a complete iteration must have proven follows from the plan. What an agent says that it
// expected is never taken for it.

/// One thing that a tool may rightly have copied, and its proof.
struct AcceptedProof {
  ExpectedProof proof;
  std::uint32_t fewest_blobs = 0;  ///< if the target had all images in one repository

  friend bool operator==(const AcceptedProof&, const AcceptedProof&) = default;
};

/// Manifests and blobs of what a tool copies, whether they were at the target before or not.
struct CopiedBytes {
  std::uint64_t least = 0;  ///< each once, however many repositories have it
  std::uint64_t most = 0;   ///< each once in every repository that has it

  friend bool operator==(const CopiedBytes&, const CopiedBytes&) = default;
};

/// What is least and most of two.
CopiedBytes widened(const CopiedBytes& one, const CopiedBytes& other);

/// By the plan, and where a tool copies the platform of its machine only, by what the agent says of
/// the machine.
struct PlannedProof {
  ScenarioSteps steps;
  /// One; several where it is not known whether the tool copies every platform, or which one.
  std::vector<AcceptedProof> any_of;
  /// Made by a coordinator that did not say what tools copy. Its agents told no digest, and counted
  /// blobs by the repositories of the target, where those of several images may be one.
  bool older_plan = false;
  std::uint64_t bytes_to_bring = 0;  ///< as blob_bytes_to_bring(); of any_of, the least
  CopiedBytes copied;                ///< of any_of, the least and the most

  friend bool operator==(const PlannedProof&, const PlannedProof&) = default;
};

/// What differs between the proof and the plan, as part of a sentence; empty when nothing does.
/// Requires: everything that the proof says was expected was found.
std::string difference(const Verification& proof, const PlannedProof& planned);

/// Works each of them out once: trials of one scenario, size and kind of tool have the same.
class PlannedProofs {
 public:
  /// `plan` must outlive it.
  explicit PlannedProofs(const Plan& plan) : plan_(plan) {}

  /// `platform`: of the machine that ran the trial; nullopt: unknown. The result lives as long as
  /// this object.
  const PlannedProof& of(const Trial& trial, const std::optional<std::string>& platform);

 private:
  using Key =
      std::tuple<std::string, std::uint32_t, std::optional<Platforms>, std::optional<std::string>>;

  const Plan& plan_;
  std::map<Key, PlannedProof> known_;
};

}  // namespace ocibench::coordinator
