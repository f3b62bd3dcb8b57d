#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::oci {

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

bool is_repository(std::string_view text);
bool is_tag(std::string_view text);
/// A DNS name, IPv4 address or bracketed IPv6 address with an optional port.
bool is_host(std::string_view text);

}  // namespace ocibench::oci
