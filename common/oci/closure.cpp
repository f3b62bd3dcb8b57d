#include "common/oci/closure.hpp"

#include <set>

#include <fmt/format.h>

#include "common/model/limits.hpp"
#include "common/model/reference.hpp"

namespace ocibench::oci {

Result<std::vector<ManifestInfo>> closure_of(std::string_view root, const ManifestReader& read) {
  std::vector<ManifestInfo> found;
  // As the parent describes it; the root has nobody to do so.
  std::vector<Descriptor> queue = {{.digest = std::string(root)}};
  std::set<std::string, std::less<>> seen = {std::string(root)};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const Descriptor described = queue[next];
    const Result<std::string> body = read(described.digest);
    const Result<Manifest> manifest =
        body ? parse_manifest(*body, described.media_type) : tl::unexpected(body.error());
    if (!manifest) {
      return fail(manifest.error(), described.digest);
    }
    found.push_back(to_info(*manifest, described.digest, body->size()));
    if (described.platform && is_platform(to_string(*described.platform))) {
      found.back().platform = to_string(*described.platform);
    }
    for (const Descriptor& child : manifest->children) {
      if (seen.insert(child.digest).second) {
        queue.push_back(child);
      }
    }
    if (queue.size() > kMaxManifestsPerImage) {
      return fail(ErrorCode::limit,
                  fmt::format("{} names more than {} manifests", root, kMaxManifestsPerImage));
    }
  }
  return found;
}

}  // namespace ocibench::oci
