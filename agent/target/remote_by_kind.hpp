#pragma once

#include <memory>

#include "agent/target/remote_registry.hpp"

namespace ocibench::agent {

/// Asks the one that knows the target's kind. Both outlive it.
class RemoteByKind final : public RemoteRegistries {
 public:
  RemoteByKind(RemoteRegistries& world, RemoteRegistries& ecr) : world_(world), ecr_(ecr) {}

  Result<oci::Endpoint> reach(const TargetSpec& target, RegistryTransport transport) override {
    return of(target).reach(target, transport);
  }
  Result<std::unique_ptr<RegistryInstance>> open(const RemoteRequest& request,
                                                 const Cancellation& cancellation) override {
    return of(request.target).open(request, cancellation);
  }
  Result<std::string> sweep(const RemoteRequest& request,
                            const std::vector<ExpectedImage>& images) override {
    return of(request.target).sweep(request, images);
  }

 private:
  [[nodiscard]] RemoteRegistries& of(const TargetSpec& target) const {
    return target.kind == TargetKind::ecr ? ecr_ : world_;
  }

  RemoteRegistries& world_;
  RemoteRegistries& ecr_;
};

}  // namespace ocibench::agent
