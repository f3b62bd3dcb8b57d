#pragma once

#include <memory>
#include <string>

#include "agent/target/remote_registry.hpp"
#include "common/oci/registry_access.hpp"

namespace ocibench::agent {

/// Any registry that speaks distribution-spec 1.1 and makes a repository when something is pushed
/// to it. What a run has pushed is deleted by its digest afterwards, manifest by manifest; where
/// the registry refuses that, it is said and no error. Blobs are the registry's own to collect.
class WorldRegistries final : public RemoteRegistries {
 public:
  explicit WorldRegistries(oci::RegistryAccess access);

  Result<oci::Endpoint> reach(const TargetSpec& target, RegistryTransport transport) override;
  Result<std::unique_ptr<RegistryInstance>> open(const RemoteRequest& request,
                                                 const Cancellation& cancellation) override;
  Result<std::string> sweep(const RemoteRequest& request,
                            const std::vector<ExpectedImage>& images) override;

 private:
  const oci::RegistryAccess access_;
};

}  // namespace ocibench::agent
