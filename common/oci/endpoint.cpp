#include "common/oci/endpoint.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base64.hpp"
#include "common/file.hpp"
#include "common/http/url.hpp"
#include "common/json.hpp"

namespace ocibench::oci {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1024 * 1024;
constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kDockerHubApi = "registry-1.docker.io";
constexpr std::string_view kDockerHubKey = "https://index.docker.io/v1/";

bool is_docker_hub(std::string_view host) {
  return host == kDockerHub || host == kDockerHubApi || host == "index.docker.io";
}

/// The spellings under which docker, podman and others file a host.
std::vector<std::string> keys_of(std::string_view host) {
  if (is_docker_hub(host)) {
    return {std::string(kDockerHubKey), "index.docker.io", "docker.io"};
  }
  return {std::string(host), fmt::format("https://{}", host), fmt::format("http://{}", host)};
}

/// base64("user:password").
Result<Credentials> decode_auth(std::string_view encoded) {
  const std::string text = base64_decode(encoded).value_or(std::string());
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) {
    return fail(ErrorCode::bad_input, "auth is not base64 of user:password");
  }
  return Credentials{text.substr(0, colon), text.substr(colon + 1)};
}

Result<std::optional<Credentials>> credentials_in(const JsonObject& config, std::string_view host) {
  const std::vector<std::string> keys = keys_of(host);
  if (config.has("credHelpers")) {
    const auto helpers = config.text_map("credHelpers");
    if (!helpers) {
      return tl::unexpected(helpers.error());
    }
    for (const std::string& key : keys) {
      if (helpers->contains(key)) {
        return fail(ErrorCode::unavailable,
                    fmt::format("{} is served by the credential helper {}, which ocibench does not "
                                "run; put the credentials into auths with \"docker login\"",
                                key, helpers->at(key)));
      }
    }
  }
  const Result<JsonObject> auths =
      config.has("auths") ? config.object("auths") : tl::unexpected(Error{});
  if (!auths) {
    return config.has("auths") ? Result<std::optional<Credentials>>(tl::unexpected(auths.error()))
                               : std::optional<Credentials>{};
  }
  for (const std::string& key : keys) {
    if (!auths->has(key)) {
      continue;
    }
    const Result<JsonObject> entry = auths->object(key);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!entry->has("auth")) {
      continue;  // docker leaves an empty entry where a credential store keeps the secret
    }
    return entry->text("auth").and_then(decode_auth).map([](Credentials found) {
      return std::optional<Credentials>(std::move(found));
    });
  }
  return std::optional<Credentials>{};
}

}  // namespace

std::string base_url(const Endpoint& endpoint) {
  return fmt::format("{}://{}", endpoint.scheme == Scheme::http ? "http" : "https", endpoint.host);
}

Result<std::optional<Credentials>> read_docker_credentials(
    const std::filesystem::path& docker_config, std::string_view host) {
  const Result<std::string> text = read_file(docker_config, kMaxConfigBytes);
  if (!text) {
    return text.error().code == ErrorCode::not_found
               ? Result<std::optional<Credentials>>{}
               : Result<std::optional<Credentials>>(tl::unexpected(text.error()));
  }
  const Result<Json> json = parse_json(*text, docker_config.string());
  if (!json) {
    return tl::unexpected(json.error());
  }
  const Result<JsonObject> config = JsonObject::open(*json, docker_config.string());
  if (!config) {
    return tl::unexpected(config.error());
  }
  return credentials_in(*config, host).map_error([&](const Error& error) {
    return error.with_context(docker_config.string());
  });
}

Result<Endpoint> RegistryAccess::endpoint(std::string_view host) const {
  const bool plain = http::is_loopback(host) ||
                     std::ranges::find(plain_http_hosts, host) != plain_http_hosts.end();
  Endpoint endpoint{.host = std::string(host == kDockerHub ? kDockerHubApi : host),
                    .scheme = plain ? Scheme::http : Scheme::https,
                    .ca_file = ca_file};
  if (!docker_config.empty()) {
    auto credentials = read_docker_credentials(docker_config, host);
    if (!credentials) {
      return tl::unexpected(credentials.error());
    }
    endpoint.credentials = std::move(*credentials);
  }
  return endpoint;
}

}  // namespace ocibench::oci
