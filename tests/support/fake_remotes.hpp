#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/target/remote_registry.hpp"

namespace ocibench::agent {

/// A registry of the world that takes everything; what was asked of it is kept.
class FakeRemotes final : public RemoteRegistries {
 public:
  Result<oci::Endpoint> reach(const TargetSpec& target, RegistryTransport transport) override {
    if (refusal) {
      return tl::unexpected(*refusal);
    }
    return oci::Endpoint{
        .host = target.host,
        .scheme = transport == RegistryTransport::tls ? oci::Scheme::https : oci::Scheme::http,
        .credentials = credentials};
  }
  Result<std::unique_ptr<RegistryInstance>> open(const RemoteRequest& request,
                                                 const Cancellation& /*cancellation*/) override {
    prefixes.push_back(request.prefix);
    repositories.insert(request.repositories.begin(), request.repositories.end());
    return check_request(request)
        .and_then([&] { return reach(request.target, request.transport); })
        .map([&](oci::Endpoint endpoint) -> std::unique_ptr<RegistryInstance> {
          return std::make_unique<Instance>(std::move(endpoint), *this);
        });
  }

  Result<std::string> sweep(const RemoteRequest& request,
                            const std::vector<ExpectedImage>& images) override {
    swept.push_back(request.prefix);
    return fmt::format("{} images looked for", images.size());
  }

  std::optional<Error> refusal;
  std::optional<oci::Credentials> credentials;
  std::vector<std::string> prefixes;
  std::set<std::string> repositories;
  std::set<std::string> removed;   ///< repositories
  std::vector<std::string> swept;  ///< prefixes

 private:
  class Instance final : public RegistryInstance {
   public:
    Instance(oci::Endpoint endpoint, FakeRemotes& remotes)
        : endpoint_(std::move(endpoint)), remotes_(remotes) {}
    [[nodiscard]] const oci::Endpoint& endpoint() const override { return endpoint_; }
    [[nodiscard]] const SubjectIdentity& identity() const override { return identity_; }
    [[nodiscard]] pid_t pid() const override { return -1; }
    [[nodiscard]] const std::filesystem::path& storage_directory() const override {
      return directory_;
    }
    Result<std::string> remove_images(const std::vector<ExpectedImage>& images) override {
      for (const ExpectedImage& image : images) {
        remotes_.removed.insert(image.repository);
      }
      return fmt::format("{} images removed", images.size());
    }
    void stop() override {}

   private:
    oci::Endpoint endpoint_;
    FakeRemotes& remotes_;
    SubjectIdentity identity_;
    std::filesystem::path directory_;
  };
};

}  // namespace ocibench::agent
