#include "common/aws/settings.hpp"

#include <array>
#include <utility>

#include "common/host.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

/// What is copied into a variable may end in a line feed.
std::optional<std::string> value_of(const char* variable) {
  const auto value = environment_variable(variable);
  const std::string_view text = value ? trimmed(*value) : std::string_view();
  return text.empty() ? std::nullopt : std::optional(std::string(text));
}

std::filesystem::path file_from(const char* variable, const char* name_below_home) {
  if (const auto told = environment_variable(variable)) {
    return *told;
  }
  const auto home = environment_variable("HOME");
  return home ? std::filesystem::path(*home) / ".aws" / name_below_home : std::filesystem::path();
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  const auto id = value_of("AWS_ACCESS_KEY_ID");
  const auto secret = value_of("AWS_SECRET_ACCESS_KEY");
  if (id || secret) {
    settings.key =
        AccessKey{id.value_or(""), secret.value_or(""), value_of("AWS_SESSION_TOKEN").value_or("")};
  }
  settings.credentials_file = file_from("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  settings.config_file = file_from("AWS_CONFIG_FILE", "config");
  settings.profile = value_of("AWS_PROFILE");
  settings.region = value_of("AWS_REGION").value_or(value_of("AWS_DEFAULT_REGION").value_or(""));
  settings.metadata_endpoint = environment_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                                   .value_or(settings.metadata_endpoint);
  if (environment_variable("AWS_EC2_METADATA_DISABLED") == "true") {
    settings.metadata_endpoint.clear();
  }
  static constexpr std::array<std::pair<const char*, const char*>, 4> kEndpoints = {
      {{"", "AWS_ENDPOINT_URL"},
       {"ecr", "AWS_ENDPOINT_URL_ECR"},
       {"s3", "AWS_ENDPOINT_URL_S3"},
       {"ssm", "AWS_ENDPOINT_URL_SSM"}}};
  for (const auto& [service, variable] : kEndpoints) {
    if (auto url = value_of(variable)) {
      settings.endpoints.emplace(service, std::move(*url));
    }
  }
  if (const auto ignore = value_of("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
    settings.ignore_endpoints = lower_case(*ignore) == "true";
  }
  settings.ca_file = environment_variable("AWS_CA_BUNDLE").value_or(std::string());
  return settings;
}

Settings settings_in_region(std::string region) {
  Settings settings = settings_from_environment();
  settings.region = std::move(region);
  return settings;
}

}  // namespace ocibench::aws
