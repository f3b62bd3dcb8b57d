#include "agent/content_access.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/oci/client.hpp"
#include "common/oci/moved_images.hpp"

namespace ocibench::agent {

RegistryContentAccess::RegistryContentAccess(oci::CorpusContext context)
    : context_(std::move(context)) {}

Result<oci::Endpoint> RegistryContentAccess::remote_source(const ResolvedCorpus& lock) const {
  return context_.access.endpoint(lock.source_host);
}

Result<oci::PushReport> RegistryContentAccess::materialise(const SourceContent& content,
                                                           const oci::Endpoint& source) {
  if (!content.moved.empty()) {
    // First, so that in the end every tag names what the lock says.
    const auto pushed =
        oci::provide_moved_layout(content.spec, content.lock, content.moved, context_)
            .and_then([&](const oci::Layout& layout) {
              return oci::push_images(layout, content.moved, source);
            });
    if (!pushed) {
      return fail(pushed.error(), "what the tags move to");
    }
  }
  return oci::materialise(content.spec, content.lock, context_, source);
}

Result<void> RegistryContentAccess::point_tags(const oci::Endpoint& source,
                                               const std::vector<ResolvedImage>& images) {
  Result<oci::Client> client = oci::Client::create(source);
  if (!client) {
    return tl::unexpected(client.error());
  }
  for (const ResolvedImage& image : images) {
    const auto stored =
        client->get_manifest(image.repository, image.digest)
            .and_then([&](const oci::FetchedManifest& manifest) {
              return client->put_manifest(image.repository, image.tag, manifest.manifest.media_type,
                                          manifest.body);
            });
    if (!stored) {
      return fail(stored.error(), fmt::format("moving the tag {}:{}", image.repository, image.tag));
    }
  }
  return {};
}

Result<void> RegistryContentAccess::check_lock(const oci::Endpoint& source,
                                               const ResolvedCorpus& lock) {
  return oci::Client::create(source).and_then(
      [&](oci::Client client) { return oci::check_lock(client, lock); });
}

Result<PrewarmReport> RegistryContentAccess::prewarm(const PrewarmRequest& request,
                                                     const TimeBudget& budget) {
  return agent::prewarm(request, budget);
}

Result<Presence> RegistryContentAccess::probe(const oci::Endpoint& target, const Awaited& awaited,
                                              const TimeBudget& budget) {
  return probe_target(target, awaited, budget);
}

Result<Verification> RegistryContentAccess::verify(const oci::Endpoint& target,
                                                   const std::vector<ExpectedImage>& images,
                                                   const TimeBudget& budget) {
  return verify_target(target, images, budget);
}

}  // namespace ocibench::agent
