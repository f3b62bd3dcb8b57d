#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/aws/imds.hpp"
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
  /// places that were looked at; bad_input or io of a file that cannot be used.
  Result<Credentials> credentials();
  /// A service called these expired: they are looked for anew.
  void forget_credentials() { known_.reset(); }

  /// The environment, else the profile, else the instance's. Errors: unavailable.
  Result<std::string> region();

 private:
  Result<std::optional<Credentials>> from_profile() const;
  Result<Credentials> from_role();
  Result<Imds*> imds();

  Settings settings_;
  const Clock* clock_;
  std::optional<Imds> imds_;
  std::optional<Credentials> known_;
};

}  // namespace ocibench::aws
