#include "coordinator/upload_command.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/aws/s3_upload.hpp"
#include "common/aws/session.hpp"
#include "common/clock.hpp"
#include "common/durable/record_log.hpp"
#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "common/sha256.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/report/bucket_layout.hpp"
#include "coordinator/report/bundle_files.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr int kNothingStops = -1;

/// A bundle that is what its SHA256SUMS says, and where it goes.
struct Sealed {
  fs::path folder;
  BucketLayout layout;
  std::vector<BucketFile> files;
};

/// The name under which a bundle lies in its folder, also when it is given as "." or "x/".
fs::path without_final_slash(const fs::path& bundle) {
  const fs::path path = fs::absolute(bundle).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

Result<Sealed> open_sealed(const fs::path& bundle, const std::string& prefix) {
  const fs::path folder = without_final_slash(bundle);
  const Result<std::string> text = read_file(folder / kChecksumsFile, kMaxChecksumsBytes);
  if (!text) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} is no bundle: {}", bundle.string(), text.error().message));
  }
  const Result<Checksums> told = parse_checksums(*text);
  Result<Checksums> found = hash_folder(folder);
  if (!told || !found) {
    return fail(told ? found.error() : told.error(), folder.string());
  }
  found->erase(std::string(kChecksumsFile));
  if (*found != *told) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} is not what its {} says (see ocibench verify)", bundle.string(),
                            kChecksumsFile));
  }
  auto journal = durable::RecordLog::open_read_only(folder / kJournalFile);
  auto analysis = journal ? analyse_journal(*journal) : tl::unexpected(journal.error());
  if (!analysis) {
    return fail(analysis.error(), folder.string());
  }
  BucketLayout layout(prefix, place_of(*analysis), folder.filename().string());
  auto files = layout.files(*told, sha256_hex(*text));
  return Sealed{folder, std::move(layout), std::move(files)};
}

/// One line on stderr, redrawn, where that is a terminal.
class UploadProgress {
 public:
  UploadProgress(const CommonOptions& common, std::size_t files)
      : shown_(!common.quiet && is_terminal(Stream::err)), files_(files) {}
  UploadProgress(const UploadProgress&) = delete;
  UploadProgress& operator=(const UploadProgress&) = delete;
  ~UploadProgress() {
    if (shown_) {
      std::fputs("\r\x1b[K", stderr);
    }
  }

  void at_file(std::size_t number) {
    number_ = number;
    draw();
  }
  void moved(std::uint64_t bytes) {
    bytes_ += bytes;
    draw();
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void draw() const {
    if (shown_) {
      fmt::print(stderr, "\r\x1b[Kuploading {}/{}  {}", number_, files_, format_bytes(bytes_));
      std::fflush(stderr);
    }
  }

  bool shown_;
  std::size_t files_;
  std::size_t number_ = 0;
  std::uint64_t bytes_ = 0;
};

Result<std::set<std::string>> keys_there(aws::Bucket& bucket, const BucketLayout& layout) {
  std::set<std::string> keys;
  for (const std::string& prefix : {layout.bundle_prefix(), layout.table_prefix()}) {
    const auto listed = bucket.list(prefix);
    if (!listed) {
      return tl::unexpected(listed.error());
    }
    for (const aws::ListedObject& each : *listed) {
      keys.insert(each.key);
    }
  }
  return keys;
}

Result<void> upload_files(aws::Bucket& bucket, const Sealed& sealed,
                          const std::set<std::string>& there, const CommonOptions& common,
                          int stop_fd) {
  UploadProgress progress(common, sealed.files.size());
  std::size_t number = 0;
  std::size_t sent = 0;
  for (const BucketFile& file : sealed.files) {
    progress.at_file(++number);
    if (readable(stop_fd)) {
      return fail(ErrorCode::unavailable, "the upload was interrupted");
    }
    const auto presence = there.contains(file.key) ? aws::Presence::unknown : aws::Presence::absent;
    const Result<aws::Uploaded> done =
        aws::upload_file(bucket, {sealed.folder / file.file, file.key, file.sha256, presence},
                         [&](std::uint64_t bytes) { progress.moved(bytes); });
    if (!done) {
      return fail(done.error(), fmt::format("uploading {} ({} of {} files are there)", file.file,
                                            number - 1, sealed.files.size()));
    }
    sent += *done == aws::Uploaded::now ? 1U : 0U;
  }
  if (!common.quiet) {
    log_info(
        fmt::format("uploaded to s3://{}/{}: {} files ({} were there), {}, each checked by "
                    "SHA-256",
                    bucket.name(), sealed.layout.bundle_prefix(), number, number - sent,
                    format_bytes(progress.bytes())));
  }
  return {};
}

Result<void> upload(const Sealed& sealed, const aws::S3Url& target, const CommonOptions& common,
                    int stop_fd) {
  const SystemClock clock;
  aws::Session session(aws::settings_from_environment(), clock);
  auto bucket = aws::Bucket::create(session, target.bucket);
  if (!bucket) {
    return tl::unexpected(bucket.error());
  }
  const auto there = keys_there(*bucket, sealed.layout);
  return there ? upload_files(*bucket, sealed, *there, common, stop_fd)
               : tl::unexpected(there.error());
}

Error with_way_on(const Error& error, const fs::path& bundle, const aws::S3Url& target) {
  return {error.code, fmt::format("{}; the bundle is whole in {}; to go on: ocibench upload {} "
                                  "s3://{}",
                                  error.message, bundle.string(), bundle.string(),
                                  below(target.bucket, target.prefix))};
}

}  // namespace

Result<void> check_upload(const aws::S3Url& target) {
  const SystemClock clock;
  aws::Session session(aws::settings_from_environment(), clock);
  if (auto credentials = session.credentials(); !credentials) {
    return tl::unexpected(credentials.error());
  }
  auto bucket = aws::Bucket::create(session, target.bucket);
  if (!bucket) {
    return tl::unexpected(bucket.error());
  }
  const auto listed = bucket->list(below(target.prefix, "bundles/no-such-bundle/"));
  return listed ? Result<void>() : tl::unexpected(listed.error());
}

Result<void> upload_after_run(const fs::path& bundle, const aws::S3Url& target,
                              const CommonOptions& common, int stop_fd) {
  const Result<Sealed> sealed = open_sealed(bundle, target.prefix);
  const Result<void> done =
      sealed ? upload(*sealed, target, common, stop_fd) : tl::unexpected(sealed.error());
  return done ? done : tl::unexpected(with_way_on(done.error(), bundle, target));
}

Result<ExitCode> upload_command(const UploadOptions& options) {
  const Result<Sealed> sealed = open_sealed(options.bundle, options.target.prefix);
  if (!sealed) {
    return tl::unexpected(sealed.error());
  }
  const Result<void> done = upload(*sealed, options.target, options.common, kNothingStops);
  if (!done) {
    log_error(with_way_on(done.error(), options.bundle, options.target).message);
    return ExitCode::not_uploaded;
  }
  return ExitCode::valid;
}

}  // namespace ocibench::coordinator
