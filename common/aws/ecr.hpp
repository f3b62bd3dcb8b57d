#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/aws/service.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"

namespace ocibench::aws {

/// What a registry of ECR is logged in to with. Never shown or logged.
struct RegistryLogin {
  std::string username;  ///< "AWS"
  std::string password;
  WallTime expires;
  std::string registry;  ///< host: "<account>.dkr.ecr.<region>.amazonaws.com"
};

/// How blobs are mounted from one repository into another, a setting of the account that changes
/// what every tool has to upload.
enum class BlobMounting { enabled, disabled };

struct EcrRepository {
  std::string name;
  std::string uri;  ///< "<registry>/<name>"
};

/// The calls of Amazon ECR that a benchmark needs, in one account and region.
/// https://docs.aws.amazon.com/AmazonECR/latest/APIReference
/// Errors of all: those of Service::send. One thread at a time.
class Ecr {
 public:
  /// Requires: `session` outlives this. Errors: those of Service::create.
  static Result<Ecr> create(Session& session, RetryLimits limits = {});

  /// Good for 12 hours.
  Result<RegistryLogin> login();

  enum class Created { now, was_there };
  /// `now` also where it is there after a request of this call whose answer was lost: that has made
  /// it. Requires: a name that nobody else makes at the same time. With Failure::maybe_done it may
  /// be there in spite of the failure.
  Outcome<Created> create_repository(const std::string& name);
  /// With all images in it. One that is not there is no error.
  Result<void> delete_repository(const std::string& name);
  /// All whose name begins with `prefix`, in no order.
  Result<std::vector<EcrRepository>> repositories(const std::string& prefix);

  Result<BlobMounting> blob_mounting();

  /// Answers so far that asked us to slow down.
  [[nodiscard]] std::uint64_t throttled() const { return service_.throttled(); }
  [[nodiscard]] const std::string& region() const { return service_.region(); }

 private:
  explicit Ecr(Service service) : service_(std::move(service)) {}
  Outcome<Json> call(const std::string& operation, const Json& request);

  Service service_;
};

}  // namespace ocibench::aws
