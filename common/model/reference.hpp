#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/host_name.hpp"

namespace ocibench {

/// "host[:port]/repository[:tag][@digest]" with the host always written out: no Docker Hub
/// defaults.
struct Reference {
  std::string host;        ///< "127.0.0.1:5001", "ghcr.io"
  std::string repository;  ///< "library/alpine"
  std::string tag;         ///< empty when only a digest is given
  std::string digest;      ///< empty when only a tag is given

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// Grammar of distribution-spec 1.1 ("Pulling manifests"). Errors: bad_input with the text and the
/// part that is wrong; neither tag nor digest is an error too, because a corpus never means
/// "latest" by accident.
Result<Reference> parse_reference(std::string_view text);

/// "host/repository:tag@digest" with the parts that are present.
std::string to_string(const Reference& reference);

/// What OCI's registries and files call things. is_host() is in common/host_name.hpp.
inline constexpr std::size_t kMaxRepositoryBytes = 255;
inline constexpr std::size_t kMaxTagBytes = 128;
inline constexpr std::size_t kMaxMediaTypeBytes = 255;  // RFC 6838, 4.2: 127 on each side
inline constexpr std::size_t kMaxPlatformBytes = 128;

/// <name> and <reference> as a tag: distribution-spec 1.1, "Pulling manifests".
bool is_repository(std::string_view text);
bool is_tag(std::string_view text);
/// True for "sha256:" + 64 or "sha512:" + 128 lower-case hexadecimal digits, the two registered
/// algorithms of image-spec 1.1 descriptor.md.
bool is_digest(std::string_view text);
/// "type/subtype", what RFC 6838, 4.2 allows and more: nothing that would end a header or a text.
bool is_media_type(std::string_view text);
/// "os/architecture[/variant]" of image-spec 1.1 image-index.md, "linux/arm64/v8".
bool is_platform(std::string_view text);

}  // namespace ocibench
