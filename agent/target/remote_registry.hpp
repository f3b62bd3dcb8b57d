#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/process/process_runner.hpp"
#include "agent/target/target_registry.hpp"
#include "common/error.hpp"
#include "common/model/target.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// What one run of a tool needs of a registry that is there already.
struct RemoteRequest {
  const TargetSpec& target;
  RegistryTransport transport = RegistryTransport::tls;
  std::string prefix;                  ///< of this run alone, below that of the target
  std::set<std::string> repositories;  ///< that the tool will push to; all belong_to() `prefix`

  static constexpr std::size_t kMaxRepositoryBytes = 255;  // what registries allow at most
};

/// Where the timed run puts images that the untimed one has put elsewhere: the prefix with this.
inline constexpr const char* kOtherSuffix = "-other";

/// Whether a repository is one of the run that has the prefix to itself.
bool belongs_to(std::string_view repository, std::string_view prefix);

/// Refuses what is not below the namespace that the campaign may use. Errors: bad_input.
Result<void> check_request(const RemoteRequest& request);

/// Where registries come from that nobody starts.
class RemoteRegistries {
 public:
  RemoteRegistries() = default;
  RemoteRegistries(const RemoteRegistries&) = delete;
  RemoteRegistries& operator=(const RemoteRegistries&) = delete;
  virtual ~RemoteRegistries() = default;

  /// How it is reached, with credentials that it accepts. Errors: those of RegistryAccess and
  /// Client.
  virtual Result<oci::Endpoint> reach(const TargetSpec& target, RegistryTransport transport) = 0;

  /// Gets it ready for one run. Errors: as reach(), bad_input (see check_request), conflict
  /// (cancelled).
  virtual Result<std::unique_ptr<RegistryInstance>> open(const RemoteRequest& request,
                                                         const Cancellation& cancellation) = 0;

  /// Removes what a run that was cut off may have left, as far as the registry allows it: these
  /// images, all below the request's prefix. Says how far that was. Errors: as open().
  virtual Result<std::string> sweep(const RemoteRequest& request,
                                    const std::vector<ExpectedImage>& images) = 0;
};

}  // namespace ocibench::agent
