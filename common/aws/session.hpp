#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/aws/imds.hpp"
#include "common/aws/profile_file.hpp"
#include "common/aws/settings.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"

namespace ocibench::aws {

/// A key, where it came from, and until when it is good.
struct Credentials {
  AccessKey key;
  std::string origin;  ///< for messages: "the environment", "the role lane-1 of this instance"
  std::optional<WallTime> expires;
};

/// Who asks, and in which region: looks where AWS's own programs look, in their order, and keeps
/// what it finds. Keys of an instance's role are fetched again before they expire. One thread at a
/// time.
class Session {
 public:
  static constexpr std::chrono::minutes kRefreshBefore{5};

  /// Requires: `clock` outlives this.
  Session(Settings settings, const Clock& clock);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] WallTime now() const { return clock_->wall(); }

  /// The environment, else the profile, else the instance's role. Errors: unavailable with the
  /// places that were looked at, or the way to get keys that a profile names and that we do not
  /// know; bad_input (a profile that was named and is not there, a key that is none); io of a file.
  Result<Credentials> credentials();
  /// A service called these expired: they are looked for anew.
  void forget_credentials() { known_.reset(); }

  /// The environment, else the profile, else the instance's. Errors: unavailable, bad_input.
  Result<std::string> region();

  /// The base URL that the environment or the profile names for a service ("ecr"), in the order of
  /// AWS's own programs: for it or for all in the environment, for it or for all in the profile.
  /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
  /// Errors: bad_input, io.
  Result<std::optional<std::string>> endpoint(const std::string& service) const;

 private:
  /// What the two files have of the profile.
  struct Profile {
    ProfileKeys credentials;
    ProfileKeys config;
  };
  [[nodiscard]] std::string profile_name() const { return settings_.profile.value_or("default"); }
  Result<Profile> profile() const;
  Result<std::optional<Credentials>> from_profile() const;
  Result<Credentials> from_role();
  Result<Imds*> imds();

  Settings settings_;
  const Clock* clock_;
  std::optional<Imds> imds_;
  std::optional<Credentials> known_;
};

}  // namespace ocibench::aws
