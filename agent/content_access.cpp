#include "agent/content_access.hpp"

#include <utility>

#include "agent/verification.hpp"
#include "common/oci/client.hpp"

namespace ocibench::agent {

RegistryContentAccess::RegistryContentAccess(oci::CorpusContext context)
    : context_(std::move(context)) {}

Result<oci::Endpoint> RegistryContentAccess::remote_source(const ResolvedCorpus& lock) const {
  return context_.access.endpoint(lock.source_host);
}

Result<oci::PushReport> RegistryContentAccess::materialise(const CorpusSpec& spec,
                                                           const ResolvedCorpus& lock,
                                                           const oci::Endpoint& source) {
  return oci::materialise(spec, lock, context_, source);
}

Result<void> RegistryContentAccess::check_lock(const oci::Endpoint& source,
                                               const ResolvedCorpus& lock) {
  return oci::Client::create(source).and_then(
      [&](oci::Client client) { return oci::check_lock(client, lock); });
}

Result<PrewarmReport> RegistryContentAccess::prewarm(const oci::Endpoint& source,
                                                     const ResolvedCorpus& lock,
                                                     const TimeBudget& budget) {
  return agent::prewarm(source, lock, budget);
}

Result<Verification> RegistryContentAccess::verify(const oci::Endpoint& target,
                                                   const ResolvedCorpus& lock,
                                                   const std::vector<catalog::PlacedImage>& placed,
                                                   const TimeBudget& budget) {
  return verify_target(target, lock, placed, budget);
}

}  // namespace ocibench::agent
