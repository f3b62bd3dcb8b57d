#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "common/error.hpp"
#include "common/model/corpus.hpp"

namespace ocibench::oci {

/// Raised whenever the same SyntheticSpec would give other digests: part of the cache key.
inline constexpr std::uint32_t kSyntheticGeneration = 1;

/// Writes the images of `spec` into a new OCI layout at `directory` and returns them locked.
///
/// The seed contract: image i (from 1) is "<repository_prefix>-<i, two digits or more>:1". Layer k
/// of it on platform p holds one tar entry whose content is made of 64 KiB blocks; of each block
/// the first `compressibility` share is zero and the rest comes from RandomBytes seeded with
/// "<seed>/<image>/<platform>/<layer>". The first round(shared_share * layers) layers use image 0,
/// so they are common to all images of a platform. With several platforms the tag names an index.
/// With `referrer` one artifact manifest (kReferrerArtifactType) whose subject is the first image
/// is listed in the layout without a name; it is not in the result, because a copy of the tags
/// does not have to move it. push_images() pushes it.
///
/// Equal specs give equal digests on every machine whose zlib is of one version (level 0: any).
/// Layers are made by two threads and streamed; memory is bounded.
/// Errors: bad_input (spec), limit, conflict (directory exists), io.
Result<ResolvedCorpus> write_synthetic(const SyntheticSpec& spec, std::string_view corpus_name,
                                       const std::filesystem::path& directory);

inline constexpr std::string_view kReferrerArtifactType = "application/vnd.ocibench.note.v1+json";

}  // namespace ocibench::oci
