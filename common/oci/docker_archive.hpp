#pragma once

#include <cstdint>
#include <filesystem>

#include "common/error.hpp"
#include "common/oci/layout.hpp"

namespace ocibench::oci {

struct ArchiveLimits {
  std::uint64_t max_entries = 100'000;
  std::uint64_t max_entry_bytes = 64ULL * 1024 * 1024 * 1024;
  std::uint64_t max_manifest_bytes = 4 * 1024 * 1024;  ///< manifest.json and each config
  std::size_t max_path_bytes = 1024;
};

/// Imports the images of a `docker save` tar (manifest.json with Config, RepoTags, Layers; written
/// by docker, podman or skopeo) into `layout`, compressing each layer deterministically at
/// `gzip_level`. Two passes over the file, nothing held in memory but small JSON. Nothing is ever
/// written under a name from the archive. Returns one descriptor per RepoTag (one without a name
/// when there is none), which the caller may add to the layout's index.
/// Errors: bad_input, limit, io, not_found.
Result<std::vector<Descriptor>> import_docker_archive(const std::filesystem::path& archive,
                                                      const Layout& layout, int gzip_level,
                                                      const ArchiveLimits& limits = {});

}  // namespace ocibench::oci
