#include "agent/observe/nginx_recorder.hpp"

#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/observe/proxy_config.hpp"
#include "agent/target/listener.hpp"
#include "agent/target/readiness.hpp"
#include "agent/target/registry_process.hpp"
#include "common/file.hpp"
#include "common/oci/client.hpp"

namespace ocibench::agent {
namespace {

/// Debian installs it where only root looks.
catalog::Program nginx_program() {
  return {.name = "nginx",
          .origin = "the recorder of requests",
          .label = "nginx {{version}}",
          .binaries = {"nginx", "/usr/sbin/nginx", "/sbin/nginx"},
          .installation = {.method = catalog::Installation::Method::apt, .what = "nginx-light"}};
}

/// How we speak to one side of the proxy.
oci::Endpoint proxy_endpoint(std::uint16_t port, bool tls, const CertificateAuthority& authority) {
  return {.host = fmt::format("127.0.0.1:{}", port),
          .scheme = tls ? oci::Scheme::https : oci::Scheme::http,
          .ca_file = tls ? authority.certificate_file() : std::filesystem::path()};
}

/// One port of the proxy, and what it logs.
struct ProxySide {
  oci::Endpoint endpoint;
  std::filesystem::path log;
};

class NginxRecording final : public Recording {
 public:
  NginxRecording(RegistryProcess process, ProxySide source, ProxySide target)
      : process_(std::move(process)), source_(std::move(source)), target_(std::move(target)) {}

  [[nodiscard]] const std::string& source_host() const override { return source_.endpoint.host; }
  [[nodiscard]] const std::string& target_host() const override { return target_.endpoint.host; }

  Result<void> begin() override {
    return drain().and_then([&] { return forget(source_); }).and_then([&] {
      return forget(target_);
    });
  }

  Result<RecordedRequests> end() override {
    if (auto drained = drain(); !drained) {
      return tl::unexpected(std::move(drained.error()));
    }
    Result<std::vector<LoggedRequest>> source = read(source_);
    Result<std::vector<LoggedRequest>> target = read(target_);
    if (!source || !target) {
      return tl::unexpected(source ? target.error() : source.error());
    }
    return RecordedRequests{*std::move(source), *std::move(target)};
  }

  [[nodiscard]] std::vector<std::filesystem::path> logs() const override {
    return {source_.log, target_.log};
  }

 private:
  /// The proxy has one thread and takes events in their order: when it has answered us, it has
  /// written down every request that was answered or given up before.
  Result<void> drain() {
    for (const ProxySide* const side : {&source_, &target_}) {
      Result<oci::Client> client = oci::Client::create(side->endpoint);
      if (!client) {
        return tl::unexpected(std::move(client.error()));
      }
      if (auto answer = client->ping(kProxyReadyPath); !answer) {
        return fail(answer.error(),
                    fmt::format("the proxy that records requests is gone ({})", process_.output()));
      }
    }
    return {};
  }

  /// It appends, so that it goes on at the new end.
  static Result<void> forget(const ProxySide& side) {
    std::error_code error;
    std::filesystem::resize_file(side.log, 0, error);
    return error ? fail(ErrorCode::io,
                        fmt::format("cannot empty {}: {}", side.log.string(), error.message()))
                 : Result<void>();
  }

  static Result<std::vector<LoggedRequest>> read(const ProxySide& side) {
    return read_file(side.log, NginxRecorder::kMaxLogBytes)
        .and_then(parse_access_log)
        .map_error(
            [&](const Error& error) { return error.with_context(side.log.filename().string()); });
  }

  RegistryProcess process_;
  const ProxySide source_;
  const ProxySide target_;
};

}  // namespace

NginxRecorder::NginxRecorder(const Clock& clock, const catalog::SubjectFinder& finder,
                             const CertificateAuthority& authority)
    : clock_(clock), finder_(finder), authority_(authority) {}

Result<std::unique_ptr<Recording>> NginxRecorder::start(const RecordingRequest& request,
                                                        const Cancellation& cancellation) {
  const Result<catalog::FoundProgram> nginx = finder_.find(nginx_program());
  if (!nginx) {
    return fail(nginx.error(), "requests cannot be recorded");
  }
  for (int attempt = 1;; ++attempt) {
    auto recording = start_once(request, nginx->binary, cancellation);
    if (recording || !lost_its_port(recording.error()) || attempt == kMaxPortAttempts) {
      return recording;
    }
  }
}

Result<ProxySetup> NginxRecorder::set_up(const RecordingRequest& request) const {
  const Result<std::uint16_t> source_port = free_loopback_port();
  Result<std::uint16_t> target_port = free_loopback_port();
  while (source_port && target_port && *source_port == *target_port) {
    target_port = free_loopback_port();  // none of them is held
  }
  if (!source_port || !target_port) {
    return tl::unexpected(source_port ? target_port.error() : source_port.error());
  }
  ProxySetup setup = {.source = {request.source, *source_port},
                      .target = {request.target, *target_port}};
  if (request.tls) {
    Result<ServerCertificate> certificate = authority_.issue(request.directory);
    if (!certificate) {
      return tl::unexpected(std::move(certificate.error()));
    }
    setup.certificate = *std::move(certificate);
  }
  return setup;
}

Result<std::unique_ptr<Recording>> NginxRecorder::start_once(const RecordingRequest& request,
                                                             const std::filesystem::path& nginx,
                                                             const Cancellation& cancellation) {
  const Result<ProxySetup> setup = set_up(request);
  Result<std::string> config = setup.and_then(proxy_config);
  if (!config) {
    return tl::unexpected(std::move(config.error()));
  }
  Result<RegistryProcess> process =
      RegistryProcess::start({.argv = {nginx.string(), "-p", request.directory.string(), "-c",
                                       "nginx.conf", "-e", "stderr"},
                              .files = {{"nginx.conf", *std::move(config)}}},
                             request.directory);
  if (!process) {
    return tl::unexpected(std::move(process.error()));
  }
  const auto side_of = [&](RegistrySide side, std::uint16_t port) {
    return ProxySide{proxy_endpoint(port, request.tls, authority_),
                     request.directory / access_log_name(side)};
  };
  ProxySide source = side_of(RegistrySide::source, setup->source.port);
  ProxySide target = side_of(RegistrySide::target, setup->target.port);
  const auto ready = [&](const ProxySide& side, std::uint16_t port) {
    return await_ready({.process = *process,
                        .name = "nginx",
                        .endpoint = side.endpoint,
                        .port = port,
                        .ready_path = kProxyReadyPath},
                       clock_, cancellation);
  };
  const Result<void> serves =
      ready(source, setup->source.port).and_then([&] { return ready(target, setup->target.port); });
  if (!serves) {
    return tl::unexpected(serves.error());
  }
  return std::make_unique<NginxRecording>(*std::move(process), std::move(source),
                                          std::move(target));
}

}  // namespace ocibench::agent
