#include "agent/blob_probe.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "agent/target/client_pool.hpp"

namespace ocibench::agent {
namespace {

struct PlacedBlob {
  BlobInfo blob;
  std::string repository;
};

std::vector<PlacedBlob> largest_blobs(const std::vector<ExpectedImage>& images) {
  std::vector<PlacedBlob> blobs;
  for (const ExpectedImage& image : images) {
    for (const ManifestInfo& manifest : image.image.manifests) {
      for (const BlobInfo& blob : manifest.blobs) {
        blobs.push_back({blob, image.repository});
      }
    }
  }
  std::ranges::stable_sort(blobs, [](const PlacedBlob& a, const PlacedBlob& b) {
    return std::pair(b.blob.size_bytes, a.blob.digest) <
           std::pair(a.blob.size_bytes, b.blob.digest);
  });
  const auto repeated = std::ranges::unique(
      blobs, {}, [](const PlacedBlob& each) -> const std::string& { return each.blob.digest; });
  blobs.erase(repeated.begin(), repeated.end());
  blobs.resize(std::min(blobs.size(), kProbedBlobs));
  return blobs;
}

}  // namespace

Result<BlobProbe> probe_blobs(const oci::Endpoint& target, const std::vector<ExpectedImage>& images,
                              const TimeBudget& budget) {
  const std::vector<PlacedBlob> blobs = largest_blobs(images);
  std::atomic<std::uint32_t> present = 0;
  return read_all(target, blobs.size(),
                  [&](oci::Client& client, std::size_t i) {
                    present +=
                        client.head_blob(blobs[i].repository, blobs[i].blob.digest) ? 1U : 0U;
                    return budget.check();
                  })
      .map([&] {
        return BlobProbe{.asked = static_cast<std::uint32_t>(blobs.size()), .present = present};
      });
}

}  // namespace ocibench::agent
