#include "coordinator/run_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "coordinator/run_files.hpp"
#include "coordinator/run_keys.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunning = ".running";
constexpr const char* kRunJournal = "journal.sqlite";
constexpr mode_t kOwnerOnlyFolder = 0700;

/// What lies at a path itself: a symbolic link is not followed.
std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

Result<void> make_private_folder(const fs::path& path) {
  return ::mkdir(path.c_str(), kOwnerOnlyFolder) == 0
             ? Result<void>()
             : fail_errno(fmt::format("cannot create {}; choose another place with --results",
                                      path.string()),
                          errno);
}

/// RESULTS/.running, closed to others: who could rename what is in it could put keys of his own
/// into a run.
Result<fs::path> private_running_folder(const fs::path& results) {
  std::error_code error;
  const fs::path absolute = fs::absolute(results, error);
  fs::create_directories(absolute, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}; choose another place with --results",
                            results.string(), error.message()));
  }
  fs::path running = absolute / kRunning;
  if (::mkdir(running.c_str(), kOwnerOnlyFolder) == 0) {
    return running;
  }
  const auto status = status_of(running);
  if (!status || !S_ISDIR(status->st_mode) || status->st_uid != ::geteuid()) {
    return fail(ErrorCode::conflict,
                fmt::format("{} is not a folder of this user; choose another place with --results",
                            running.string()));
  }
  if (::chmod(running.c_str(), kOwnerOnlyFolder) != 0) {
    return fail_errno(fmt::format("cannot close {} to others", running.string()), errno);
  }
  return running;
}

/// The folder that a person named, without "." and a slash at the end, which would follow a link.
fs::path named_folder(const fs::path& run) {
  std::error_code error;
  const fs::path path = fs::absolute(run, error).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

/// What a folder is that is no run, and what to do with it.
std::string description_of(const fs::path& folder) {
  std::error_code error;
  const auto status = status_of(folder);
  if (!status) {
    return "there is no such folder; ocibench run --resume without a name takes the newest run";
  }
  if (S_ISLNK(status->st_mode)) {
    return "it is a symbolic link; name the folder itself";
  }
  if (fs::exists(folder / "SHA256SUMS", error)) {
    return "it is a finished bundle, with nothing left to run: ocibench report prints it, ocibench "
           "verify checks it";
  }
  return "an unfinished run is RESULTS/.running/CAMPAIGN with the run.json of this ocibench";
}

tl::unexpected<Error> no_run(const fs::path& folder) {
  return fail(status_of(folder) ? ErrorCode::bad_input : ErrorCode::not_found,
              fmt::format("{} cannot be resumed: {}", folder.string(), description_of(folder)));
}

/// Requires: a real folder.
bool has_files_of_run(const fs::path& folder) {
  return std::ranges::all_of(std::array{kRunNotesFile, kRunJournal}, [&](const char* name) {
    const auto status = status_of(folder / name);
    return status && S_ISREG(status->st_mode);
  });
}

/// The notes of a run of ours. Errors: bad_input, not_found, io.
Result<RunNotes> notes_of_run(const fs::path& folder) {
  const auto status = status_of(folder);
  if (!status || !S_ISDIR(status->st_mode) || folder.parent_path().filename() != kRunning ||
      !is_real_folder(folder.parent_path())) {
    return no_run(folder);
  }
  if (status->st_uid != ::geteuid()) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} belongs to another user: resume it as that one", folder.string()));
  }
  if (!has_files_of_run(folder)) {
    return no_run(folder);
  }
  auto notes = read_run_notes(folder);
  if (notes && notes->campaign.str() != folder.filename()) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} is not the folder of campaign {}, which its run.json names",
                            folder.string(), notes->campaign.str()));
  }
  return notes;
}

/// Newest first: the names begin with the time.
std::vector<fs::path> unfinished_runs(const fs::path& results) {
  std::vector<fs::path> runs;
  std::error_code error;
  const fs::path running = named_folder(results) / kRunning;
  for (fs::directory_iterator each(running, error), end; !error && each != end;
       each.increment(error)) {
    if (is_real_folder(each->path()) && has_files_of_run(each->path())) {
      runs.push_back(each->path());
    }
  }
  std::ranges::sort(runs, std::greater<>());
  return runs;
}

}  // namespace

Result<RunDirectory> RunDirectory::create(const fs::path& results, RunNotes notes) {
  const auto running = private_running_folder(results);
  if (!running) {
    return tl::unexpected(running.error());
  }
  const fs::path path = *running / notes.campaign.str();
  for (const fs::path& folder : {path, path / "agent"}) {
    if (auto made = make_private_folder(folder); !made) {
      return tl::unexpected(made.error());
    }
  }
  Result<void> begun = write_run_notes(path, notes);
  if (begun && notes.local()) {
    begun = make_private_folder(local_key_files(path).folder);
    begun = begun ? make_local_keys(path) : begun;
  }
  auto journal = begun ? durable::RecordLog::open(path / kRunJournal)
                       : Result<durable::RecordLog>(tl::unexpected(begun.error()));
  if (!journal) {
    remove_run_files(path);
    return fail(journal.error(), "creating the run's folder");
  }
  return RunDirectory(path, std::move(notes), *std::move(journal));
}

Result<RunDirectory> RunDirectory::reopen(const fs::path& results, const fs::path& run) {
  const std::vector<fs::path> candidates =
      run.empty() ? unfinished_runs(results) : std::vector<fs::path>{named_folder(run)};
  std::optional<Error> in_use;
  for (const fs::path& candidate : candidates) {
    auto notes = notes_of_run(candidate);
    if (!notes) {
      return tl::unexpected(notes.error());
    }
    auto journal = durable::RecordLog::open(candidate / kRunJournal);
    if (journal) {
      return RunDirectory(candidate, *std::move(notes), *std::move(journal));
    }
    if (journal.error().code != ErrorCode::conflict) {
      return fail(journal.error(), "opening the journal");
    }
    in_use = journal.error();
  }
  if (in_use) {
    return fail(*in_use, "another coordinator is at work on it");
  }
  return fail(ErrorCode::not_found,
              fmt::format("nothing to resume: {} holds no unfinished run; name one with "
                          "--resume RUN or its place with --results",
                          (results / kRunning).string()));
}

Result<void> RunDirectory::set_notes(RunNotes notes) {
  OCIBENCH_ASSERT(notes.campaign == notes_.campaign);
  auto written = write_run_notes(path_, notes);
  if (written) {
    notes_ = std::move(notes);
  }
  return written;
}

std::vector<fs::path> RunDirectory::remove() { return remove_run_files(path_); }

}  // namespace ocibench::coordinator
