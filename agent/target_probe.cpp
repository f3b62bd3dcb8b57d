#include "agent/target_probe.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "agent/target/client_pool.hpp"

namespace ocibench::agent {
namespace {

using InRepository = std::set<std::pair<std::string, std::string>>;  // repository, reference

/// What is there by what is proven.
struct Proven {
  InRepository tags_and_digests;
  InRepository blobs;
  std::set<std::string> blobs_anywhere;
};

Proven proven_by(const std::vector<ExpectedImage>& images) {
  Proven proven;
  for (const ExpectedImage& each : images) {
    if (each.named == Named::by_tag) {
      proven.tags_and_digests.emplace(each.repository, each.image.tag + "@" + each.image.digest);
    }
    for (const ManifestInfo& manifest : each.image.manifests) {
      proven.tags_and_digests.emplace(each.repository, manifest.digest);
      for (const BlobInfo& blob : manifest.blobs) {
        proven.blobs.emplace(each.repository, blob.digest);
        proven.blobs_anywhere.insert(blob.digest);
      }
    }
  }
  return proven;
}

void add_awaited(const ExpectedImage& each, Proven& known, Awaited& awaited) {
  const ResolvedImage& image = each.image;
  if (each.named == Named::by_tag &&
      known.tags_and_digests.emplace(each.repository, image.tag + "@" + image.digest).second) {
    awaited.manifests.push_back({each.repository, image.tag, image.digest});
  }
  for (const ManifestInfo& manifest : image.manifests) {
    if (known.tags_and_digests.emplace(each.repository, manifest.digest).second) {
      awaited.manifests.push_back({each.repository, manifest.digest, manifest.digest});
    }
    for (const BlobInfo& blob : manifest.blobs) {
      if (known.blobs.emplace(each.repository, blob.digest).second) {
        awaited.blobs.push_back(
            {each.repository, blob, known.blobs_anywhere.contains(blob.digest)});
      }
    }
  }
}

bool is_there(oci::Client& client, const AwaitedManifest& manifest) {
  const auto head = client.head_manifest(manifest.repository, manifest.reference);
  if (!head || !head->digest.empty()) {
    return head && head->digest == manifest.digest;
  }
  const auto got = client.get_manifest(manifest.repository, manifest.reference);
  return got && got->digest == manifest.digest;
}

std::string name_of(const AwaitedManifest& manifest) {
  return fmt::format("{}{}{}", manifest.repository,
                     manifest.reference == manifest.digest ? "@" : ":", manifest.reference);
}

/// Collects from several threads.
class PresenceCollector {
 public:
  void found(const AwaitedManifest& manifest) { add(presence_.manifests, name_of(manifest)); }
  void found(const AwaitedBlob& each) {
    add(each.elsewhere ? presence_.blobs_elsewhere : presence_.blobs,
        fmt::format("{}@{}", each.repository, each.blob.digest));
  }
  Presence take() {
    for (auto* names : {&presence_.manifests, &presence_.blobs, &presence_.blobs_elsewhere}) {
      std::ranges::sort(*names);
    }
    return std::move(presence_);
  }

 private:
  void add(std::vector<std::string>& names, std::string name) {
    const std::scoped_lock lock(mutex_);
    names.push_back(std::move(name));
  }

  std::mutex mutex_;
  Presence presence_;
};

/// A registry that is gone has nothing, which proves nothing.
Result<void> check_answers(const oci::Endpoint& target) {
  return oci::Client::create(target)
      .and_then([](oci::Client client) { return client.ping(); })
      .map([](const oci::ResponseFacts&) {})
      .map_error([](const Error& error) {
        return error.with_context("the target registry does not answer before the run");
      });
}

}  // namespace

Awaited awaited(const std::vector<ExpectedImage>& before, const std::vector<ExpectedImage>& after) {
  Proven known = proven_by(before);
  Awaited result;
  for (const ExpectedImage& each : after) {
    add_awaited(each, known, result);
  }
  return result;
}

void keep_largest_blobs(Awaited& awaited) {
  std::vector<AwaitedBlob>& blobs = awaited.blobs;
  std::ranges::stable_sort(blobs, [](const AwaitedBlob& a, const AwaitedBlob& b) {
    return std::pair(b.blob.size_bytes, a.blob.digest) <
           std::pair(a.blob.size_bytes, b.blob.digest);
  });
  const auto repeated = std::ranges::unique(
      blobs, {}, [](const AwaitedBlob& each) -> const std::string& { return each.blob.digest; });
  blobs.erase(repeated.begin(), repeated.end());
  blobs.resize(std::min(blobs.size(), kProbedBlobs));
}

Result<Presence> probe_target(const oci::Endpoint& target, const Awaited& awaited,
                              const TimeBudget& budget) {
  PresenceCollector collector;
  const std::size_t manifests = awaited.manifests.size();
  const auto ask = [&](oci::Client& client, std::size_t item) {
    if (item < manifests) {
      if (is_there(client, awaited.manifests[item])) {
        collector.found(awaited.manifests[item]);
      }
    } else if (const AwaitedBlob& each = awaited.blobs[item - manifests];
               client.head_blob(each.repository, each.blob.digest)) {
      collector.found(each);
    }
    return budget.check();
  };
  return read_all(target, manifests + awaited.blobs.size(), ask)
      .and_then([&] { return check_answers(target); })
      .map([&] { return collector.take(); });
}

}  // namespace ocibench::agent
