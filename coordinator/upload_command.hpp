#pragma once

#include <filesystem>

#include "common/aws/s3.hpp"
#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// Whether there are credentials, a region, and a bucket that may be listed. Errors: those of
/// aws::Session and aws::Bucket.
Result<void> check_upload(const aws::S3Url& target);

/// Uploads a bundle that was just written. What is there already is not sent again. Ends between
/// two files when `stop_fd` becomes readable. Errors: those of aws::upload_file, with the command
/// that goes on with it; unavailable (interrupted).
Result<void> upload_after_run(const std::filesystem::path& bundle, const aws::S3Url& target,
                              const CommonOptions& common, int stop_fd);

/// `ocibench upload`: 0 when all of the bundle is there, not_uploaded when something is not.
/// Errors: bad_input (it is no bundle, or not what its SHA256SUMS says), io.
Result<ExitCode> upload_command(const UploadOptions& options);

}  // namespace ocibench::coordinator
