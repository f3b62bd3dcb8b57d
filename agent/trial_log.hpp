#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/trial_runner.hpp"
#include "common/error.hpp"
#include "common/model/record.hpp"

namespace ocibench::agent {

/// What a trial tells, with the first failure of the reporter remembered: after it nothing more is
/// told, and the trial is to end.
class TrialLog {
 public:
  TrialLog(AttemptId id, TrialReporter& reporter) : id_(std::move(id)), reporter_(reporter) {}

  void write(const AgentRecord& record) {
    if (!error_) {
      if (Result<void> written = reporter_.record(record); !written) {
        error_ = std::move(written.error());
      }
    }
  }

  [[nodiscard]] const AttemptId& id() const { return id_; }
  [[nodiscard]] TrialReporter& reporter() { return reporter_; }
  [[nodiscard]] Result<void> result() const {
    if (error_) {
      return tl::unexpected(*error_);
    }
    return {};
  }

 private:
  const AttemptId id_;
  TrialReporter& reporter_;
  std::optional<Error> error_;
};

}  // namespace ocibench::agent
