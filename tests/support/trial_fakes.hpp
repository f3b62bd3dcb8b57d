#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/process/process_runner.hpp"
#include "agent/sampling/sampler.hpp"
#include "agent/target/target_registry.hpp"
#include "agent/trial_runner.hpp"
#include "common/clock.hpp"
#include "tests/support/fake_content.hpp"

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
  [[nodiscard]] ControlTraffic control_traffic() const override {
    control.sent_bytes += control_step.sent_bytes;
    control.received_bytes += control_step.received_bytes;
    control.link = control_step.link;
    return control;
  }

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
  ControlTraffic control_step;  ///< our traffic between two looks at it
  mutable ControlTraffic control;
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
    if (writes_at_start) {
      std::ofstream(request.directory / "schema") << "1";
    }
    return std::make_unique<Instance>(fmt::format("127.0.0.1:{}", 5000 + starts), request.directory,
                                      alive);
  }

  int starts = 0;
  int alive = 0;
  int fails_at = 0;              ///< which start fails; 0: none
  bool writes_at_start = false;  ///< a file, before it serves
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

}  // namespace ocibench::agent
