#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/observe/request_recorder.hpp"

namespace ocibench::agent {

/// Says that the tool asked what the script says.
class ScriptedRecorder final : public RequestRecorder {
 public:
  Result<std::unique_ptr<Recording>> start(const RecordingRequest& request,
                                           const Cancellation& /*cancellation*/) override {
    if (start_error) {
      return tl::unexpected(*start_error);
    }
    calls.push_back("between " + request.source.host + " and " + request.target.host);
    return std::make_unique<Script>(*this);
  }

  std::optional<Error> start_error;
  Result<RecordedRequests> requests;
  std::vector<std::string> calls;

 private:
  class Script final : public Recording {
   public:
    explicit Script(ScriptedRecorder& recorder) : recorder_(recorder) {}
    [[nodiscard]] const std::string& source_host() const override { return source_; }
    [[nodiscard]] const std::string& target_host() const override { return target_; }
    Result<void> begin() override {
      recorder_.calls.emplace_back("begin");
      return {};
    }
    Result<RecordedRequests> end() override {
      recorder_.calls.emplace_back("end");
      return recorder_.requests;
    }
    [[nodiscard]] std::vector<std::filesystem::path> logs() const override { return {}; }

   private:
    ScriptedRecorder& recorder_;
    std::string source_ = "127.0.0.1:6001";
    std::string target_ = "127.0.0.1:6002";
  };
};

}  // namespace ocibench::agent
