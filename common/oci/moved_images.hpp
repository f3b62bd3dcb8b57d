#pragma once

#include <vector>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/layout.hpp"
#include "common/oci/resolve.hpp"

namespace ocibench::oci {

/// What some tags of `lock` name after they have moved: `share` of them, at least one, those whose
/// names hash lowest. Of each image manifest below such a tag the last layer is replaced by another
/// with as many bytes as the old one has compressed, as a new build would do; everything else
/// stays. Equal arguments give equal digests wherever zlib is of one version. Errors: bad_input
/// when `spec` names images of somebody's registry, whose tags we cannot move; those of
/// provide_layout and Layout.
Result<std::vector<ResolvedImage>> resolve_moved(const CorpusSpec& spec, const ResolvedCorpus& lock,
                                                 double share, const CorpusContext& context);

/// A layout that holds every blob of `moved`, which is a result of resolve_moved().
/// Errors: conflict when the corpus no longer gives these digests; as resolve_moved().
Result<Layout> provide_moved_layout(const CorpusSpec& spec, const ResolvedCorpus& lock,
                                    const std::vector<ResolvedImage>& moved,
                                    const CorpusContext& context);

}  // namespace ocibench::oci
