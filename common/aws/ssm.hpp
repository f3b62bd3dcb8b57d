#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/aws/service.hpp"
#include "common/error.hpp"

namespace ocibench::aws {

struct Parameter {
  std::string name;  ///< "/ocibench/nightly/agents/lane-1"
  std::string value;

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// The parameter store of AWS Systems Manager, as a place to leave public keys at.
/// https://docs.aws.amazon.com/systems-manager/latest/APIReference
/// Errors of all: those of Service::send. One thread at a time.
class ParameterStore {
 public:
  static constexpr std::size_t kMaxValueBytes = 4096;  ///< of a standard parameter
  static constexpr std::size_t kMaxParameters = 10'000;

  /// Requires: `session` outlives this. Errors: those of Service::create.
  static Result<ParameterStore> create(Session& session, RetryLimits limits = {});

  /// In place of what was there. Errors: also limit (kMaxValueBytes).
  Result<void> put(const Parameter& parameter);

  /// One that is not there is no error.
  Result<void> remove(const std::string& name);

  /// Every plain parameter below `path`, by name; none when there is no such path.
  /// Errors: also limit (kMaxParameters), bad_input.
  Result<std::vector<Parameter>> below(const std::string& path);

 private:
  explicit ParameterStore(Service service) : service_(std::move(service)) {}
  Service service_;
};

}  // namespace ocibench::aws
