#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/oci/copy_options.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::oci {

/// One tag to copy. It keeps its name.
struct CopyJob {
  std::string source_repository;
  std::string tag;
  std::string target_repository;

  friend auto operator<=>(const CopyJob&, const CopyJob&) = default;
};

enum class CopyOutcome { copied, unchanged, failed };
std::string_view to_string(CopyOutcome outcome);

struct CopiedImage {
  std::size_t job = 0;  ///< its place in the list
  CopyOutcome outcome = CopyOutcome::failed;
  std::string digest;          ///< of the tagged manifest; may be empty when failed
  std::optional<Error> error;  ///< when failed
};

struct CopyReport {
  std::vector<CopiedImage> images;  ///< in the order in which they ended
  std::uint64_t moved_bytes = 0;    ///< of blobs and manifests that were sent
  std::uint32_t uploaded_blobs = 0;
  std::uint32_t mounted_blobs = 0;
  std::uint32_t present_blobs = 0;  ///< found at the target by asking

  [[nodiscard]] std::size_t count(CopyOutcome outcome) const;
};

/// Called once for each image when it has ended, by one thread at a time.
using CopyProgress = std::function<void(const CopiedImage&)>;

/// Copies images with all their platforms, not their referrers, from registry to registry: the
/// bytes of a blob go from the one to the other as they come, each checked against its digest
/// before the upload can end. No temporary file; memory depends on `connections` and not on sizes.
/// An image that fails does not stop the others. Requires: options.connections > 0.
/// Errors: bad_input (a host), internal (the HTTP library); what happens to an image is in the
/// report.
Result<CopyReport> copy_images(const Endpoint& source, const Endpoint& target,
                               std::span<const CopyJob> jobs, const CopyOptions& options = {},
                               const CopyProgress& progress = {});

}  // namespace ocibench::oci
