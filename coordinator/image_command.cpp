#include "coordinator/image_command.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/json.hpp"
#include "common/model/reference.hpp"
#include "common/oci/registry_access.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::uint64_t kMaxListBytes = 16 * 1024 * 1024;
constexpr std::size_t kLongestQuote = 200;
constexpr std::string_view kBlanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The two words of a line. Errors: bad_input.
Result<oci::CopyJob> parse_line(std::string_view line) {
  const std::size_t gap = line.find_first_of(kBlanks);
  if (gap == std::string_view::npos) {
    return fail(ErrorCode::bad_input, "expected \"source-repository:tag destination-repository\"");
  }
  return parse_copy_job(line.substr(0, gap), trim(line.substr(gap)));
}

Result<oci::Endpoint> endpoint_of(const std::string& host, const ImageCopyOptions& options) {
  oci::RegistryAccess access = oci::registry_access_from_environment();
  if (!options.ca_file.empty()) {
    access.ca_file = options.ca_file;
  }
  if (options.transport == ImageCopyOptions::Transport::plain_http) {
    access.plain_http_hosts = {host};
  }
  return access.endpoint(host).map([&](oci::Endpoint endpoint) {
    if (!options.ca_file.empty()) {
      endpoint.scheme = oci::Scheme::https;  // also on loopback
    }
    return endpoint;
  });
}

Result<std::vector<oci::CopyJob>> jobs_of(const ImageCopyOptions& options) {
  if (options.images.empty()) {
    return parse_copy_job(options.image, options.target_repository)
        .map([](oci::CopyJob job) { return std::vector<oci::CopyJob>{std::move(job)}; })
        .map_error([](const Error& error) {
          return Error{ErrorCode::usage, error.message};
        });
  }
  const Result<std::string> text = read_file(options.images, kMaxListBytes);
  if (!text) {
    return tl::unexpected(Error{ErrorCode::bad_input, text.error().message});
  }
  return parse_image_list(*text, options.images.string());
}

std::string source_name(const oci::CopyJob& job) {
  return fmt::format("{}:{}", job.source_repository, job.tag);
}

/// What a person or a harness sees while it goes on.
void print_image(const oci::CopyJob& job, const oci::CopiedImage& image, Output output) {
  if (image.error) {
    fmt::print(stderr, "ocibench: {}: {}\n", source_name(job), image.error->message);
  } else if (output == Output::text) {
    fmt::print("{} {}\n", source_name(job), image.digest);
    std::fflush(stdout);
  }
}

Json report_json(const std::vector<oci::CopyJob>& jobs, const oci::CopyReport& report) {
  Json images = Json::array();
  for (const oci::CopiedImage& image : report.images) {
    Json row{{"source", source_name(jobs[image.job])},
             {"target_repository", jobs[image.job].target_repository},
             {"outcome", oci::to_string(image.outcome)},
             {"digest", image.digest}};
    if (image.error) {
      row["error"] = image.error->message;
    }
    images.push_back(std::move(row));
  }
  return Json{{"images", std::move(images)},
              {"moved_bytes", report.moved_bytes},
              {"uploaded_blobs", report.uploaded_blobs},
              {"mounted_blobs", report.mounted_blobs},
              {"present_blobs", report.present_blobs}};
}

}  // namespace

Result<oci::CopyJob> parse_copy_job(std::string_view image, std::string_view target_repository) {
  const std::size_t colon = std::min(image.rfind(':'), image.size());
  oci::CopyJob job{.source_repository = std::string(image.substr(0, colon)),
                   .tag = std::string(image.substr(std::min(colon + 1, image.size()))),
                   .target_repository = std::string(target_repository)};
  if (!is_repository(job.source_repository) || !is_tag(job.tag)) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no repository:tag", image.substr(0, kLongestQuote)));
  }
  if (!is_repository(job.target_repository)) {
    return fail(ErrorCode::bad_input, fmt::format("\"{}\" is no repository name",
                                                  target_repository.substr(0, kLongestQuote)));
  }
  return job;
}

Result<std::vector<oci::CopyJob>> parse_image_list(std::string_view text, std::string_view file) {
  std::vector<oci::CopyJob> jobs;
  std::set<std::pair<std::string, std::string>> targets;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    Result<oci::CopyJob> job = parse_line(line);
    if (job && !targets.emplace(job->target_repository, job->tag).second) {
      job = fail(ErrorCode::bad_input, fmt::format("{}:{} is the destination of two images",
                                                   job->target_repository, job->tag));
    }
    if (!job) {
      return fail(job.error(), fmt::format("{}:{}", file, number));
    }
    jobs.push_back(std::move(*job));
  }
  if (jobs.empty()) {
    return fail(ErrorCode::bad_input, fmt::format("{} names no images", file));
  }
  return jobs;
}

Result<ExitCode> image_copy_command(const ImageCopyOptions& options) {
  const auto jobs = jobs_of(options);
  const auto source = endpoint_of(options.from, options);
  const auto target = endpoint_of(options.to, options);
  if (!jobs || !source || !target) {
    return tl::unexpected(!jobs ? jobs.error() : !source ? source.error() : target.error());
  }
  const auto report =
      oci::copy_images(*source, *target, *jobs, options.copy, [&](const oci::CopiedImage& image) {
        print_image((*jobs)[image.job], image, options.output);
      });
  if (!report) {
    return tl::unexpected(report.error());
  }
  if (options.output == Output::json) {
    std::fputs(dump_json(report_json(*jobs, *report)).c_str(), stdout);
  }
  const std::size_t failed = report->count(oci::CopyOutcome::failed);
  if (failed > 0) {
    fmt::print(stderr, "ocibench: {} of {} images failed\n", failed, jobs->size());
    return ExitCode::incomplete;
  }
  return ExitCode::valid;
}

}  // namespace ocibench::coordinator
