#include "agent/target/world_registry.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/target/client_pool.hpp"
#include "common/mutex.hpp"
#include "common/oci/client.hpp"

namespace ocibench::agent {
namespace {

/// Deletes the manifests of many images, several at a time, until the registry refuses one.
class Removal {
 public:
  Removal(const oci::Endpoint& endpoint, const std::string& prefix)
      : endpoint_(endpoint), prefix_(prefix) {}

  Result<std::string> run(const std::vector<ExpectedImage>& images) {
    return read_all(endpoint_, images.size(),
                    [&](oci::Client& client, std::size_t i) { return remove(client, images[i]); })
        .map([&] { return sentence(); })
        .map_error([&](const Error& error) {
          return error.with_context(
              fmt::format("something is left below {}/{}", endpoint_.host, prefix_));
        });
  }

 private:
  Result<void> remove(oci::Client& client, const ExpectedImage& image) {
    OCIBENCH_ASSERT(belongs_to(image.repository, prefix_));
    std::vector<std::string> digests;
    // A tool may have put something else under the tag; an index goes before its children.
    if (const auto head = client.head_manifest(image.repository, image.image.tag)) {
      digests.push_back(head->digest);
    }
    for (const ManifestInfo& manifest : image.image.manifests) {
      digests.push_back(manifest.digest);
    }
    for (auto each = digests.begin(); each != digests.end() && !refused(); ++each) {
      if (each->empty() || std::find(digests.begin(), each, *each) != each) {
        continue;
      }
      const Result<oci::Deletion> deletion = client.delete_manifest(image.repository, *each);
      if (!deletion) {
        return tl::unexpected(deletion.error());
      }
      note(*deletion);
    }
    return {};
  }

  bool refused() {
    const MutexLock lock(mutex_);
    return !refusal_.empty();
  }

  void note(const oci::Deletion& deletion) {
    const MutexLock lock(mutex_);
    switch (deletion.kind) {
      case oci::Deletion::Kind::deleted: ++deleted_; break;
      case oci::Deletion::Kind::absent: break;
      case oci::Deletion::Kind::refused: refusal_ = deletion.why; break;
    }
  }

  std::string sentence() {
    const MutexLock lock(mutex_);
    return refusal_.empty()
               ? fmt::format("{} manifests deleted", deleted_)
               : fmt::format(
                     "{} manifests deleted; the registry does not delete the others, which "
                     "are left below {}/{}: {}",
                     deleted_, endpoint_.host, prefix_, refusal_);
  }

  const oci::Endpoint& endpoint_;
  const std::string& prefix_;
  Mutex mutex_;
  std::size_t deleted_ OCIBENCH_GUARDED_BY(mutex_) = 0;
  std::string refusal_ OCIBENCH_GUARDED_BY(mutex_);
};

class WorldInstance final : public RegistryInstance {
 public:
  WorldInstance(oci::Endpoint endpoint, std::string prefix)
      : endpoint_(std::move(endpoint)), prefix_(std::move(prefix)) {
    identity_.label = fmt::format("namespace {}/{}", endpoint_.host, prefix_);
  }

  [[nodiscard]] const oci::Endpoint& endpoint() const override { return endpoint_; }
  [[nodiscard]] const SubjectIdentity& identity() const override { return identity_; }
  [[nodiscard]] pid_t pid() const override { return -1; }
  [[nodiscard]] const std::filesystem::path& storage_directory() const override {
    return storage_directory_;
  }
  Result<std::string> remove_images(const std::vector<ExpectedImage>& images) override {
    return Removal(endpoint_, prefix_).run(images);
  }
  void stop() override {}

 private:
  const oci::Endpoint endpoint_;
  const std::string prefix_;
  SubjectIdentity identity_;
  const std::filesystem::path storage_directory_;
};

}  // namespace

bool belongs_to(std::string_view repository, std::string_view prefix) {
  const std::string_view rest =
      repository.substr(repository.starts_with(prefix) ? prefix.size() : repository.size());
  const std::string other = fmt::format("{}/", kOtherSuffix);
  return rest.size() > 1 && (rest.starts_with('/') || rest.starts_with(other));
}

Result<void> check_request(const RemoteRequest& request) {
  if (!request.prefix.starts_with(request.target.prefix + "/")) {
    return fail(ErrorCode::bad_input, fmt::format("refused: {} is outside of the campaign's {}",
                                                  request.prefix, request.target.prefix));
  }
  for (const std::string& repository : request.repositories) {
    if (!belongs_to(repository, request.prefix)) {
      return fail(ErrorCode::bad_input,
                  fmt::format("refused: a tool would push to {}, outside of {}", repository,
                              request.prefix));
    }
    if (repository.size() > RemoteRequest::kMaxRepositoryBytes) {
      return fail(ErrorCode::bad_input,
                  fmt::format("the name {} has {} characters and registries allow {}: choose a "
                              "shorter namespace for the target",
                              repository, repository.size(), RemoteRequest::kMaxRepositoryBytes));
    }
  }
  return {};
}

WorldRegistries::WorldRegistries(oci::RegistryAccess access) : access_(std::move(access)) {}

Result<oci::Endpoint> WorldRegistries::reach(const TargetSpec& target,
                                             RegistryTransport transport) {
  Result<oci::Endpoint> endpoint = access_.endpoint(target.host);
  if (!endpoint) {
    return endpoint;
  }
  endpoint->scheme = transport == RegistryTransport::tls ? oci::Scheme::https : oci::Scheme::http;
  return oci::Client::create(*endpoint)
      .and_then([](oci::Client client) { return client.ping(); })
      .map([&](const oci::ResponseFacts& /*answer*/) { return *endpoint; });
}

Result<std::unique_ptr<RegistryInstance>> WorldRegistries::open(
    const RemoteRequest& request, const Cancellation& /*cancellation*/) {
  if (auto checked = check_request(request); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  // Reached anew for each run: credentials may have been renewed.
  return reach(request.target, request.transport).map([&](oci::Endpoint endpoint) {
    return std::unique_ptr<RegistryInstance>(
        std::make_unique<WorldInstance>(std::move(endpoint), request.prefix));
  });
}

Result<std::string> WorldRegistries::sweep(const RemoteRequest& request,
                                           const std::vector<ExpectedImage>& images) {
  const Cancellation never;
  return open(request, never).and_then([&](const std::unique_ptr<RegistryInstance>& target) {
    return target->remove_images(images);
  });
}

}  // namespace ocibench::agent
