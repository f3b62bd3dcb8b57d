#include "common/oci/docker_config.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base64.hpp"
#include "common/json.hpp"

namespace ocibench::oci {
namespace {

constexpr std::string_view kDockerHubKey = "https://index.docker.io/v1/";

/// The spellings under which docker, podman and others file a host, the first for helpers.
std::vector<std::string> keys_of(std::string_view host) {
  std::vector<std::string> keys;
  std::vector<std::string> names = {std::string(host)};
  if (is_docker_hub(host)) {
    keys = {std::string(kDockerHubKey)};
    names = {"index.docker.io", "docker.io"};
  }
  for (const std::string& name : names) {
    for (const std::string_view scheme : {"", "https://", "http://"}) {
      for (const std::string_view path : {"", "/", "/v2/", "/v1/", "/v2", "/v1"}) {
        keys.push_back(fmt::format("{}{}{}", scheme, name, path));
      }
    }
  }
  return keys;
}

/// base64("user:password"); base64(1) ends its lines, and shells keep the line feed.
Result<Credentials> decode_auth(std::string encoded) {
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  const std::string text = base64_decode(encoded).value_or(std::string());
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) {
    return fail(ErrorCode::bad_input, "auth is not base64 of user:password");
  }
  return Credentials{text.substr(0, colon), text.substr(colon + 1), ""};
}

/// Nothing where docker has left an empty entry because a helper keeps the secret.
Result<std::optional<Credentials>> credentials_of(const JsonObject& entry) {
  Credentials credentials;
  if (entry.has("auth")) {
    const Result<std::string> encoded = entry.text("auth");
    Result<Credentials> decoded =
        encoded && !encoded->empty()
            ? decode_auth(*encoded)
            : encoded.map([](const std::string&) { return Credentials{}; });
    if (!decoded) {
      return tl::unexpected(std::move(decoded.error()));
    }
    credentials = *std::move(decoded);
  }
  const std::array<std::pair<const char*, std::string*>, 3> fields = {
      {{"username", &credentials.username},
       {"password", &credentials.password},
       {"identitytoken", &credentials.identity_token}}};
  for (const auto& [key, field] : fields) {
    if (entry.has(key)) {
      Result<std::string> text = entry.text(key);
      if (!text) {
        return tl::unexpected(std::move(text.error()));
      }
      *field = text->empty() ? std::move(*field) : *std::move(text);
    }
  }
  return credentials == Credentials{} ? std::optional<Credentials>() : credentials;
}

Result<DockerConfigEntry> entry_of(const JsonObject& config, std::string_view host) {
  const std::vector<std::string> keys = keys_of(host);
  if (config.has("credHelpers")) {
    const auto helpers = config.text_map("credHelpers");
    if (!helpers) {
      return tl::unexpected(helpers.error());
    }
    for (const std::string& key : keys) {
      const auto helper = helpers->find(key);
      if (helper != helpers->end() && !helper->second.empty()) {
        return DockerConfigEntry{.helper = helper->second};
      }
    }
  }
  if (config.has("auths")) {
    const Result<JsonObject> auths = config.object("auths");
    if (!auths) {
      return tl::unexpected(auths.error());
    }
    for (const std::string& key : keys) {
      if (auths->has(key)) {
        Result<std::optional<Credentials>> found = auths->object(key).and_then(credentials_of);
        if (!found || *found) {
          return found.map([](std::optional<Credentials>& credentials) {
            return DockerConfigEntry{.credentials = std::move(credentials)};
          });
        }
      }
    }
  }
  return config.has("credsStore") ? config.text("credsStore").map([](std::string store) {
    return DockerConfigEntry{.helper = std::move(store)};
  })
                                  : DockerConfigEntry{};
}

}  // namespace

bool is_docker_hub(std::string_view host) {
  return host == kDockerHub || host == kDockerHubApi || host == "index.docker.io";
}

std::string server_key(std::string_view host) { return keys_of(host).front(); }

Result<DockerConfigEntry> find_in_docker_config(std::string_view text, std::string_view origin,
                                                std::string_view host) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return DockerConfigEntry{};  // as touch(1) makes it
  }
  const Result<Json> json = parse_json(text, origin);
  if (!json) {
    return fail(ErrorCode::bad_input, fmt::format("{}: this is no JSON", origin));
  }
  return JsonObject::open(*json, std::string(origin)).and_then([&](const JsonObject& config) {
    return entry_of(config, host).map_error([&](const Error& error) {
      return Error{ErrorCode::bad_input, error.message}.with_context(origin);
    });
  });
}

std::string docker_config_json(const std::vector<HostCredentials>& hosts) {
  Json auths = Json::object();
  for (const auto& [host, credentials] : hosts) {
    Json entry = Json::object();
    if (!credentials.username.empty() || !credentials.password.empty()) {
      entry["auth"] = base64_encode(credentials.username + ":" + credentials.password);
    }
    if (!credentials.identity_token.empty()) {
      entry["identitytoken"] = credentials.identity_token;
    }
    auths[host] = entry;
    if (is_docker_hub(host)) {
      auths[server_key(host)] = entry;
    }
  }
  return dump_json(Json{{"auths", std::move(auths)}});
}

}  // namespace ocibench::oci
