#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "common/aws/sigv4.hpp"

namespace ocibench::aws {

/// What this process was told about AWS, by the names that AWS's own programs use.
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
struct Settings {
  /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; Session checks it.
  std::optional<AccessKey> key;
  std::filesystem::path credentials_file;  ///< AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials
  std::filesystem::path config_file;       ///< AWS_CONFIG_FILE, ~/.aws/config
  /// AWS_PROFILE. One that is named must be there; without, it is "default", which need not.
  std::optional<std::string> profile;
  std::string region;  ///< AWS_REGION, AWS_DEFAULT_REGION; empty: not told
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT; empty: not to be asked (AWS_EC2_METADATA_DISABLED).
  std::string metadata_endpoint = "http://169.254.169.254";
  /// Base URLs by service, "" for all others: AWS_ENDPOINT_URL_ECR, ..._S3, ..._SSM,
  /// AWS_ENDPOINT_URL. A profile may name others: Session::endpoint().
  std::map<std::string, std::string> endpoints;
  /// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: those of the environment and of profiles do not count.
  std::optional<bool> ignore_endpoints;
  std::filesystem::path ca_file;  ///< AWS_CA_BUNDLE; empty: the system's certificates
};

Settings settings_from_environment();
/// The same, but for the region.
Settings settings_in_region(std::string region);

}  // namespace ocibench::aws
