#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "agent/observe/proxy_config.hpp"
#include "agent/observe/request_recorder.hpp"
#include "agent/target/certificate_authority.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"

namespace ocibench::agent {

/// Records with nginx as a reverse proxy: one process with a port of 127.0.0.1 for each side. It is
/// killed when the recording goes, and by the kernel when the thread that called start() ends.
class NginxRecorder final : public RequestRecorder {
 public:
  static constexpr std::uint64_t kMaxLogBytes = 512'000'000;
  static constexpr int kMaxPortAttempts = 5;

  /// `authority` vouches for the proxy where the registries speak TLS. All outlive this object.
  NginxRecorder(const Clock& clock, const catalog::SubjectFinder& finder,
                const CertificateAuthority& authority);

  Result<std::unique_ptr<Recording>> start(const RecordingRequest& request,
                                           const Cancellation& cancellation) override;

 private:
  Result<ProxySetup> set_up(const RecordingRequest& request) const;
  Result<std::unique_ptr<Recording>> start_once(const RecordingRequest& request,
                                                const std::filesystem::path& nginx,
                                                const Cancellation& cancellation);

  const Clock& clock_;
  const catalog::SubjectFinder& finder_;
  const CertificateAuthority& authority_;
};

}  // namespace ocibench::agent
