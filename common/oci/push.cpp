#include "common/oci/push.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/model/limits.hpp"
#include "common/mutex.hpp"
#include "common/oci/client.hpp"
#include "common/oci/parallel.hpp"

namespace ocibench::oci {
namespace {

/// One blob for one repository.
struct Delivery {
  std::string repository;
  BlobInfo blob;
  std::string sibling;  ///< a repository that has it by then; empty for the first
};

/// One tag, or a manifest without one, in its final repository.
struct Publication {
  std::string repository;
  std::string tag;  ///< empty: by digest only
  std::vector<ManifestInfo> manifests;
};

class Push {
 public:
  Push(const Layout& layout, const Endpoint& target, const PushOptions& options)
      : layout_(layout), target_(target), options_(options) {}

  Result<PushReport> run(std::span<const ResolvedImage> images) {
    const Result<std::vector<Publication>> referrers = referrers_of(images);
    if (!referrers) {
      return tl::unexpected(referrers.error());
    }
    std::vector<Publication> publications;
    for (const ResolvedImage& image : images) {
      publications.push_back({full_name(image.repository), image.tag, image.manifests});
    }
    // Referrers last and one by one: two of one subject write the same fallback tag.
    return deliver_blobs(publications)
        .and_then([&] { return deliver_blobs(*referrers); })
        .and_then([&] {
          return in_parallel(publications.size(), [&](Client& client, std::size_t job) {
            return publish(client, publications[job]);
          });
        })
        .and_then([&] { return publish_referrers(*referrers); })
        .map([&] {
          const MutexLock lock(mutex_);
          return report_;
        });
  }

 private:
  using ClientJob = std::function<Result<void>(Client&, std::size_t)>;

  [[nodiscard]] std::string full_name(std::string_view repository) const {
    return options_.repository_prefix + std::string(repository);
  }

  Result<void> in_parallel(std::size_t jobs, const ClientJob& work) const {
    return run_parallel(options_.connections, jobs, [&]() -> Result<Worker> {
      return Client::create(target_).map([&](Client client) -> Worker {
        return [owned = std::make_shared<Client>(std::move(client)), &work](std::size_t job) {
          return work(*owned, job);
        };
      });
    });
  }

  /// Artifacts of the layout that say something about one of the images. Their tag is empty.
  Result<std::vector<Publication>> referrers_of(std::span<const ResolvedImage> images) const {
    const auto listed = layout_.images();
    if (!listed) {
      return tl::unexpected(listed.error());
    }
    std::vector<Publication> found;
    for (const Descriptor& each : *listed) {
      if (each.annotations.contains(std::string(kRefNameAnnotation))) {
        continue;
      }
      const Result<std::string> body = layout_.read_blob(each.digest, kMaxManifestBytes);
      const Result<Manifest> manifest =
          body ? parse_manifest(*body, each.media_type) : tl::unexpected(body.error());
      if (!manifest) {
        return tl::unexpected(manifest.error());
      }
      const auto subject = std::ranges::find_if(images, [&](const ResolvedImage& image) {
        return manifest->subject && image.digest == manifest->subject->digest;
      });
      if (subject != images.end()) {
        found.push_back({.repository = full_name(subject->repository),
                         .manifests = {to_info(*manifest, each.digest, body->size())}});
      }
    }
    return found;
  }

  /// First every blob once, then to the repositories that can take it from there.
  Result<void> deliver_blobs(const std::vector<Publication>& publications) {
    std::map<std::string, std::string> homes;
    std::set<std::pair<std::string, std::string>> planned;
    std::vector<Delivery> first;
    std::vector<Delivery> further;
    for (const Publication& publication : publications) {
      for (const ManifestInfo& manifest : publication.manifests) {
        for (const BlobInfo& blob : manifest.blobs) {
          if (!planned.emplace(publication.repository, blob.digest).second) {
            continue;
          }
          const auto [home, fresh] = homes.emplace(blob.digest, publication.repository);
          (fresh ? first : further)
              .push_back({publication.repository, blob, fresh ? "" : home->second});
        }
      }
    }
    return deliver(first).and_then([&] { return deliver(further); });
  }

  Result<void> deliver(const std::vector<Delivery>& deliveries) {
    return in_parallel(deliveries.size(), [&](Client& client, std::size_t job) {
      return deliver_one(client, deliveries[job]);
    });
  }

