#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/content_access.hpp"
#include "agent/process/process_runner.hpp"
#include "agent/sampling/sampler.hpp"
#include "agent/target/target_registry.hpp"
#include "agent/trial_runner.hpp"
#include "common/clock.hpp"

namespace ocibench::agent {

/// A clock that passes a millisecond at every look, and more when told.
class SteppingClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_ += std::chrono::milliseconds(1); }
  [[nodiscard]] WallTime wall() const override { return WallTime(std::chrono::seconds(1000)); }
  void advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  mutable MonoTime now_{};
};

/// Keeps everything in the order in which it was told.
class RecordingReporter final : public TrialReporter {
 public:
  Result<void> record(const AgentRecord& record) override {
    if (records.size() >= capacity) {
      return fail(ErrorCode::io, "the spool is full");
    }
    records.push_back(record);
    return {};
  }
  void status(Phase phase, std::uint32_t iteration) override {
    const std::string name(to_string(phase));
    events.push_back(iteration == 0 ? name : fmt::format("{} {}", name, iteration));
    if (on_status) {
      on_status(events.back());
    }
  }
  void quiet() override { events.emplace_back("quiet"); }
  void resume() override { events.emplace_back("resume"); }
  StartSignal await_start(std::chrono::milliseconds /*patience*/) override {
    events.emplace_back("ready");
    return start;
  }
  [[nodiscard]] std::uint64_t control_bytes() const override { return control += control_step; }

  /// All records of one type.
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const AgentRecord& record : records) {
      if (const T* one = std::get_if<T>(&record)) {
        found.push_back(*one);
      }
    }
    return found;
  }
  [[nodiscard]] std::vector<Iteration> iterations() const {
    std::vector<Iteration> found;
    for (const IterationFinished& finished : all<IterationFinished>()) {
      found.push_back(finished.iteration);
    }
    return found;
  }
  /// A whole file as it was told; the chunks must follow each other.
  [[nodiscard]] std::string artifact(const std::string& name, std::uint32_t iteration = 1) const {
    std::string text;
    for (const ArtifactChunk& chunk : all<ArtifactChunk>()) {
      if (chunk.name == name && chunk.iteration == iteration) {
        OCIBENCH_ASSERT(chunk.offset == text.size());
        text += chunk.bytes;
      }
    }
    return text;
  }

  std::vector<AgentRecord> records;
  std::vector<std::string> events;
  std::function<void(const std::string& event)> on_status;
  std::size_t capacity = 10'000;
  StartSignal start;
  std::uint64_t control_step = 0;  ///< our traffic between two looks at it
  mutable std::uint64_t control = 0;
};

/// Runs nothing; says what the script says.
class ScriptedRunner final : public ProcessRunner {
 public:
  using Script = std::function<Result<ProcessReport>(std::size_t run)>;
  Result<ProcessReport> run(const Command& command, WindowObserver& observer,
                            const Cancellation& /*cancellation*/) override {
    commands.push_back(command);
    observer.prepare({});
    observer.opened();
    Result<ProcessReport> report = script(commands.size());
    observer.closed();
    return report;
  }
  static ProcessReport exited(int code, std::vector<std::string> last_lines = {}) {
    return {.exit_code = code,
            .wall = std::chrono::seconds(2),
            .last_stderr_lines = std::move(last_lines)};
  }

  Script script = [](std::size_t) { return exited(0); };
  std::vector<Command> commands;
};

class CannedSampler final : public Sampler {
 public:
  explicit CannedSampler(WindowReport report) : report_(std::move(report)) {}
  void prepare(const ProcessTree& /*tree*/) override {}
  void opened() override {}
  void closed() override {}
  WindowReport finish() override { return report_; }

 private:
  WindowReport report_;
};

/// Registries that listen nowhere. `alive` counts those that have not been stopped.
class FakeRegistries final : public TargetRegistry {
 public:
  Result<std::unique_ptr<RegistryInstance>> start(const RegistryRequest& request,
                                                  const Cancellation& /*cancellation*/) override {
    ++starts;
    if (fails_at == starts) {
      return fail(ErrorCode::unavailable, "docker-registry is not installed");
    }
    directories.push_back(request.directory);
    return std::make_unique<Instance>(fmt::format("127.0.0.1:{}", 5000 + starts), request.directory,
                                      alive);
  }

