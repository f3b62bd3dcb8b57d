#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "agent/target/remote_registry.hpp"
#include "common/aws/ecr.hpp"
#include "common/aws/settings.hpp"
#include "common/clock.hpp"

namespace ocibench::agent {

/// Amazon ECR, which wants a repository before anything is pushed to it. Those of a run are made
/// before it and deleted, with all in them, after it; only those that this object has made, and
/// they are all below the run's prefix. A repository that is there already ends the run: cold would
/// not be cold. The password is got anew in time; it and the account's BLOB_MOUNTING setting are in
/// the region of the target's host. The password goes to the registry that AWS says it is for, and
/// the target must be that one.
class EcrRegistries final : public RemoteRegistries {
 public:
  /// CreateRepository and DeleteRepository share quotas with every other agent of the account, so
  /// they keep this distance.
  static constexpr std::chrono::milliseconds kPace{200};
  /// A password is good for 12 hours; a run gets one that is good for at least half of that.
  static constexpr std::chrono::hours kLeastLifetime{6};

  /// Requires: `clock` outlives this and every instance is gone before it.
  EcrRegistries(aws::Settings settings, const Clock& clock, std::chrono::milliseconds pace = kPace);
  ~EcrRegistries() override;

  /// Errors: also bad_input (a host that is not of ECR, plain http off loopback), conflict when the
  /// credentials are those of another account.
  Result<oci::Endpoint> reach(const TargetSpec& target, RegistryTransport transport) override;
  /// Errors: also those of aws::Ecr, and conflict.
  Result<std::unique_ptr<RegistryInstance>> open(const RemoteRequest& request,
                                                 const Cancellation& cancellation) override;
  Result<std::string> sweep(const RemoteRequest& request,
                            const std::vector<ExpectedImage>& images) override;

 private:
  struct Account;
  Result<Account*> account_of(const TargetSpec& target);
  Result<Account*> login_to(const TargetSpec& target);

  const aws::Settings settings_;
  const Clock& clock_;
  const std::chrono::milliseconds pace_;
  std::unique_ptr<Account> account_;  ///< in the region of the target; made when first asked for
};

}  // namespace ocibench::agent