  Result<void> deliver_one(Client& client, const Delivery& delivery) {
    const Result<BlobHead> present = client.head_blob(delivery.repository, delivery.blob.digest);
    if (present) {
      count(&PushReport::present_blobs);
      return {};
    }
    if (present.error().code != ErrorCode::not_found) {
      return tl::unexpected(present.error());
    }
    if (!delivery.sibling.empty()) {
      const Result<Mounted> mounted =
          client.mount_blob(delivery.repository, delivery.blob.digest, delivery.sibling);
      if (!mounted) {
        return tl::unexpected(mounted.error());
      }
      if (*mounted == Mounted::mounted) {
        count(&PushReport::mounted_blobs);
        return {};
      }
    }
    return client
        .upload_blob(delivery.repository, delivery.blob,
                     [&] { return layout_.open_blob(delivery.blob.digest); })
        .map([&] { count(&PushReport::uploaded_blobs, delivery.blob.size_bytes); });
  }

  /// Children before what names them; only the first one has the tag.
  Result<void> publish(Client& client, const Publication& publication) {
    for (auto each = publication.manifests.rbegin(); each != publication.manifests.rend(); ++each) {
      const bool top = std::next(each) == publication.manifests.rend();
      const std::string& reference =
          top && !publication.tag.empty() ? publication.tag : each->digest;
      const Result<StoredManifest> stored = put(client, publication, *each, reference);
      if (!stored) {
        return tl::unexpected(stored.error());
      }
    }
    return {};
  }

  Result<StoredManifest> put(Client& client, const Publication& publication,
                             const ManifestInfo& manifest, const std::string& reference) {
    const Result<std::string> body = layout_.read_blob(manifest.digest, kMaxManifestBytes);
    if (!body) {
      return tl::unexpected(body.error());
    }
    auto stored =
        client.put_manifest(publication.repository, reference, manifest.media_type, *body);
    if (stored) {
      count_bytes(body->size());
    }
    return stored;
  }

  Result<void> publish_referrers(const std::vector<Publication>& referrers) {
    if (referrers.empty()) {
      return {};
    }
    Result<Client> client = Client::create(target_);
    if (!client) {
      return tl::unexpected(client.error());
    }
    for (const Publication& referrer : referrers) {
      const ManifestInfo& info = referrer.manifests.front();
      const Result<StoredManifest> stored = put(*client, referrer, info, info.digest);
      if (!stored) {
        return tl::unexpected(stored.error());
      }
      if (stored->subject == SubjectListing::unlisted) {
        if (const Result<void> listed = list_referrer(*client, referrer.repository, info);
            !listed) {
          return listed;
        }
      }
    }
    return {};
  }

  /// What a client does where the registry has no referrers API: distribution-spec 1.1, "Pushing
  /// Manifests with Subject".
  Result<void> list_referrer(Client& client, const std::string& repository,
                             const ManifestInfo& info) {
    const Result<std::string> body = layout_.read_blob(info.digest, kMaxManifestBytes);
    const Result<Manifest> manifest =
        body ? parse_manifest(*body, info.media_type) : tl::unexpected(body.error());
    auto listed = manifest ? client.referrers(repository, manifest->subject->digest)
                           : tl::unexpected(manifest.error());
    if (!listed) {
      return tl::unexpected(listed.error());
    }
    if (std::ranges::find(*listed, info.digest, &Descriptor::digest) != listed->end()) {
      return {};
    }
    listed->push_back({.media_type = info.media_type,
                       .digest = info.digest,
                       .size_bytes = info.size_bytes,
                       .artifact_type = manifest->artifact_type});
    const std::string index = write_manifest(
        {.media_type = std::string(media_type::kOciIndex), .children = std::move(*listed)});
    return client
        .put_manifest(repository, referrers_tag(manifest->subject->digest), media_type::kOciIndex,
                      index)
        .map([&](const StoredManifest& /*stored*/) { count_bytes(index.size()); });
  }

  void count(std::uint32_t PushReport::*which, std::uint64_t bytes = 0) {
    const MutexLock lock(mutex_);
    ++(report_.*which);
    report_.moved_bytes += bytes;
  }

  void count_bytes(std::uint64_t bytes) {
    const MutexLock lock(mutex_);
    report_.moved_bytes += bytes;
  }

  const Layout& layout_;
  const Endpoint& target_;
  const PushOptions& options_;
  Mutex mutex_;
  PushReport report_ OCIBENCH_GUARDED_BY(mutex_);
};

}  // namespace

Result<PushReport> push_images(const Layout& layout, std::span<const ResolvedImage> images,
                               const Endpoint& target, const PushOptions& options) {
  OCIBENCH_ASSERT(options.connections > 0);
  return Push(layout, target, options).run(images);
}

}  // namespace ocibench::oci
