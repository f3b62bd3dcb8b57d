#include "common/aws/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::size_t kMaxRoleName = 256;

/// Ways to get keys that AWS's programs know and we do not. Whoever asks for one of them must not
/// get the keys of another identity instead.
constexpr std::array<const char*, 6> kOtherWays = {"role_arn",           "web_identity_token_file",
                                                   "sso_session",        "sso_start_url",
                                                   "credential_process", "login_session"};

std::string value_in(const ProfileKeys& keys, const std::string& name) {
  const auto found = keys.find(name);
  return found == keys.end() ? std::string() : found->second;
}

/// Without what copying leaves around it. Errors: bad_input, without the key's own characters.
Result<AccessKey> checked(AccessKey key, const std::string& origin) {
  for (std::string* const part : {&key.id, &key.secret, &key.session_token}) {
    *part = std::string(trimmed(*part));
    if (!std::ranges::all_of(*part, [](char c) { return c > ' ' && c < '\x7f'; })) {
      return fail(ErrorCode::bad_input,
                  fmt::format("the key of {} has a blank, a line end or another character in it "
                              "that no AWS key has",
                              origin));
    }
  }
  if (key.id.empty() || key.secret.empty()) {
    return fail(ErrorCode::bad_input,
                fmt::format("the key of {} is not complete: its {} is missing", origin,
                            key.id.empty() ? "id" : "secret"));
  }
  return key;
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
  return checked({*id, *secret, *token}, origin).map([&](AccessKey&& key) {
    return Credentials{std::move(key), origin, *expires};
  });
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

Result<Session::Profile> Session::profile() const {
  const std::string name = profile_name();
  auto credentials = read_profile(settings_.credentials_file, {"", name});
  auto config = credentials ? read_profile(settings_.config_file, {"profile", name})
                            : tl::unexpected(credentials.error());
  if (!config) {
    return tl::unexpected(config.error());
  }
  if (settings_.profile && !*credentials && !*config) {
    return fail(ErrorCode::bad_input,
                fmt::format("there is no profile {} (AWS_PROFILE): neither [{}] in {} nor "
                            "[profile {}] in {}",
                            name, name, settings_.credentials_file.string(), name,
                            settings_.config_file.string()));
  }
  return Profile{credentials->value_or(ProfileKeys()), config->value_or(ProfileKeys())};
}

Result<std::optional<Credentials>> Session::from_profile() const {
  const Result<Profile> found = profile();
  if (!found) {
    return tl::unexpected(found.error());
  }
  for (const auto& [keys, file] : {std::pair(&found->credentials, &settings_.credentials_file),
                                   std::pair(&found->config, &settings_.config_file)}) {
    const std::string origin = fmt::format("the profile {} in {}", profile_name(), file->string());
    for (const char* const way : kOtherWays) {
      if (keys->contains(way)) {
        return fail(ErrorCode::unavailable,
                    fmt::format("{} gets its keys by {}, which ocibench does not know: `aws "
                                "configure export-credentials --profile {} --format env` prints "
                                "what to set instead",
                                origin, way, profile_name()));
      }
    }
    if (keys->contains("aws_access_key_id") || keys->contains("aws_secret_access_key")) {
      return checked(
                 {value_in(*keys, "aws_access_key_id"), value_in(*keys, "aws_secret_access_key"),
                  value_in(*keys, "aws_session_token")},
                 origin)
          .map([&](AccessKey&& key) {
            return std::optional(Credentials{std::move(key), origin});
          });
    }
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
    return checked(*settings_.key, "the environment").map([&](AccessKey&& key) {
      known_ = Credentials{std::move(key), "the environment"};
      return *known_;
    });
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
                  profile_name(), settings_.credentials_file.string(), role.error().message));
}

Result<std::string> Session::region() {
  if (settings_.region.empty()) {
    const Result<Profile> found = profile();
    if (!found) {
      return tl::unexpected(found.error());
    }
    settings_.region = value_in(found->config, "region");
    if (settings_.region.empty()) {
      settings_.region = value_in(found->credentials, "region");
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
                      profile_name(), settings_.config_file.string(), told.error().message));
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

Result<std::optional<std::string>> Session::endpoint(const std::string& service) const {
  if (settings_.ignore_endpoints.value_or(false)) {
    return std::optional<std::string>{};
  }
  for (const std::string& key : {service, std::string()}) {
    if (const auto told = settings_.endpoints.find(key); told != settings_.endpoints.end()) {
      return std::optional(told->second);
    }
  }
  const Result<Profile> found = profile();
  if (!found) {
    return tl::unexpected(found.error());
  }
  const bool ignored =
      lower_case(value_in(found->config, "ignore_configured_endpoint_urls")) == "true";
  if (ignored && !settings_.ignore_endpoints) {
    return std::optional<std::string>{};
  }
  std::string url = value_in(found->config, "endpoint_url");
  if (const std::string services = value_in(found->config, "services"); !services.empty()) {
    const auto named = read_profile(settings_.config_file, {"services", services});
    if (!named) {
      return tl::unexpected(named.error());
    }
    const std::string own = value_in(named->value_or(ProfileKeys()), service + ".endpoint_url");
    url = own.empty() ? url : own;
  }
  return url.empty() ? std::optional<std::string>{} : std::optional(url);
}

}  // namespace ocibench::aws
