#include "common/oci/closure.hpp"

#include <set>

#include <fmt/format.h>

namespace ocibench::oci {

Result<std::vector<ManifestInfo>> closure_of(std::string_view root, const ManifestReader& read) {
  std::vector<ManifestInfo> found;
  // What the parent said a digest is; empty for the root.
  std::vector<std::pair<std::string, std::string>> queue = {{std::string(root), ""}};
  std::set<std::string, std::less<>> seen = {std::string(root)};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const auto [digest, type] = queue[next];
    const Result<std::string> body = read(digest);
    const Result<Manifest> manifest =
        body ? parse_manifest(*body, type) : tl::unexpected(body.error());
    if (!manifest) {
      return fail(manifest.error(), digest);
    }
    found.push_back(to_info(*manifest, digest, body->size()));
    for (const Descriptor& child : manifest->children) {
      if (seen.insert(child.digest).second) {
        queue.emplace_back(child.digest, child.media_type);
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
