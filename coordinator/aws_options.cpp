#include "coordinator/aws_options.hpp"

#include <functional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace ocibench::coordinator {
namespace {

constexpr const char* kAwsFooter =
    "Credentials, region and endpoints are found as by AWS's own programs: AWS_ACCESS_KEY_ID,\n"
    "AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ..., ~/.aws, or the role of this EC2 instance.";

constexpr const char* kKeysFooter =
    "The key of NAME is kept as the parameter PATH/NAME.\n"
    "\n"
    "Examples:\n"
    "  ocibench keys publish lane-1.pub --ssm /ocibench/nightly/agents\n"
    "  ocibench keys fetch --ssm /ocibench/nightly/agents --output agents --expect 3 --wait 600\n"
    "\n"
    "Exit status:\n"
    "  0    done: as many keys as expected\n"
    "  2    fewer keys than expected, those that came are in the folder; or AWS refuses or\n"
    "       cannot be reached: the message says what to do\n"
    "  64   wrong usage\n"
    "  65   the file is no public key\n"
    "  70   our own failure\n"
    "  130  interrupted";

/// An option that is an "s3://..." URL.
CLI::Option* add_s3_url(CLI::App& command, const char* name, const char* about,
                        const std::function<void(aws::S3Url)>& take) {
  return command
      .add_option_function<std::string>(
          name,
          [name, take](const std::string& text) {
            auto url = aws::parse_s3_url(text);
            if (!url) {
              throw CLI::ValidationError(name, url.error().message);
            }
            take(std::move(*url));
          },
          about)
      ->option_text("s3://BUCKET/PREFIX");
}

void add_ssm_path(CLI::App& command, KeysOptions& options) {
  command.add_option("--ssm", options.path, "Path in the parameter store of AWS Systems Manager")
      ->required()
      ->option_text("PATH")
      ->check([](const std::string& path) {
        const bool plain = path.starts_with('/') && !path.ends_with('/') &&
                           path.find("//") == std::string::npos &&
                           path.find_first_not_of(
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
                               "vwxyz0123456789_.-/") == std::string::npos;
        return plain ? std::string() : path + " is no path like /ocibench/nightly/agents";
      });
}

}  // namespace

void add_upload_option(CLI::App& run, std::optional<aws::S3Url>& target) {
  add_s3_url(run, "--upload", "Upload the bundle when it is written",
             [&target](aws::S3Url url) { target = std::move(url); });
}

CLI::App* add_upload(CLI::App& app, UploadOptions& options) {
  CLI::App* const command = app.add_subcommand(
      "upload", "Upload a bundle to S3, or go on with an upload that was cut off");
  command->add_option("BUNDLE", options.bundle, "A result bundle")->required();
  add_s3_url(*command, "TARGET", "Where it goes: below bundles/ and iterations/ there",
             [&options](aws::S3Url url) { options.target = std::move(url); })
      ->required();
  command->footer(kAwsFooter);
  return command;
}

void add_keys(CLI::App& app, KeysOptions& options) {
  CLI::App* const keys =
      app.add_subcommand("keys", "Exchange public keys by the parameter store of AWS");
  keys->require_subcommand(1);
  CLI::App* const publish = keys->add_subcommand("publish", "Leave a public key there");
  publish->add_option("FILE", options.file, "NAME.pub, made by `ocibench keygen`")->required();
  CLI::App* const fetch = keys->add_subcommand("fetch", "Get the public keys that are there");
  fetch->add_option("--output", options.output, "Folder for the NAME.pub files")->required();
  fetch->add_option("--expect", options.expected, "How many keys there should be")
      ->capture_default_str();
  constexpr int kLongestWait = 24 * 3600;
  fetch
      ->add_option_function<int>(
          "--wait", [&options](int seconds) { options.wait = std::chrono::seconds(seconds); },
          "Wait for as many for this long (default: 0)")
      ->check(CLI::Range(0, kLongestWait))
      ->option_text("SECONDS");
  publish->callback([&options] { options.action = KeysOptions::Action::publish; });
  fetch->callback([&options] { options.action = KeysOptions::Action::fetch; });
  for (CLI::App* const command : {publish, fetch}) {
    add_ssm_path(*command, options);
    command->footer(std::string(kKeysFooter) + "\n\n" + kAwsFooter);
  }
}

}  // namespace ocibench::coordinator
