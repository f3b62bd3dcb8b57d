#include "common/aws/settings.hpp"

#include <array>
#include <utility>

#include "common/host.hpp"

namespace ocibench::aws {
namespace {

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
  const auto id = environment_variable("AWS_ACCESS_KEY_ID");
  const auto secret = environment_variable("AWS_SECRET_ACCESS_KEY");
  if (id && secret) {
    settings.key =
        AccessKey{*id, *secret, environment_variable("AWS_SESSION_TOKEN").value_or(std::string())};
  }
  settings.credentials_file = file_from("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  settings.config_file = file_from("AWS_CONFIG_FILE", "config");
  settings.profile = environment_variable("AWS_PROFILE").value_or(settings.profile);
  const auto default_region = environment_variable("AWS_DEFAULT_REGION").value_or(std::string());
  settings.region = environment_variable("AWS_REGION").value_or(default_region);
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
    if (auto url = environment_variable(variable)) {
      settings.endpoints.emplace(service, std::move(*url));
    }
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
