#include "coordinator/run_directory.hpp"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

constexpr const char* kRunning = ".running";

/// Newest first: the names begin with the time.
std::vector<std::filesystem::path> unfinished_runs(const std::filesystem::path& results) {
  std::vector<std::filesystem::path> runs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(results / kRunning, error)) {
    if (std::filesystem::exists(entry.path() / "journal.sqlite", error)) {
      runs.push_back(entry.path());
    }
  }
  std::ranges::sort(runs, std::greater<>());
  return runs;
}

}  // namespace

Result<RunDirectory> RunDirectory::create(const std::filesystem::path& results,
                                          const CampaignId& campaign) {
  const std::filesystem::path path = std::filesystem::absolute(results / kRunning / campaign.str());
  std::error_code error;
  std::filesystem::create_directories(path / "agent", error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}; choose another place with --results",
                            path.string(), error.message()));
  }
  auto journal = durable::RecordLog::open(path / "journal.sqlite");
  if (!journal) {
    return fail(journal.error(), "creating the journal");
  }
  return RunDirectory(path, std::move(*journal));
}

Result<RunDirectory> RunDirectory::reopen(const std::filesystem::path& results,
                                          const std::filesystem::path& run) {
  std::vector<std::filesystem::path> candidates;
  if (run.empty()) {
    candidates = unfinished_runs(results);
  } else {
    candidates.push_back(run);
  }
  std::optional<Error> in_use;
  for (const std::filesystem::path& candidate : candidates) {
    std::error_code error;
    if (!std::filesystem::exists(candidate / "journal.sqlite", error)) {
      return fail(
          ErrorCode::not_found,
          fmt::format("{} is no unfinished run: it has no journal.sqlite", candidate.string()));
    }
    auto journal = durable::RecordLog::open(candidate / "journal.sqlite");
    if (journal) {
      const auto path = std::filesystem::weakly_canonical(candidate, error);
      return RunDirectory(path, std::move(*journal));
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

void RunDirectory::remove() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  std::filesystem::remove(path_.parent_path(), ignored);  // only when empty
}

}  // namespace ocibench::coordinator
