#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "common/error.hpp"

namespace ocibench::aws {

/// The keys of one section of ~/.aws/credentials or ~/.aws/config, names in lower case; empty when
/// the file or the section is not there. A line is "key = value", "[section]" or a comment ('#',
/// ';'); indented lines belong to a setting that we do not read.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
/// Errors: io, limit.
Result<std::map<std::string, std::string>> read_profile(const std::filesystem::path& file,
                                                        const std::string& section);

}  // namespace ocibench::aws
