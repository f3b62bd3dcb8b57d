#include "agent/run_target.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/units.hpp"

namespace ocibench::agent {
namespace {

RemoteRequest request_for(const TrialContext& trial, std::string prefix,
                          const std::vector<ExpectedImage>& images) {
  RemoteRequest request = {
      .target = trial.target(), .transport = trial.transport(), .prefix = std::move(prefix)};
  for (const ExpectedImage& image : images) {
    request.repositories.insert(image.repository);
  }
  return request;
}

Result<void> open_remote_target(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  const std::string prefix = run_prefix(trial, index);
  Result<std::vector<ExpectedImage>> images = all_destinations(trial, prefix);
  if (!images) {
    return tl::unexpected(std::move(images.error()));
  }
  run.may_leave = *std::move(images);
  return trial.parts.remotes.open(request_for(trial, prefix, run.may_leave), trial.cancellation)
      .map([&](std::unique_ptr<RegistryInstance> target) { run.target = std::move(target); });
}

Result<void> start_local_target(TrialContext& trial, PreparedRun& run) {
  return start_registry(trial, RegistryRole::target, run.directory / "target")
      .map([&](std::unique_ptr<RegistryInstance> target) {
        run.target = std::move(target);
        run.files_when_ready = count_files(run.target->storage_directory());
      });
}

/// A registry's own way of sharing blobs between repositories is no fault of the run.
void mark_shared_blobs(std::size_t present, std::size_t asked, PreparedRun& run) {
  if (present > 0) {
    run.marks.push_back(
        fmt::format("not cold: the target has {} of {} blobs in repositories that nobody has "
                    "pushed them to",
                    present, asked));
  }
}

Outcome invalid_before(std::string cause) {
  return {.kind = OutcomeKind::invalid, .cause = std::move(cause)};
}

void judge_presence(const TrialContext& trial, const Awaited& asked, const Presence& presence,
                    PreparedRun& run) {
  std::vector<std::string> found = presence.manifests;
  std::size_t shared = presence.blobs_elsewhere.size();
  if (trial.remote_target) {
    shared += presence.blobs.size();
  } else {
    std::ranges::copy(presence.blobs, std::back_inserter(found));
  }
  mark_shared_blobs(shared, asked.blobs.size(), run);
  const bool fresh = trial.copies() && !trial.remote_target && !run.untimed;
  if (!found.empty()) {
    run.found_before = invalid_before(fmt::format(
        "what the tool is to bring was at the target before it was started: {}{}", found.front(),
        found.size() == 1 ? "" : fmt::format(" and {} more", found.size() - 1)));
  } else if (fresh && run.files_before != run.files_when_ready) {
    run.found_before = invalid_before(
        fmt::format("the target's storage held {} right before the tool was started, and {} when "
                    "the registry began to serve",
                    plural(run.files_before, "file"), plural(run.files_when_ready, "file")));
  }
}

}  // namespace

Result<void> start_target(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  run.directory = trial.directory->path() / fmt::format("i{}", index);
  std::error_code error;
  std::filesystem::create_directories(run.artifacts(), error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", run.artifacts().string(), error.message()));
  }
  auto ready = trial.target().kind == TargetKind::local ? start_local_target(trial, run)
                                                        : open_remote_target(trial, index, run);
  if (!ready) {
    return ready;
  }
  run.source_host = trial.source.host;
  run.target_host = run.target->endpoint().host;
  return {};
}

Result<void> prove_absence(const TrialContext& trial, PreparedRun& run) {
  Presence presence;
  Awaited asked;
  if (trial.copies() && run.obstacle() == nullptr) {
    asked = awaited(run.expected.before, run.expected.after);
    if (trial.remote_target) {
      keep_largest_blobs(asked);
    }
    Result<Presence> found = trial.parts.content.probe(run.target->endpoint(), asked, trial.budget);
    if (!found) {
      return tl::unexpected(std::move(found.error()));
    }
    presence = *std::move(found);
  }
  run.files_before = count_files(run.target->storage_directory());
  judge_presence(trial, asked, presence, run);
  return {};
}

void release_target(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  if (run.target && trial.remote_target && trial.copies()) {
    // What could not be removed is said in the phase's note.
    static_cast<void>(run_untimed(trial, Phase::teardown, index,
                                  [&] { return run.target->remove_images(run.may_leave); }));
  }
  run.target.reset();
}

Result<std::string> sweep_lost_attempts(TrialContext& trial) {
  std::set<std::string> notes;
  for (std::uint32_t attempt = 1; attempt < trial.assignment.attempt; ++attempt) {
    for (std::uint32_t index = 1; index <= trial.assignment.trial.iterations; ++index) {
      const std::string prefix = run_prefix_of(trial, attempt, index);
      const auto swept =
          all_destinations(trial, prefix).and_then([&](const std::vector<ExpectedImage>& images) {
            return trial.parts.remotes.sweep(request_for(trial, prefix, images), images);
          });
      if (!swept) {
        return tl::unexpected(swept.error());
      }
      notes.insert(*swept);
    }
  }
  return fmt::format("of attempts whose agents were lost: {}", fmt::join(notes, "; "));
}

}  // namespace ocibench::agent
