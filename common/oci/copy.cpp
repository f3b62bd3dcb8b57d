#include "common/oci/copy.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "common/mutex.hpp"
#include "common/oci/client.hpp"
#include "common/oci/closure.hpp"
#include "common/oci/copy_plan.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxManifestBytesPerImage = 16 * 1024 * 1024;

/// A manifest as it goes to the target.
struct Document {
  std::string digest;
  std::string media_type;
  std::string body;
};

/// What is known of an image between its first and its last task, which never run at once.
struct OpenImage {
  std::string digest;
  std::vector<Document> documents;  // the tagged one first, then its children
};

/// The connections of one thread.
struct Lane {
  Client source;
  Client target;
};

/// The whole blob in a file without a name, what copying without streaming needs.
Result<SourceFactory> spooled(Client& source, const std::string& repository, const BlobInfo& blob) {
  const std::shared_ptr<std::FILE> file(std::tmpfile(), &std::fclose);
  if (!file) {
    return fail_errno("cannot make a temporary file", errno);
  }
  const ByteSink write = [&](std::string_view bytes) -> Result<void> {
    return std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size()
               ? Result<void>()
               : fail_errno("cannot write a temporary file", errno);
  };
  return source.get_blob(repository, blob, write).map([&](const ResponseFacts& /*facts*/) {
    return SourceFactory([file]() -> Result<ByteSource> {
      std::rewind(file.get());
      return [file](std::span<char> buffer) -> Result<std::size_t> {
        return std::fread(buffer.data(), 1, buffer.size(), file.get());
      };
    });
  });
}

class Copy {
 public:
  Copy(std::span<const CopyJob> jobs, const CopyOptions& options, const CopyProgress& progress)
      : jobs_(jobs),
        options_(options),
        progress_(progress),
        images_(jobs.size()),
        plan_(targets_of(jobs), options) {}

  void work(Lane& lane) {
    while (const std::optional<CopyTask> task = wait_for_task()) {
      if (const Result<void> done = perform(lane, *task); !done) {
        const MutexLock lock(mutex_);
        if (plan_.failed(*task) == CopyPlan::Failure::first) {
          end_image(task->image, CopyOutcome::failed, done.error());
        }
      }
      changed_.notify_all();
    }
  }

  CopyReport report() {
    const MutexLock lock(mutex_);
    return std::move(report_);
  }

 private:
  static std::vector<std::string> targets_of(std::span<const CopyJob> jobs) {
    std::vector<std::string> repositories;
    std::ranges::transform(jobs, std::back_inserter(repositories), &CopyJob::target_repository);
    return repositories;
  }

  /// Nothing when all is done.
  std::optional<CopyTask> wait_for_task() {
    const MutexLock lock(mutex_);
    for (;;) {
      if (std::optional<CopyTask> task = plan_.next(); task || plan_.finished()) {
        return task;
      }
      changed_.wait(mutex_);
    }
  }

  Result<void> perform(Lane& lane, const CopyTask& task) {
    switch (task.step) {
      case CopyTask::Step::resolve: return resolve(lane, task.image);
      case CopyTask::Step::transfer: return transfer(lane, task);
      case CopyTask::Step::publish: return publish(lane, task.image);
    }
    return {};
  }

  Result<void> resolve(Lane& lane, std::size_t index) {
    const CopyJob& job = jobs_[index];
    OpenImage& image = images_[index];
    Result<std::string> digest = lane.source.manifest_digest(job.source_repository, job.tag);
    if (!digest) {
      return tl::unexpected(digest.error());
    }
    image.digest = std::move(*digest);
    if (options_.uses(CopyOptimisation::skip_unchanged)) {
      const Result<ManifestHead> there = lane.target.head_manifest(job.target_repository, job.tag);
      if (there && there->digest == image.digest) {
        const MutexLock lock(mutex_);
        end_image(index, CopyOutcome::unchanged);
        plan_.settled(index);
        return {};
      }
      if (!there && there.error().code != ErrorCode::not_found) {
        return tl::unexpected(there.error());
      }
    }
    return fetch_manifests(lane.source, job, image).map([&](const std::vector<BlobInfo>& blobs) {
      const MutexLock lock(mutex_);
      plan_.resolved(index, blobs);
    });
  }

  /// The image's manifests into `image`; the blobs that they name.
  Result<std::vector<BlobInfo>> fetch_manifests(Client& source, const CopyJob& job,
                                                OpenImage& image) const {
    std::size_t bytes = 0;
    const auto read = [&](std::string_view digest) -> Result<std::string> {
      const bool by_tag = digest == image.digest && !options_.uses(CopyOptimisation::by_digest);
      auto fetched = source.get_manifest(job.source_repository, by_tag ? job.tag : digest);
      if (!fetched) {
        return tl::unexpected(fetched.error());
      }
      if (fetched->digest != digest) {
        return fail(ErrorCode::conflict, fmt::format("{} moved meanwhile", job.tag));
      }
      bytes += fetched->body.size();
      if (bytes > kMaxManifestBytesPerImage) {
        return fail(ErrorCode::limit, fmt::format("its manifests have more than {} bytes",
                                                  kMaxManifestBytesPerImage));
      }
      image.documents.push_back({fetched->digest, fetched->manifest.media_type, fetched->body});
      return std::move(fetched->body);
    };
    return closure_of(image.digest, read).map([](const std::vector<ManifestInfo>& manifests) {
      std::vector<BlobInfo> blobs;
      for (const ManifestInfo& manifest : manifests) {
        std::ranges::copy(manifest.blobs, std::back_inserter(blobs));
      }
      return blobs;
    });
  }

