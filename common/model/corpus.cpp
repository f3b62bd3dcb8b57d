#include "common/model/corpus.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/sha256.hpp"

namespace ocibench {
namespace {

/// One line per blob; names of repositories, tags and digests hold no spaces or newlines.
std::string image_lines(const ResolvedImage& image) {
  std::string lines;
  for (const ManifestInfo& manifest : image.manifests) {
    lines += fmt::format("{} {} {} {} {}\n", image.repository, image.tag, image.digest,
                         manifest.digest, manifest.size_bytes);
    for (const BlobInfo& blob : manifest.blobs) {
      lines += fmt::format("{} {} {} {} {}\n", image.repository, image.tag, manifest.digest,
                           blob.digest, blob.size_bytes);
    }
  }
  return lines;
}

}  // namespace

std::string corpus_sha(const ResolvedCorpus& corpus) {
  std::vector<std::string> images;
  images.reserve(corpus.images.size());
  for (const ResolvedImage& image : corpus.images) {
    images.push_back(image_lines(image));
  }
  std::ranges::sort(images);
  Sha256 hash;
  for (const std::string& image : images) {
    hash.update(image);
  }
  return hash.finish_hex();
}

ResolvedCorpus first_images(ResolvedCorpus corpus, std::uint32_t images) {
  if (images != 0 && images < corpus.images.size()) {
    corpus.images.resize(images);
  }
  return corpus;
}

ResolvedImage one_platform(const ResolvedImage& image, std::string_view platform) {
  const auto child = std::ranges::find(image.manifests, platform, &ManifestInfo::platform);
  if (image.manifests.front().children.empty() || child == image.manifests.end()) {
    return image;
  }
  return {.repository = image.repository,
          .tag = image.tag,
          .digest = child->digest,
          .manifests = {*child}};
}

ResolvedCorpus one_platform(ResolvedCorpus corpus, std::string_view platform) {
  if (!platform.empty()) {
    for (ResolvedImage& image : corpus.images) {
      image = one_platform(image, platform);
    }
  }
  return corpus;
}

bool same_tag(const ResolvedImage& image, const ResolvedImage& other) {
  return image.repository == other.repository && image.tag == other.tag;
}

std::vector<ResolvedImage> before_the_move(const ResolvedCorpus& corpus,
                                           const std::vector<ResolvedImage>& moved) {
  std::vector<ResolvedImage> before;
  std::ranges::copy_if(corpus.images, std::back_inserter(before), [&](const ResolvedImage& image) {
    return std::ranges::any_of(moved, [&](const auto& each) { return same_tag(image, each); });
  });
  return before;
}

ResolvedCorpus with_moved(ResolvedCorpus corpus, const std::vector<ResolvedImage>& moved) {
  for (const ResolvedImage& image : moved) {
    const auto tag = std::ranges::find_if(
        corpus.images, [&](const ResolvedImage& each) { return same_tag(each, image); });
    OCIBENCH_ASSERT(tag != corpus.images.end());
    *tag = image;
  }
  return corpus;
}

std::uint64_t unique_bytes(const ResolvedCorpus& corpus) {
  std::map<std::string, std::uint64_t> sizes;
  for (const ResolvedImage& image : corpus.images) {
    for (const ManifestInfo& manifest : image.manifests) {
      sizes[manifest.digest] = manifest.size_bytes;
      for (const BlobInfo& blob : manifest.blobs) {
        sizes[blob.digest] = blob.size_bytes;
      }
    }
  }
  std::uint64_t total = 0;
  for (const auto& [digest, size] : sizes) {
    total += size;
  }
  return total;
}

std::uint64_t per_repository_bytes(const ResolvedCorpus& corpus) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> sizes;
  for (const ResolvedImage& image : corpus.images) {
    for (const ManifestInfo& manifest : image.manifests) {
      sizes[{image.repository, manifest.digest}] = manifest.size_bytes;
      for (const BlobInfo& blob : manifest.blobs) {
        sizes[{image.repository, blob.digest}] = blob.size_bytes;
      }
    }
  }
  std::uint64_t total = 0;
  for (const auto& [key, size] : sizes) {
    total += size;
  }
  return total;
}

}  // namespace ocibench
