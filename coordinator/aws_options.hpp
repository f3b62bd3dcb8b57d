#pragma once

#include <optional>

#include "common/aws/s3.hpp"
#include "coordinator/options.hpp"

namespace CLI {
class App;
}

namespace ocibench::coordinator {

// The part of the command line that has to do with AWS. What is given as a reference is filled in
// when the line is parsed, and must live until then.

/// `--upload s3://BUCKET/PREFIX` of `ocibench run`.
void add_upload_option(CLI::App& run, std::optional<aws::S3Url>& target);
/// `ocibench upload`, without what every command understands.
CLI::App* add_upload(CLI::App& app, UploadOptions& options);
/// `ocibench keys publish` and `ocibench keys fetch`.
void add_keys(CLI::App& app, KeysOptions& options);

}  // namespace ocibench::coordinator
