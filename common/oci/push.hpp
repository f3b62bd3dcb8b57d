#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/endpoint.hpp"
#include "common/oci/layout.hpp"

namespace ocibench::oci {

struct PushOptions {
  std::string repository_prefix;  ///< put before each image's repository, e.g. "bench/run1/"
  std::uint32_t connections = 4;  ///< threads, each with a Client of its own
};

struct PushReport {
  std::uint64_t moved_bytes = 0;  ///< of blobs and manifests that were sent
  std::uint32_t uploaded_blobs = 0;
  std::uint32_t mounted_blobs = 0;
  std::uint32_t present_blobs = 0;  ///< were there already

  friend bool operator==(const PushReport&, const PushReport&) = default;
};

/// Pushes `images`, whose every blob is in `layout`: each blob once per repository, taken over from
/// a sibling repository where this push has put it; then manifests, children first, then the tag.
/// A retried push skips what is there. Errors: those of Client and Layout.
Result<PushReport> push_images(const Layout& layout, std::span<const ResolvedImage> images,
                               const Endpoint& target, const PushOptions& options = {});

}  // namespace ocibench::oci
