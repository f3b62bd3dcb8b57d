#pragma once

#include <string>
#include <string_view>

#include "common/oci/client.hpp"
#include "tests/support/scripted_registry.hpp"

namespace ocibench::oci {

inline const ByteSink kDiscard = [](std::string_view) { return Result<void>{}; };

inline Client client_of(const testing_support::ScriptedRegistry& registry,
                        ClientLimits limits = {}) {
  return Client::create(registry.endpoint(), limits).value();
}

inline std::string index_of_referrers() {
  return write_manifest({.media_type = std::string(media_type::kOciIndex),
                         .children = {{.media_type = std::string(media_type::kOciManifest),
                                       .digest = sha256_digest("sbom"),
                                       .size_bytes = 4,
                                       .artifact_type = "application/sbom"},
                                      {.media_type = std::string(media_type::kOciManifest),
                                       .digest = sha256_digest("signature"),
                                       .size_bytes = 9,
                                       .artifact_type = "application/signature"}}});
}

}  // namespace ocibench::oci
