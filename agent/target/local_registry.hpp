#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "agent/target/certificate_authority.hpp"
#include "agent/target/registry_process.hpp"
#include "agent/target/target_registry.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"

namespace ocibench::agent {

/// Where registries that keep their content in memory keep it, in folders that begin like this.
inline constexpr const char* kMemoryDirectory = "/dev/shm";
inline constexpr std::string_view kStoragePrefix = "ocibench-registry-";

/// Starts registries of the catalog as processes on free ports of 127.0.0.1. Each instance has
/// fresh storage, in memory below `memory_directory` or on disk below the request's directory. With
/// TLS all instances chain to one authority that lives as long as this object.
///
/// A definition must run its program in place (a wrapper script must `exec`): an instance counts as
/// serving only when its own process listens. It is killed when the thread that called start()
/// ends.
class LocalRegistry final : public TargetRegistry {
 public:
  static constexpr int kMaxPortAttempts = 5;
  /// On top of the content, for uploads under way and links: one part in this many, and a bit.
  static constexpr std::uint64_t kHeadroomShare = 4;
  static constexpr std::uint64_t kStorageReserveBytes = 64'000'000;
  static constexpr std::uint64_t kMaxContentBytes = 1ULL << 60;

  /// The authority's certificate goes to `directory`, which outlives this object. Removes storage
  /// that agents which were killed have left in `memory_directory`. Errors: io, internal.
  static Result<std::unique_ptr<LocalRegistry>> create(
      const Clock& clock, const catalog::SubjectFinder& finder,
      const std::filesystem::path& directory,
      std::filesystem::path memory_directory = kMemoryDirectory);

  Result<std::unique_ptr<RegistryInstance>> start(const RegistryRequest& request,
                                                  const Cancellation& cancellation) override;

  /// Vouches for every instance.
  [[nodiscard]] const CertificateAuthority& authority() const { return authority_; }

 private:
  struct Prepared;
  LocalRegistry(const Clock& clock, const catalog::SubjectFinder& finder,
                std::filesystem::path memory_directory, CertificateAuthority authority);
  [[nodiscard]] Result<TemporaryDirectory> make_storage(const RegistryRequest& request) const;
  Result<Prepared> prepare(const RegistryRequest& request) const;
  Result<std::unique_ptr<RegistryInstance>> start_on_free_port(const RegistryRequest& request,
                                                               Prepared& prepared,
                                                               const Cancellation& cancellation);

  const Clock& clock_;
  const catalog::SubjectFinder& finder_;
  const std::filesystem::path memory_directory_;
  const CertificateAuthority authority_;
};

}  // namespace ocibench::agent
