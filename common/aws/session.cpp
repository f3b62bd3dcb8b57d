#include "common/aws/session.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/aws/profile_file.hpp"
#include "common/json.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::size_t kMaxRoleName = 256;

/// In ~/.aws/config all profiles but the default have a prefix.
std::string config_section(const std::string& profile) {
  return profile == "default" ? profile : "profile " + profile;
}

/// The answer of the instance metadata service about a role.
Result<Credentials> role_credentials(const std::string& body, const std::string& role) {
  const std::string origin = fmt::format("the role {} of this instance", role);
  const Result<Json> json = parse_json(body, origin);
  const Result<JsonObject> answer =
      json ? JsonObject::open(*json, origin) : tl::unexpected(json.error());
  if (!answer) {
    // What was answered may hold a secret: nothing of it is repeated.
    return fail(ErrorCode::bad_input, fmt::format("the keys of {} cannot be read", origin));
  }
  const auto id = answer->text("AccessKeyId");
  const auto secret = answer->text("SecretAccessKey");
  const auto token = answer->text("Token");
  const auto expires = parse_rfc3339(answer->text("Expiration").value_or(std::string()));
  if (!id || !secret || !token || !expires) {
    return fail(ErrorCode::bad_input, fmt::format("the keys of {} are not complete", origin));
  }
  return Credentials{{*id, *secret, *token}, origin, *expires};
}

}  // namespace

Session::Session(Settings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(&clock) {}

Result<Imds*> Session::imds() {
  if (settings_.metadata_endpoint.empty()) {
    return fail(ErrorCode::unavailable,
                "the instance metadata service is switched off "
                "(AWS_EC2_METADATA_DISABLED)");
  }
  if (!imds_) {
    Result<Imds> created = Imds::create(settings_.metadata_endpoint, *clock_);
    if (!created) {
      return tl::unexpected(created.error());
    }
    imds_ = std::move(*created);
  }
  return &*imds_;
}

Result<std::optional<Credentials>> Session::from_profile() const {
  for (const auto& [file, section] :
       {std::pair(settings_.credentials_file, settings_.profile),
        std::pair(settings_.config_file, config_section(settings_.profile))}) {
    const auto profile = read_profile(file, section);
    if (!profile) {
      return tl::unexpected(profile.error());
    }
    const auto id = profile->find("aws_access_key_id");
    const auto secret = profile->find("aws_secret_access_key");
    if (id == profile->end() || secret == profile->end()) {
      continue;
    }
    const auto token = profile->find("aws_session_token");
    return Credentials{
        {id->second, secret->second, token == profile->end() ? std::string() : token->second},
        fmt::format("the profile {} in {}", settings_.profile, file.string())};
  }
  return std::optional<Credentials>{};
}

Result<Credentials> Session::from_role() {
  const Result<Imds*> service = imds();
  if (!service) {
    return tl::unexpected(service.error());
  }
  const Result<std::string> roles = (*service)->get(Imds::kRoles);
  if (!roles) {
    return roles.error().code == ErrorCode::not_found
               ? fail(ErrorCode::unavailable, "this instance has no role (instance profile)")
               : tl::unexpected(roles.error());
  }
  const std::string role = printable(roles->substr(0, roles->find('\n')), kMaxRoleName);
  const Result<std::string> keys = (*service)->get(std::string(Imds::kRoles) + role);
  return keys ? role_credentials(*keys, role) : tl::unexpected(keys.error());
}

Result<Credentials> Session::credentials() {
  if (known_ && (!known_->expires || clock_->wall() + kRefreshBefore < *known_->expires)) {
    return *known_;
  }
  if (settings_.key) {
    known_ = Credentials{*settings_.key, "the environment"};
    return *known_;
  }
  const Result<std::optional<Credentials>> profile = from_profile();
  if (!profile) {
    return tl::unexpected(profile.error());
  }
  if (*profile) {
    known_ = **profile;
    return *known_;
  }
  const Result<Credentials> role = from_role();
  if (role) {
    known_ = *role;
    return *role;
  }
  if (known_ && clock_->wall() < *known_->expires) {
    return *known_;  // good for some minutes yet: the next call asks again
  }
  return fail(
      ErrorCode::unavailable,
      fmt::format("no AWS credentials: looked at AWS_ACCESS_KEY_ID and "
                  "AWS_SECRET_ACCESS_KEY, the profile {} in {}, and the role of this "
                  "instance ({})",
                  settings_.profile, settings_.credentials_file.string(), role.error().message));
}

Result<std::string> Session::region() {
  if (settings_.region.empty()) {
    const auto profile = read_profile(settings_.config_file, config_section(settings_.profile));
    if (profile && profile->contains("region")) {
      settings_.region = profile->at("region");
    }
  }
  if (settings_.region.empty()) {
    const Result<Imds*> service = imds();
    const Result<std::string> told =
        service ? (*service)->get(Imds::kRegion) : tl::unexpected(service.error());
    if (!told) {
      return fail(
          ErrorCode::unavailable,
          fmt::format("no AWS region: looked at AWS_REGION, AWS_DEFAULT_REGION, the profile "
                      "{} in {}, and this instance ({})",
                      settings_.profile, settings_.config_file.string(), told.error().message));
    }
    settings_.region = *told;
  }
  const bool shaped = settings_.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                      std::string::npos;
  if (!shaped) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no AWS region", printable(settings_.region, kMaxRoleName)));
  }
  return settings_.region;
}

}  // namespace ocibench::aws
