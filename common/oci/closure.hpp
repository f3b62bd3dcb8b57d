#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/manifest.hpp"

namespace ocibench::oci {

/// Reads one manifest by digest, its content checked.
using ManifestReader = std::function<Result<std::string>(std::string_view digest)>;

/// The manifest `root` and everything below it, breadth first, each once.
/// Errors: those of `read` and parse_manifest, with the digest; limit.
Result<std::vector<ManifestInfo>> closure_of(std::string_view root, const ManifestReader& read);

}  // namespace ocibench::oci
