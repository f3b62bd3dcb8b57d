#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/model/corpus.hpp"

namespace ocibench::oci {

/// What every registry must accept (distribution-spec 1.1, "Pushing Manifests"); more is refused.

namespace media_type {
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
}  // namespace media_type

bool is_index_type(std::string_view media_type);
/// An image manifest or an index, OCI or docker.
bool is_manifest_type(std::string_view media_type);
/// A layer that lives elsewhere and must not be pushed (non-distributable or foreign).
bool is_foreign_layer_type(std::string_view media_type);

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;

  friend bool operator==(const Platform&, const Platform&) = default;
};
/// "linux/arm64/v8" and back. Errors: bad_input.
std::string to_string(const Platform& platform);
Result<Platform> parse_platform(std::string_view text);

struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size_bytes = 0;
  std::optional<Platform> platform;
  std::string artifact_type;
  std::map<std::string, std::string> annotations;

  [[nodiscard]] BlobInfo blob() const { return {digest, size_bytes}; }
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

/// An image manifest or an index: image-spec 1.1 manifest.md and image-index.md, docker schema 2.
struct Manifest {
  std::string media_type;
  std::optional<Descriptor> config;  ///< present unless an index
  std::vector<Descriptor> layers;    ///< empty for an index
  std::vector<Descriptor> children;  ///< of an index: "manifests"
  std::optional<Descriptor> subject;
  std::string artifact_type;
  std::map<std::string, std::string> annotations;

  [[nodiscard]] bool is_index() const { return is_index_type(media_type); }
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// Strict about what copying depends on (types, digests, sizes), silent about unknown members.
/// `content_type` is what the server or descriptor said; empty when nothing did, then the body's
/// mediaType member decides, and the two must agree when both are there.
/// Errors: bad_input, limit.
Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type);

/// The bytes to push; deterministic.
std::string write_manifest(const Manifest& manifest);

/// For verification and locks. Foreign layers are left out of `blobs`: nobody copies them.
ManifestInfo to_info(const Manifest& manifest, std::string_view digest, std::uint64_t size_bytes);

}  // namespace ocibench::oci
