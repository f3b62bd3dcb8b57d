#include "common/model/expectation.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "common/sha256.hpp"

namespace ocibench {
namespace {

std::vector<ExpectedContent> by_their_tags(ResolvedCorpus corpus, Place place) {
  std::vector<ExpectedContent> contents;
  for (ResolvedImage& image : corpus.images) {
    contents.push_back({std::move(image), place, Named::by_tag});
  }
  return contents;
}

/// The corpus when the time is taken; tags that are not in it are left out.
ResolvedCorpus after_the_move(ResolvedCorpus corpus, const std::vector<ResolvedImage>& moved) {
  for (ResolvedImage& image : corpus.images) {
    for (const ResolvedImage& each : moved) {
      if (same_tag(each, image)) {
        image = each;
      }
    }
  }
  return corpus;
}

/// Calls `visit(content, blob)` with every blob of every manifest.
template <class Visit>
void for_each_blob(const std::vector<ExpectedContent>& contents, const Visit& visit) {
  for (const ExpectedContent& content : contents) {
    for (const ManifestInfo& manifest : content.image.manifests) {
      for (const BlobInfo& blob : manifest.blobs) {
        visit(content, blob);
      }
    }
  }
}

}  // namespace

std::string_view to_string(Place place) {
  switch (place) {
    case Place::first: return "first";
    case Place::other: return "other";
  }
  return "unknown";
}

ExpectedStates expected_states(const ResolvedCorpus& lock, const ScenarioSteps& steps,
                               const std::vector<ResolvedImage>& moved, std::string_view platform) {
  const Place timed = steps.destination == Destination::other ? Place::other : Place::first;
  ExpectedStates states{
      .after = by_their_tags(one_platform(after_the_move(lock, moved), platform), timed)};
  if (steps.populate == Populate::nothing) {
    return states;
  }
  states.before = by_their_tags(one_platform(lock, platform), Place::first);
  for (std::size_t i = 0; i < states.before.size(); ++i) {
    const ExpectedContent& earlier = states.before[i];
    if (timed == Place::other) {
      states.after.push_back(earlier);
    } else if (states.after[i].image.digest != earlier.image.digest) {
      states.after.push_back({earlier.image, earlier.place, Named::by_digest});
    }
  }
  return states;
}

ExpectedProof expected_proof(const std::vector<ExpectedContent>& contents) {
  ExpectedProof proof{.images = static_cast<std::uint32_t>(contents.size())};
  std::vector<std::string> lines;
  for (const ExpectedContent& content : contents) {
    for (const ManifestInfo& manifest : content.image.manifests) {
      ++proof.manifests;
      proof.bytes += manifest.size_bytes;
      lines.push_back(
          content_line(content, manifest.digest, {manifest.digest, manifest.size_bytes}));
      for (const BlobInfo& blob : manifest.blobs) {
        lines.push_back(content_line(content, manifest.digest, blob));
      }
    }
  }
  std::set<std::tuple<Place, std::string, std::string>> in_repositories;
  std::set<std::string> digests;
  for_each_blob(contents, [&](const ExpectedContent& content, const BlobInfo& blob) {
    in_repositories.emplace(content.place, content.image.repository, blob.digest);
    proof.bytes += digests.insert(blob.digest).second ? blob.size_bytes : 0;
  });
  proof.blobs = static_cast<std::uint32_t>(in_repositories.size());
  proof.content_sha256 = content_sha256(std::move(lines));
  return proof;
}

std::string content_line(const ExpectedContent& content, const std::string& manifest,
                         const BlobInfo& thing) {
  const ResolvedImage& image = content.image;
  return fmt::format("{} {} {} {} {} {}\n", to_string(content.place), image.repository,
                     content.named == Named::by_tag ? image.tag : image.digest, manifest,
                     thing.digest, thing.size_bytes);
}

std::string content_sha256(std::vector<std::string> lines) {
  std::ranges::sort(lines);
  Sha256 hash;
  for (const std::string& line : lines) {
    hash.update(line);
  }
  return hash.finish_hex();
}

std::uint64_t blob_bytes_to_bring(const ExpectedStates& states) {
  std::set<std::string> known;
  for_each_blob(states.before,
                [&](const ExpectedContent&, const BlobInfo& blob) { known.insert(blob.digest); });
  std::uint64_t bytes = 0;
  for_each_blob(states.after, [&](const ExpectedContent&, const BlobInfo& blob) {
    bytes += known.insert(blob.digest).second ? blob.size_bytes : 0;
  });
  return bytes;
}

}  // namespace ocibench