  Result<void> transfer(Lane& lane, const CopyTask& task) {
    const std::string& repository = jobs_[task.image].target_repository;
    if (task.how.check == BlobDecision::Check::head) {
      const Result<BlobHead> there = lane.target.head_blob(repository, task.blob.digest);
      if (there) {
        arrived(task, &CopyReport::present_blobs);
        return {};
      }
      if (there.error().code != ErrorCode::not_found) {
        return tl::unexpected(there.error());
      }
    }
    return source_of_blob(lane.source, task)
        .and_then([&](const SourceFactory& open) { return bring(lane.target, task, open); })
        .map([&](Mounted how) {
          arrived(task, how == Mounted::mounted ? &CopyReport::mounted_blobs
                                                : &CopyReport::uploaded_blobs);
        });
  }

  Result<SourceFactory> source_of_blob(Client& source, const CopyTask& task) const {
    const std::string& repository = jobs_[task.image].source_repository;
    if (!options_.uses(CopyOptimisation::streaming) && task.how.mount_from.empty()) {
      return spooled(source, repository, task.blob);
    }
    return [&source, &repository, &blob = task.blob] { return source.open_blob(repository, blob); };
  }

  Result<Mounted> bring(Client& target, const CopyTask& task, const SourceFactory& open) const {
    const std::string& repository = jobs_[task.image].target_repository;
    const UploadBy by =
        options_.uses(CopyOptimisation::single_put) ? UploadBy::put : UploadBy::patch;
    if (!task.how.mount_from.empty()) {
      return target.mount_or_upload_blob(repository, task.blob, task.how.mount_from, open, by);
    }
    return target.upload_blob(repository, task.blob, open, by).map([] {
      return Mounted::not_mounted;
    });
  }

  void arrived(const CopyTask& task, std::uint32_t CopyReport::*how) {
    const MutexLock lock(mutex_);
    ++(report_.*how);
    report_.moved_bytes += how == &CopyReport::uploaded_blobs ? task.blob.size_bytes : 0;
    plan_.transferred(task);
  }

  /// Children before what names them; the tag last.
  Result<void> publish(Lane& lane, std::size_t index) {
    const CopyJob& job = jobs_[index];
    const std::vector<Document>& documents = images_[index].documents;
    std::uint64_t bytes = 0;
    for (auto each = documents.rbegin(); each != documents.rend(); ++each) {
      const bool top = std::next(each) == documents.rend();
      const Result<StoredManifest> stored = lane.target.put_manifest(
          job.target_repository, top ? job.tag : each->digest, each->media_type, each->body);
      if (!stored) {
        return tl::unexpected(stored.error());
      }
      bytes += each->body.size();
    }
    const MutexLock lock(mutex_);
    report_.moved_bytes += bytes;
    end_image(index, CopyOutcome::copied);
    plan_.settled(index);
    return {};
  }

  void end_image(std::size_t index, CopyOutcome outcome, std::optional<Error> error = {})
      OCIBENCH_THREAD_ANNOTATION(requires_capability(mutex_)) {
    report_.images.push_back({index, outcome, images_[index].digest, std::move(error)});
    images_[index].documents = {};
    if (progress_) {
      progress_(report_.images.back());
    }
  }

  const std::span<const CopyJob> jobs_;
  const CopyOptions& options_;
  const CopyProgress& progress_;
  std::vector<OpenImage> images_;  // each entry belongs to the task that runs for its image
  Mutex mutex_;
  std::condition_variable_any changed_;
  CopyPlan plan_ OCIBENCH_GUARDED_BY(mutex_);
  CopyReport report_ OCIBENCH_GUARDED_BY(mutex_);
};

Result<std::vector<Lane>> make_lanes(const Endpoint& source, const Endpoint& target,
                                     const CopyOptions& options) {
  const std::size_t wanted =
      options.uses(CopyOptimisation::parallel) ? options.connections : std::size_t{1};
  const ClientLimits limits{.keep_alive = options.uses(CopyOptimisation::keep_alive)
                                              ? http::KeepAlive::kept
                                              : http::KeepAlive::closed};
  std::vector<Lane> lanes;
  while (lanes.size() < wanted) {
    Result<Client> from = Client::create(source, limits);
    Result<Client> to = Client::create(target, limits);
    if (!from || !to) {
      return tl::unexpected(from ? to.error() : from.error());
    }
    lanes.push_back({std::move(*from), std::move(*to)});
  }
  return lanes;
}

}  // namespace

std::string_view to_string(CopyOutcome outcome) {
  switch (outcome) {
    case CopyOutcome::copied: return "copied";
    case CopyOutcome::unchanged: return "unchanged";
    case CopyOutcome::failed: return "failed";
  }
  return "?";
}

std::size_t CopyReport::count(CopyOutcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count(images, outcome, &CopiedImage::outcome));
}

Result<CopyReport> copy_images(const Endpoint& source, const Endpoint& target,
                               std::span<const CopyJob> jobs, const CopyOptions& options,
                               const CopyProgress& progress) {
  OCIBENCH_ASSERT(options.connections > 0);
  Result<std::vector<Lane>> lanes = make_lanes(source, target, options);
  if (!lanes) {
    return tl::unexpected(lanes.error());
  }
  Copy copy(jobs, options, progress);
  {
    std::vector<std::jthread> threads;
    for (Lane& lane : *lanes) {
      threads.emplace_back([&] { copy.work(lane); });
    }
  }
  return copy.report();
}

}  // namespace ocibench::oci
