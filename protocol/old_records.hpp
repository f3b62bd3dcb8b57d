#pragma once

#include <optional>
#include <variant>

#include "common/model/record.hpp"
#include "protocol/serialize.hpp"

// Shapes of records that are written no more. Journals hold them for ever, so their readers stay:
// each format has the list of its kinds and one conversion into the records of today. A number of a
// kind is never used again.

namespace ocibench::protocol {

// ---- format 5: any text might have 1 MiB, and its kind 67 had no Verification::content_sha256

inline constexpr std::size_t kMaxTextBytesV5 = kMiB;

struct VerificationV5 {
  Verification value;
};

struct IterationFinishedV5 {
  IterationFinished value;  ///< Iteration::verification is absent: it is in `verification`
  std::optional<VerificationV5> verification;
};

using AgentRecordV5 = std::variant<TrialStarted, PhaseFinished, IterationFinishedV5, ArtifactChunk,
                                   TrialFinished, WireObserved>;

using CoordinatorRecordV5 = CoordinatorRecord;

AgentRecord to_current(AgentRecordV5 old);
inline CoordinatorRecord to_current(CoordinatorRecordV5 old) { return old; }

template <Fields A>
void serialize(A& archive, VerificationV5& old) {
  Verification& verification = old.value;
  archive(CEREAL_NVP(verification.images_expected), CEREAL_NVP(verification.images_found),
          CEREAL_NVP(verification.manifests_expected), CEREAL_NVP(verification.manifests_found),
          CEREAL_NVP(verification.blobs_expected), CEREAL_NVP(verification.blobs_found),
          CEREAL_NVP(verification.bytes_proven), CEREAL_NVP(verification.missing));
}

template <Fields A>
void serialize(A& archive, IterationFinishedV5& old) {
  Iteration& iteration = old.value.iteration;
  archive(cereal::make_nvp("iteration_finished.id", old.value.id), CEREAL_NVP(iteration.index),
          CEREAL_NVP(iteration.outcome), CEREAL_NVP(iteration.started_at),
          CEREAL_NVP(iteration.wall), CEREAL_NVP(iteration.exit_code), CEREAL_NVP(iteration.signal),
          CEREAL_NVP(iteration.network), CEREAL_NVP(iteration.resources),
          CEREAL_NVP(iteration.validity), CEREAL_NVP(iteration.sampler),
          cereal::make_nvp("iteration.verification", old.verification),
          CEREAL_NVP(iteration.last_log_lines), CEREAL_NVP(iteration.marks));
}

}  // namespace ocibench::protocol
