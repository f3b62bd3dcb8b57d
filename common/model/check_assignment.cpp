#include "common/model/check_assignment.hpp"

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/model/check_content.hpp"
#include "common/model/field_check.hpp"
#include "common/model/limits.hpp"
#include "common/model/names.hpp"
#include "common/model/reference.hpp"
#include "common/text.hpp"

namespace ocibench {
namespace {

constexpr std::size_t kSha256Digits = 64;
constexpr std::string_view kNoPlainName = "is no plain name";
constexpr std::string_view kNoSha256 = "is no sha256";

bool in_range(std::uint32_t number, std::uint32_t most) { return number >= 1 && number <= most; }

bool in_range(std::chrono::milliseconds duration, std::chrono::milliseconds most) {
  return duration.count() > 0 && duration <= most;
}

void check_counts(const Trial& trial, std::size_t images, FieldCheck& check) {
  check.require(in_range(trial.round, kMaxRounds), fmt::format("not 1..{}", kMaxRounds),
                "trial.round");
  check.require(in_range(trial.lane, kMaxPlannedLanes), fmt::format("not 1..{}", kMaxPlannedLanes),
                "trial.lane");
  check.require(trial.images <= images, "more than the corpus has", "trial.images");
  const bool observes = trial.kind == TrialKind::observe;
  check.require(observes ? trial.iterations == 0 : in_range(trial.iterations, kMaxIterations),
                observes ? "not 0, and it only observes" : fmt::format("not 1..{}", kMaxIterations),
                "trial.iterations");
  check.require(in_range(trial.iteration_timeout, kMaxTimeout), "not above 0 and up to a day",
                "trial.iteration_timeout");
  check.require(in_range(trial.overhead_timeout, kMaxOverheadTimeout),
                "not above 0 and up to 366 days", "trial.overhead_timeout");
}

void check_trial_fields(const Trial& trial, std::size_t images, FieldCheck& check) {
  check.require_text(is_trial_id(trial.id.str()), trial.id.str(),
                     "is not plain names separated by '/'", "trial.id");
  check.require_text(is_plain_name(trial.scenario), trial.scenario, kNoPlainName, "trial.scenario");
  check.require_text(is_plain_name(trial.tool), trial.tool, kNoPlainName, "trial.tool");
  check_counts(trial, images, check);
}

void check_registry(const RegistrySpec& registry, FieldCheck& check) {
  check.require_text(is_plain_name(registry.name), registry.name, kNoPlainName, "registry.name");
  check.require_text(is_lower_hex(registry.definition_sha256, kSha256Digits),
                     registry.definition_sha256, kNoSha256, "registry.definition_sha256");
  check.require_text(registry.storage == "memory" || registry.storage == "disk", registry.storage,
                     "is neither memory nor disk", "registry.storage");
  if (const auto problem = target_problem(registry.target)) {
    const std::string shown = printable(to_string(registry.target), kLongestQuote);
    check.require(false, fmt::format("\"{}\": {}", shown, *problem), "registry.target");
  }
  check.require(
      registry.tls || registry.target.kind != TargetKind::ecr || is_loopback(registry.target.host),
      "a password must not go over plain http", "registry.tls");
}

void check_steps(const Assignment& assignment, FieldCheck& check) {
  if (assignment.steps.populate == Populate::corpus) {
    return;
  }
  check.require(assignment.steps.tool_state == ToolState::fresh,
                "kept, and there is no earlier run that could have left anything",
                "steps.tool_state");
  check.require(assignment.steps.destination == Destination::same,
                "other, and there is no earlier run", "steps.destination");
  check.require(assignment.moved.empty(), "tags move after an earlier run, and there is none",
                "moved");
}

}  // namespace

std::optional<std::string> target_problem(const TargetSpec& target) {
  if (target.kind == TargetKind::local) {
    return target.host.empty() && target.prefix.empty()
               ? std::nullopt
               : std::optional<std::string>("has an address, and a local one is started afresh");
  }
  if (!is_host(target.host) || !is_repository(target.prefix)) {
    return "expected a registry and a namespace in it that is yours, \"HOST[:PORT]/NAMESPACE\"";
  }
  if (target.kind == TargetKind::ecr && !parse_ecr_host(target.host) && !is_loopback(target.host)) {
    return "expected ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAMESPACE for kind = \"ecr\"";
  }
  return std::nullopt;
}

Result<void> check_trial(const Trial& trial, std::size_t images) {
  FieldCheck check;
  check_trial_fields(trial, images, check);
  return check.result();
}

Result<void> check_assignment(const Assignment& assignment) {
  FieldCheck check;
  check.require_text(!assignment.campaign.empty() && is_id(assignment.campaign.str()),
                     assignment.campaign.str(), "is no id", "campaign");
  check.require(in_range(assignment.attempt, kMaxAttempts), fmt::format("not 1..{}", kMaxAttempts),
                "attempt");
  check_trial_fields(assignment.trial, assignment.lock.images.size(), check);
  check.require_text(is_lower_hex(assignment.tool_definition_sha256, kSha256Digits),
                     assignment.tool_definition_sha256, kNoSha256, "tool_definition_sha256");
  check_registry(assignment.registry, check);
  check.require(assignment.trial.kind != TrialKind::observe ||
                    assignment.registry.target.kind == TargetKind::local,
                "uploads to a target that is not local go past the recorder", "registry.target");
  check_steps(assignment, check);
  const auto concurrency = assignment.comparability.concurrency;
  check.require(!concurrency || in_range(*concurrency, kMaxConcurrency),
                fmt::format("not 1..{}", kMaxConcurrency), "comparability.concurrency");
  check_corpus(assignment.corpus, check);
  check_lock(assignment.corpus, assignment.lock, check);
  check.require(
      assignment.moved.empty() || !std::holds_alternative<ReferenceSpec>(assignment.corpus.source),
      "tags of a registry that is not ours cannot move", "moved");
  check_moved(first_images(assignment.lock, assignment.trial.images), assignment.moved, check);
  return check.result();
}

}  // namespace ocibench
