#include "agent/trial_setup.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "agent/published_identity.hpp"
#include "common/model/check_assignment.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

Result<void> check_definition(const catalog::Program& own, const std::string& wanted_sha256) {
  if (own.definition_sha256 == wanted_sha256) {
    return {};
  }
  return fail(ErrorCode::conflict,
              fmt::format("refused: {} here is not the coordinator's definition of {} (sha256 {} "
                          "and {}); install the same files on both",
                          own.origin, own.name, own.definition_sha256, wanted_sha256));
}

bool is_remote(const CorpusSpec& corpus) {
  return std::holds_alternative<ReferenceSpec>(corpus.source);
}

Result<std::string> use_remote_source(TrialContext& trial) {
  Result<oci::Endpoint> source = trial.parts.content.remote_source(trial.lock);
  if (!source) {
    return tl::unexpected(std::move(source.error()));
  }
  trial.source = std::move(*source);
  const bool tls = trial.source.scheme == oci::Scheme::https;
  if (tls != trial.assignment.registry.tls) {
    // Tools are told once for both sides, and some then insist.
    return fail(ErrorCode::bad_input,
                fmt::format("{} speaks {}: set tls = {} for the registry of the campaign",
                            trial.source.host, tls ? "TLS" : "plain http", tls));
  }
  return trial.parts.content.check_lock(trial.source, trial.lock).map([&] {
    return fmt::format("source {}: every tag is as locked", trial.source.host);
  });
}

Result<std::string> start_source(TrialContext& trial) {
  auto started = start_registry(trial, RegistryRole::source, trial.directory->path() / "source");
  if (!started) {
    return tl::unexpected(std::move(started.error()));
  }
  trial.source_registry = std::move(*started);
  trial.source = trial.source_registry->endpoint();
  return trial.budget.check()
      .and_then([&] {
        return trial.parts.content.materialise(
            {trial.assignment.corpus, trial.lock, trial.assignment.moved}, trial.source);
      })
      .map([&](const oci::PushReport& pushed) {
        return fmt::format("source {} filled with {} in {} blobs",
                           trial.source_registry->identity().label,
                           format_bytes(pushed.moved_bytes), pushed.uploaded_blobs);
      });
}

/// Asks a remote target whether it would have us, before anything else is done.
Result<std::string> reach_target(TrialContext& trial) {
  if (trial.target().kind == TargetKind::local) {
    return std::string();
  }
  Result<oci::Endpoint> reached = trial.parts.remotes.reach(trial.target(), trial.transport());
  if (!reached) {
    return fail(reached.error(), fmt::format("the target {}", to_string(trial.target())));
  }
  trial.remote_target = *std::move(reached);
  return fmt::format("; target {}: reached {}", to_string(trial.target()),
                     trial.remote_target->credentials ? "with credentials" : "anonymously");
}

/// The identity that every iteration shares: words stand for what differs from run to run.
Result<SubjectIdentity> identify_subject(const TrialContext& trial) {
  Result<catalog::ToolContext> context = tool_context(trial, run_prefix(trial, 1));
  if (!context) {
    return tl::unexpected(std::move(context.error()));
  }
  context->source = trial.source_registry ? "SOURCE" : trial.source.host;
  context->target = trial.remote_target ? trial.remote_target->host : "TARGET";
  context->ca_file = context->tls ? "CA" : "";
  context->work_dir = "WORK";
  context->state_dir = "STATE";
  return catalog::render_tool(*trial.tool, trial.subject.binary.string(), *context)
      .map([&](const catalog::RenderedCommand& command) {
        return catalog::with_command(trial.subject.identity, command);
      });
}

/// The software that this agent starts. A remote source says nothing about that of the target.
Result<SubjectIdentity> identify_registry(const TrialContext& trial) {
  if (trial.source_registry) {
    return trial.source_registry->identity();
  }
  if (trial.remote_target) {
    return SubjectIdentity{};
  }
  return trial.parts.subjects.find(trial.registry->program).map([](catalog::FoundProgram found) {
    return std::move(found.identity);
  });
}

Result<void> tell_start(TrialContext& trial) {
  Result<SubjectIdentity> subject = identify_subject(trial);
  if (!subject) {
    return tl::unexpected(std::move(subject.error()));
  }
  Result<SubjectIdentity> registry = identify_registry(trial);
  if (!registry) {
    return tl::unexpected(std::move(registry.error()));
  }
  trial.log.write(TrialStarted{.id = trial.log.id(),
                               .at = trial.parts.clock.wall(),
                               .subject = published(*std::move(subject), trial.settings.home),
                               .registry = published(*std::move(registry), trial.settings.home),
                               .environment = trial.settings.environment});
  return {};
}

}  // namespace

Result<void> accept_assignment(TrialContext& trial) {
  const Assignment& assignment = trial.assignment;
  if (auto sound = check_assignment(assignment); !sound) {
    return fail(sound.error(), "refused");
  }
  const auto tool = trial.parts.catalog.tool(assignment.trial.tool);
  if (!tool) {
    return fail(tool.error(), "refused");
  }
  const auto registry = trial.parts.catalog.registry(assignment.registry.name);
  if (!registry) {
    return fail(registry.error(), "refused");
  }
  trial.tool = *tool;
  trial.registry = *registry;
  return check_definition(trial.tool->program, assignment.tool_definition_sha256).and_then([&] {
    return check_definition(trial.registry->program, assignment.registry.definition_sha256);
  });
}

Result<std::string> set_up(TrialContext& trial) {
  if (auto accepted = accept_assignment(trial); !accepted) {
    return tl::unexpected(std::move(accepted.error()));
  }
  Result<TemporaryDirectory> directory =
      TemporaryDirectory::create(trial.settings.work_directory, "trial-");
  if (!directory) {
    return tl::unexpected(std::move(directory.error()));
  }
  trial.directory = std::move(*directory);
  Result<catalog::FoundProgram> subject =
      trial.parts.subjects.find(trial.parts.catalog, *trial.tool);
  if (!subject) {
    return tl::unexpected(std::move(subject.error()));
  }
  trial.subject = std::move(*subject);
  Result<std::string> note =
      is_remote(trial.assignment.corpus) ? use_remote_source(trial) : start_source(trial);
  return note.and_then([&](const std::string& source) {
    return reach_target(trial).and_then([&](const std::string& target) {
      return tell_start(trial).map([&] { return source + target; });
    });
  });
}

}  // namespace ocibench::agent
