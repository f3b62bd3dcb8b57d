#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/observe/tally.hpp"
#include "agent/process/process_runner.hpp"
#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

struct RecordingRequest {
  const oci::Endpoint& source;
  const oci::Endpoint& target;
  bool tls = false;                 ///< what the tool is to be spoken to with
  std::filesystem::path directory;  ///< exists, empty and for this recording alone
};

/// Stands between a tool and both registries while the object lives. Nothing that is timed may go
/// through it.
class Recording {
 public:
  Recording() = default;
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  virtual ~Recording() = default;

  /// Where the tool is to find the registries: "127.0.0.1:5001".
  [[nodiscard]] virtual const std::string& source_host() const = 0;
  [[nodiscard]] virtual const std::string& target_host() const = 0;
  /// Forgets what was asked so far. Requires: nobody asks anything meanwhile. Errors: io and those
  /// of asking the recorder.
  virtual Result<void> begin() = 0;
  /// Everything since begin(). Requires: who asked has ended. Errors: as begin(), bad_input, limit.
  virtual Result<RecordedRequests> end() = 0;
  /// The same for people, as it was written.
  [[nodiscard]] virtual std::vector<std::filesystem::path> logs() const = 0;
};

/// Where recordings come from.
class RequestRecorder {
 public:
  RequestRecorder() = default;
  RequestRecorder(const RequestRecorder&) = delete;
  RequestRecorder& operator=(const RequestRecorder&) = delete;
  virtual ~RequestRecorder() = default;

  /// Returns when it serves. Errors: unavailable (not installed, ended at once), timeout, conflict
  /// (cancelled), io.
  virtual Result<std::unique_ptr<Recording>> start(const RecordingRequest& request,
                                                   const Cancellation& cancellation) = 0;
};

}  // namespace ocibench::agent
