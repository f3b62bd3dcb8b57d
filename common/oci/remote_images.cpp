#include "common/oci/remote_images.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/model/reference.hpp"
#include "common/oci/client.hpp"
#include "common/oci/closure.hpp"
#include "common/oci/corpus_cache.hpp"
#include "common/oci/lock.hpp"
#include "common/oci/parallel.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kConnections = 4;

Result<std::vector<Reference>> parse_references(const ReferenceSpec& spec) {
  std::vector<Reference> references;
  for (const std::string& text : spec.images) {
    Result<Reference> reference = parse_reference(text);
    if (!reference) {
      return tl::unexpected(reference.error());
    }
    if (reference->tag.empty()) {
      return fail(ErrorCode::bad_input,
                  fmt::format("{}: a corpus needs a tag, beside the digest if there is one", text));
    }
    if (!references.empty() && reference->host != references.front().host) {
      return fail(ErrorCode::bad_input, fmt::format("{} is not at {}: one corpus, one registry",
                                                    text, references.front().host));
    }
    references.push_back(std::move(*reference));
  }
  if (references.empty()) {
    return fail(ErrorCode::bad_input, "the corpus names no images");
  }
  return references;
}

Result<ResolvedImage> resolve_reference(Client& client, const Reference& reference) {
  const Result<FetchedManifest> top = client.get_manifest(reference.repository, reference.tag);
  if (!top) {
    return tl::unexpected(top.error());
  }
  if (!reference.digest.empty() && reference.digest != top->digest) {
    return tl::unexpected(tag_moved(to_string(reference), top->digest, reference.digest));
  }
  auto manifests = closure_of(top->digest, [&](std::string_view digest) -> Result<std::string> {
    if (digest == top->digest) {
      return top->body;
    }
    return client.get_manifest(reference.repository, digest).map([](FetchedManifest fetched) {
      return std::move(fetched.body);
    });
  });
  return manifests.map([&](std::vector<ManifestInfo> found) {
    return ResolvedImage{reference.repository, reference.tag, top->digest, std::move(found)};
  });
}

Result<void> pull_blob(Client& client, const Layout& layout, const std::string& repository,
                       const BlobInfo& blob) {
  if (layout.has_blob(blob.digest)) {
    return {};
  }
  Result<BlobWriter> writer = layout.new_blob();
  if (!writer) {
    return tl::unexpected(writer.error());
  }
  return client
      .get_blob(repository, blob, [&](std::string_view bytes) { return writer->write(bytes); })
      .and_then([&](const ResponseFacts& /*facts*/) { return writer->commit(); })
      .map([](const BlobInfo& /*written*/) {});
}

Result<void> pull_image(Client& client, const Layout& layout, const ResolvedImage& image) {
  for (const ManifestInfo& manifest : image.manifests) {
    Result<void> pulled =
        client.get_manifest(image.repository, manifest.digest)
            .and_then([&](const FetchedManifest& fetched) { return layout.put_blob(fetched.body); })
            .map([](const BlobInfo& /*written*/) {});
    for (const BlobInfo& blob : manifest.blobs) {
      pulled = pulled ? pull_blob(client, layout, image.repository, blob) : pulled;
    }
    if (!pulled) {
      return pulled;
    }
  }
  return {};
}

Result<void> pull_all(const ResolvedCorpus& lock, const Endpoint& source,
                      const std::filesystem::path& directory) {
  Result<Layout> layout = Layout::create(directory);
  if (!layout) {
    return tl::unexpected(layout.error());
  }
  const Result<void> pulled = run_parallel(kConnections, lock.images.size(), [&] {
    return Client::create(source).map([&](Client client) -> Worker {
      return [&, owned = std::make_shared<Client>(std::move(client))](std::size_t job) {
        return pull_image(*owned, *layout, lock.images[job]);
      };
    });
  });
  if (!pulled) {
    return pulled;
  }
  std::vector<Descriptor> images;
  for (const ResolvedImage& image : lock.images) {
    const ManifestInfo& top = image.manifests.front();
    images.push_back({.media_type = top.media_type,
                      .digest = top.digest,
                      .size_bytes = top.size_bytes,
                      .annotations = {{std::string(kRefNameAnnotation),
                                       image_name(image.repository, image.tag)}}});
  }
  return layout->set_images(std::move(images));
}

}  // namespace

Result<ResolvedCorpus> resolve_references(const ReferenceSpec& spec, const RegistryAccess& access) {
  const auto references = parse_references(spec);
  if (!references) {
    return tl::unexpected(references.error());
  }
  Result<Client> client =
      access.endpoint(references->front().host).and_then([](const Endpoint& endpoint) {
        return Client::create(endpoint);
      });
  if (!client) {
    return tl::unexpected(client.error());
  }
  ResolvedCorpus corpus{.source_host = references->front().host};
  for (const Reference& reference : *references) {
    Result<ResolvedImage> image = resolve_reference(*client, reference);
    if (!image) {
      return tl::unexpected(image.error());
    }
    corpus.images.push_back(std::move(*image));
  }
  return corpus;
}

Result<Layout> pulled_layout(const ResolvedCorpus& lock, const std::filesystem::path& cache,
                             const RegistryAccess& access) {
  if (lock.source_host.empty()) {
    return fail(ErrorCode::conflict, "the lock does not say which registry it was made from");
  }
  return access.endpoint(lock.source_host).and_then([&](const Endpoint& source) {
    return cached_layout(cache, corpus_sha(lock), [&](const std::filesystem::path& directory) {
      return pull_all(lock, source, directory);
    });
  });
}

}  // namespace ocibench::oci
