#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::aws {

/// Names in lower case; a nested setting as "ecr.endpoint_url".
using ProfileKeys = std::map<std::string, std::string>;

/// A section of ~/.aws/credentials or ~/.aws/config.
struct ProfileSection {
  std::string kind;  ///< "profile" or "services"; empty in ~/.aws/credentials
  std::string name;
};

/// The keys of a section; nothing when it is not there. A section is "[name]", or "[kind name]",
/// where the name may be in quotes and "[default]" is the profile of that name; what follows the
/// bracket is a comment. A key is "name = value". A line that begins with '#' or ';' is a comment,
/// and so is what follows one of them behind a blank. A line that is indented deeper than the key
/// before it belongs to that.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
std::optional<ProfileKeys> parse_profile(std::string_view text, const ProfileSection& section);

/// The same of a file; nothing when that is not there. Errors: io, limit.
Result<std::optional<ProfileKeys>> read_profile(const std::filesystem::path& file,
                                                const ProfileSection& section);

}  // namespace ocibench::aws
