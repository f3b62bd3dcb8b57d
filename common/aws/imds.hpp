#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/http/connection.hpp"

namespace ocibench::aws {

/// What an EC2 instance is told about itself, by version 2 of the instance metadata service: a
/// token is asked for first and kept until it expires.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
/// No proxy is asked. Where there is no such service, the first get() says so within a second and
/// those of the next kAbsentFor at once. Where a token was had there is one, and what fails is
/// asked again, kMostTries times in all. One thread at a time.
class Imds {
 public:
  static constexpr std::string_view kIdentityDocument =
      "/latest/dynamic/instance-identity/document";
  static constexpr std::string_view kRegion = "/latest/meta-data/placement/region";
  static constexpr std::string_view kZoneId = "/latest/meta-data/placement/availability-zone-id";
  static constexpr std::string_view kPlacementGroup = "/latest/meta-data/placement/group-name";
  static constexpr std::string_view kLifeCycle = "/latest/meta-data/instance-life-cycle";
  /// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
  static constexpr std::string_view kSpotAction = "/latest/meta-data/spot/instance-action";
  static constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";

  static constexpr std::chrono::seconds kAbsentFor{5};
  static constexpr int kMostTries = 3;

  /// Requires: `clock` outlives this. Errors: internal.
  static Result<Imds> create(std::string endpoint, const Clock& clock);

  /// Errors: not_found (the instance has no such thing), unavailable (no such service here, or it
  /// refuses), those of http::Connection::send.
  Result<std::string> get(std::string_view path);

 private:
  Imds(std::string endpoint, const Clock& clock, http::Connection http);
  Result<void> ensure_token();
  Result<std::string> get_once(std::string_view path);

  std::string endpoint_;
  const Clock* clock_;
  http::Connection http_;
  std::optional<MonoTime> absent_until_;
  bool was_there_ = false;  ///< it has given a token once
  std::string token_;
  MonoTime token_expires_;
};

}  // namespace ocibench::aws
