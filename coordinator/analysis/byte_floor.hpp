#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/model/iteration.hpp"
#include "coordinator/analysis/planned_proof.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

// A copy sends bytes. Content that is at the target afterwards, although far less than its unique
// blobs was sent, came there another way (a hard link between the registries' storage, a process
// that the tool had left behind), and how long that took is no answer to the scenario's question.
//
// The floor is times x unique bytes:
//   unique bytes  of the different blobs that must be at the target after the timed run and were in
//                 none of its repositories before. So all of them for `populate = nothing`; those
//                 of moved tags for `corpus`; no more for `destination = other`, since a registry
//                 may mount whatever it has.
//   times         2 on lo, where both the source and the tool send; 1 where only what the tool
//   sends
//                 to the target crosses the interface.
// Manifests and headers come on top and are left out. Bodies that HTTP compresses on the way would
// make it too high; blobs are proven by digest, and no registry that is proven so compresses them.

/// An iteration that sent less than this share of the floor has no number.
inline constexpr double kFloorThreshold = 0.9;

struct ByteFloor {
  std::uint64_t unique_bytes = 0;
  std::uint32_t times = 1;
  bool loopback = false;  ///< the target is on the agent's machine: lo is what counts
  bool mounts = false;    ///< further repositories of a registry that has the blobs
  bool populated = false;

  [[nodiscard]] std::uint64_t bytes() const { return times * unique_bytes; }
  friend bool operator==(const ByteFloor&, const ByteFloor&) = default;
};

/// How often what a tool copies crosses the interface that is measured: see `times` above.
std::uint32_t times_sent(const Plan& plan);

ByteFloor byte_floor(const Plan& plan, const PlannedProof& planned);

/// Why a run that sent this has no number; empty when it has. Bytes that nobody has measured, or
/// that were counted on an interface which the content does not cross, prove no movement: where
/// there is a floor, such an iteration has none either.
std::string why_below(const ByteFloor& floor, const std::optional<NetworkUse>& network);

/// For the report: the formula with its numbers.
std::string floor_sentence(const ByteFloor& floor);

}  // namespace ocibench::coordinator
