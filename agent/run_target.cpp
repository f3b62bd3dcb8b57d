#include "agent/run_target.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ocibench::agent {
namespace {

/// Everything that the tool's runs of this iteration may push.
Result<std::vector<ExpectedImage>> all_destinations(const TrialContext& trial,
                                                    const std::string& prefix) {
  std::vector<ExpectedImage> all;
  std::vector<std::string> prefixes = {prefix};
  if (trial.assignment.steps.destination == Destination::other) {
    prefixes.push_back(prefix + kOtherSuffix);
  }
  for (const std::string& each : prefixes) {
    Result<catalog::ToolContext> context = tool_context(trial, each);
    if (!context) {
      return tl::unexpected(std::move(context.error()));
    }
    std::ranges::move(expect_all(trial, context->images), std::back_inserter(all));
  }
  return all;
}

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
      .map([&](std::unique_ptr<RegistryInstance> target) { run.target = std::move(target); });
}

}  // namespace

/// Each image of the trial under its tag, where it was put.
std::vector<ExpectedImage> expect_all(const TrialContext& trial,
                                      const std::vector<catalog::PlacedImage>& placed) {
  std::vector<ExpectedImage> expected;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    expected.push_back({trial.lock.images[i], placed[i].destination, Named::by_tag});
  }
  return expected;
}

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

/// A target that outlives the runs may know blobs across repositories: then a first copy is none.
Result<void> check_cold(const TrialContext& trial, PreparedRun& run) {
  const ScenarioSteps& steps = trial.assignment.steps;
  const bool first = steps.populate == Populate::nothing || steps.destination == Destination::other;
  if (!trial.remote_target || !first) {
    return {};
  }
  return trial.parts.content.probe_blobs(run.target->endpoint(), run.expected, trial.budget)
      .map([&](const BlobProbe& probe) {
        if (probe.present > 0) {
          run.marks.push_back(
              fmt::format("not cold: the target has {} of {} blobs in repositories that nobody has "
                          "pushed to",
                          probe.present, probe.asked));
        }
      });
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
