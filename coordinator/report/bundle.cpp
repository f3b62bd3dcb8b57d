#include "coordinator/report/bundle.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/folder.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "coordinator/report/checksums.hpp"
#include "coordinator/report/headline.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortCorpusShaDigits = 12;
constexpr std::string_view kPartial = ".partial-";

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? fail_errno(fmt::format("cannot create {}", path.string()), error.value())
               : Result<void>();
}

Result<void> append_to_file(const fs::path& path, std::string_view bytes) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) {
    return fail_errno(fmt::format("cannot create {}", path.string()), errno);
  }
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR) {
      return fail_errno(fmt::format("cannot write {}", path.string()), errno);
    }
    bytes.remove_prefix(wrote < 0 ? 0 : static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> write_content(durable::RecordLog& journal, const Analysis& analysis,
                           const Producer& producer, const fs::path& folder) {
  for (const char* name : {"samples", "logs"}) {
    if (Result<void> made = make_folder(folder / name); !made) {
      return made;
    }
  }
  std::vector<BundleFile> files = bundle_files(analysis);
  files.push_back({std::string(kProducerFile), producer_json(producer)});
  for (const BundleFile& file : files) {
    if (Result<void> written = write_file_atomically(folder / file.name, file.content); !written) {
      return written;
    }
  }
  Result<void> artifacts = visit_artifacts(journal, analysis.state,
                                           [&](const std::string& path, std::string_view bytes) {
                                             return append_to_file(folder / path, bytes);
                                           });
  return artifacts ? journal.copy_to(folder / kJournalFile) : artifacts;
}

/// Writes SHA256SUMS and forces everything to the disk.
Result<void> seal(const fs::path& folder) {
  const Result<Checksums> checksums = hash_folder(folder);
  if (!checksums) {
    return tl::unexpected(checksums.error());
  }
  for (const auto& [path, digest] : *checksums) {
    if (Result<void> synced = sync_path(folder / path); !synced) {
      return synced;
    }
  }
  Result<void> done = write_file_atomically(folder / kChecksumsFile, format_checksums(*checksums));
  for (const fs::path& directory : {folder / "samples", folder / "logs", folder}) {
    done = done ? sync_path(directory) : done;
  }
  // mkdtemp makes 0700, and results are meant to be read by others.
  if (done && ::chmod(folder.c_str(), 0755) != 0) {
    return fail_errno(fmt::format("cannot open {} to readers", folder.string()), errno);
  }
  return done;
}

/// Renames without ever replacing anything.
Result<fs::path> publish(const fs::path& folder, const fs::path& wanted) {
  for (int suffix = 1; suffix <= kMaxBundleSuffix; ++suffix) {
    const fs::path target =
        suffix == 1 ? wanted : fs::path(fmt::format("{}-{}", wanted.string(), suffix));
    const Result<Renamed> renamed = rename_directory(folder, target);
    if (!renamed) {
      return tl::unexpected(renamed.error());
    }
    if (*renamed == Renamed::done) {
      const Result<void> synced = sync_path(target.parent_path());
      return synced ? Result<fs::path>(target) : tl::unexpected(synced.error());
    }
  }
  return fail(ErrorCode::limit, fmt::format("there are {} bundles named {} already",
                                            kMaxBundleSuffix, wanted.string()));
}

std::string bundle_name(const Analysis& analysis) {
  return analysis.state.started ? format_compact(analysis.state.started->at) : "unknown";
}

}  // namespace

BundlePlace place_of(const Analysis& analysis) {
  return {path_component(short_git_sha(analysis.git_sha())), path_component(analysis.instance_type),
          path_component(analysis.plan.corpus_sha.substr(0, kShortCorpusShaDigits))};
}

Result<fs::path> write_bundle(durable::RecordLog& journal, const Analysis& analysis,
                              const Producer& producer, const fs::path& root) {
  const BundlePlace place = place_of(analysis);
  const fs::path parent = root / place.git_sha / place.instance_type / place.corpus_sha;
  if (const Result<void> made = make_folder(parent); !made) {
    return tl::unexpected(made.error());
  }
  remove_abandoned(parent, kPartial);
  const Result<TemporaryDirectory> folder = TemporaryDirectory::create(parent, kPartial);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  Result<void> written = write_content(journal, analysis, producer, folder->path());
  written = written ? seal(folder->path()) : written;
  if (!written) {
    return fail(written.error(), "writing the result bundle");
  }
  return publish(folder->path(), parent / bundle_name(analysis));
}

}  // namespace ocibench::coordinator
