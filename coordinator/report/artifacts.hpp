#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/durable/record_log.hpp"
#include "common/error.hpp"
#include "common/model/record.hpp"
#include "coordinator/analysis/campaign_state.hpp"

namespace ocibench::coordinator {

/// `text` as one component of a path: "cold/skopeo/r1" gives "cold~skopeo~r1". Letters, digits,
/// '.',
/// '_' and '-' stay, '/' becomes '~', every other byte %XX; "" , "." and ".." cannot come out.
/// Different texts give different names.
std::string path_component(std::string_view text);

/// Where an artefact lies in a bundle: "logs/cold~skopeo~r1+a1+i3+stderr.log.gz". *.csv go to
/// samples/, everything else to logs/. Whatever the name holds, it stays in that folder.
std::string artifact_path(const AttemptId& id, std::uint32_t iteration, std::string_view name);

/// The evidence of an outcome as a path in the bundle: agents name a file of their iteration.
/// Empty when there is none.
std::string evidence_path(const AttemptId& id, const Iteration& iteration);

/// Takes a piece of the file `path` of the bundle, in order; the same file may come in many pieces.
using ArtifactSink = std::function<Result<void>(const std::string& path, std::string_view bytes)>;

/// Streams the artefacts of the journal, so that memory does not depend on their size. Left out are
/// chunks that an agent sent of an attempt which it did not hold, and chunks that do not continue
/// their file. Stops at the first error of `sink`. Errors: as visit_journal, and those of `sink`.
Result<void> visit_artifacts(const durable::RecordLog& journal, const CampaignState& state,
                             const ArtifactSink& sink);

}  // namespace ocibench::coordinator