  int starts = 0;
  int alive = 0;
  int fails_at = 0;  ///< which start fails; 0: none
  std::vector<std::filesystem::path> directories;

 private:
  class Instance final : public RegistryInstance {
   public:
    Instance(std::string host, std::filesystem::path directory, int& alive)
        : endpoint_{.host = std::move(host), .scheme = oci::Scheme::http},
          directory_(std::move(directory)),
          alive_(alive) {
      ++alive_;
    }
    ~Instance() override { --alive_; }
    [[nodiscard]] const oci::Endpoint& endpoint() const override { return endpoint_; }
    [[nodiscard]] const SubjectIdentity& identity() const override { return identity_; }
    [[nodiscard]] pid_t pid() const override { return -1; }
    [[nodiscard]] const std::filesystem::path& storage_directory() const override {
      return directory_;
    }
    void stop() override {}

   private:
    oci::Endpoint endpoint_;
    SubjectIdentity identity_{.name = "docker-registry", .label = "docker-registry 2.8.2"};
    std::filesystem::path directory_;
    int& alive_;
  };
};

/// Content that is always as it should be, unless told otherwise.
class FakeContent final : public ContentAccess {
 public:
  [[nodiscard]] Result<oci::Endpoint> remote_source(const ResolvedCorpus& lock) const override {
    return oci::Endpoint{.host = lock.source_host, .scheme = oci::Scheme::http};
  }
  Result<oci::PushReport> materialise(const SourceContent& /*content*/,
                                      const oci::Endpoint& /*source*/) override {
    return materialised;
  }
  Result<void> point_tags(const oci::Endpoint& /*source*/,
                          const std::vector<ResolvedImage>& images) override {
    for (const ResolvedImage& image : images) {
      tags[image.repository + ":" + image.tag] = image.digest;
    }
    return {};
  }
  Result<void> check_lock(const oci::Endpoint& /*source*/,
                          const ResolvedCorpus& /*lock*/) override {
    ++lock_checks;
    return lock_checks == tag_moves_at ? Result<void>(fail(ErrorCode::conflict, "tag moved: a:1"))
                                       : Result<void>();
  }
  Result<PrewarmReport> prewarm(const PrewarmRequest& /*request*/,
                                const TimeBudget& /*budget*/) override {
    return prewarmed;
  }
  Result<BlobProbe> probe_blobs(const oci::Endpoint& /*target*/,
                                const std::vector<ExpectedImage>& /*images*/,
                                const TimeBudget& /*budget*/) override {
    return probed;
  }
  Result<Verification> verify(const oci::Endpoint& /*target*/,
                              const std::vector<ExpectedImage>& expected,
                              const TimeBudget& /*budget*/) override {
    ++verifications;
    last_expected = expected;
    if (on_verify) {
      on_verify();
    }
    if (verify_error) {
      return tl::unexpected(*verify_error);
    }
    const auto images = static_cast<std::uint32_t>(expected.size());
    return Verification{.images_expected = images,
                        .images_found = arrives ? images : 0,
                        .manifests_expected = images,
                        .manifests_found = arrives ? images : 0};
  }

  Result<oci::PushReport> materialised = oci::PushReport{.moved_bytes = 1000, .uploaded_blobs = 2};
  Result<PrewarmReport> prewarmed = PrewarmReport{.manifests = 1, .blobs = 2, .bytes = 1000};
  BlobProbe probed;
  std::optional<Error> verify_error;
  std::function<void()> on_verify;
  bool arrives = true;
  int lock_checks = 0;
  int tag_moves_at = 0;
  int verifications = 0;
  std::vector<ExpectedImage> last_expected;
  std::map<std::string, std::string> tags;  ///< as point_tags() has left them
};

}  // namespace ocibench::agent
