#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/process/process_runner.hpp"
#include "agent/verification.hpp"
#include "common/catalog/registry.hpp"
#include "common/error.hpp"
#include "common/model/subject.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

enum class RegistryRole { source, target };
enum class RegistryStorage { memory, disk };
enum class RegistryTransport { plain_http, tls };

struct RegistryRequest {
  const catalog::RegistryDefinition& definition;
  RegistryRole role = RegistryRole::target;
  RegistryStorage storage = RegistryStorage::memory;
  RegistryTransport transport = RegistryTransport::plain_http;
  std::uint64_t content_bytes = 0;  ///< what it will have to hold
  /// Exists, empty and for this instance alone: rendered files, certificates, log, disk storage.
  std::filesystem::path directory;
};

/// A registry that serves, with storage of its own that was empty when it started. Stops and loses
/// its content when the object goes.
class RegistryInstance {
 public:
  RegistryInstance() = default;
  RegistryInstance(const RegistryInstance&) = delete;
  RegistryInstance& operator=(const RegistryInstance&) = delete;
  virtual ~RegistryInstance() = default;

  /// How to speak to it; `ca_file` is empty without TLS and the same for all of one TargetRegistry.
  [[nodiscard]] virtual const oci::Endpoint& endpoint() const = 0;
  [[nodiscard]] virtual const SubjectIdentity& identity() const = 0;
  [[nodiscard]] virtual pid_t pid() const = 0;  ///< -1: it is no process of ours
  /// Empty when nobody can look into it.
  [[nodiscard]] virtual const std::filesystem::path& storage_directory() const = 0;
  /// What was done there before a tool may push: "12 repositories made"; empty: nothing.
  [[nodiscard]] virtual std::string preparation() const { return {}; }
  /// Removes what a run may have left, as far as the registry allows it, and says how far that was.
  /// Of what goes with stop() there is nothing to say. Errors: those of Client; something is left.
  virtual Result<std::string> remove_images(const std::vector<ExpectedImage>& /*images*/) {
    return std::string();
  }
  /// Kills and reaps it and removes its storage. Does nothing the second time.
  virtual void stop() = 0;
};

/// Where registries come from.
class TargetRegistry {
 public:
  TargetRegistry() = default;
  TargetRegistry(const TargetRegistry&) = delete;
  TargetRegistry& operator=(const TargetRegistry&) = delete;
  virtual ~TargetRegistry() = default;

  /// Returns when it serves. Errors: unavailable (not installed, ended at once) and timeout with
  /// the last lines of its log, limit (its storage would not fit), conflict (cancelled), io.
  virtual Result<std::unique_ptr<RegistryInstance>> start(const RegistryRequest& request,
                                                          const Cancellation& cancellation) = 0;
};

}  // namespace ocibench::agent
