#pragma once

#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/oci/copy.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// "repository:tag" and a destination repository. Errors: bad_input.
Result<oci::CopyJob> parse_copy_job(std::string_view image, std::string_view target_repository);

/// A job per line, "source-repository:tag destination-repository"; empty lines and those that begin
/// with # count for nothing. Errors: bad_input with file and line (malformed, or two images with
/// one destination), limit.
Result<std::vector<oci::CopyJob>> parse_image_list(std::string_view text, std::string_view file);

/// `ocibench image copy`: a line "repository:tag digest" for each image as it is done, or JSON at
/// the end. Errors: those of reading the list and the credentials; a failed image is an exit code.
Result<ExitCode> image_copy_command(const ImageCopyOptions& options);

}  // namespace ocibench::coordinator
