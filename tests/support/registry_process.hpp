#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "common/error.hpp"
#include "common/file.hpp"
#include "common/oci/endpoint.hpp"
#include "tests/support/access_log.hpp"

namespace ocibench::testing_support {

enum class Login { none, wanted };
enum class Deletions { allowed, refused };

struct RegistryOptions {
  oci::Scheme scheme = oci::Scheme::http;
  Login login = Login::none;  ///< with kUser and kPassword, as HTTP Basic
  Deletions deletions = Deletions::allowed;
};

inline constexpr const char* kUser = "bench";
inline constexpr const char* kPassword = "s3cret-of-the-target";

/// A real docker-registry (Debian package) on a free loopback port with empty storage of its own.
/// Killed, reaped and removed with the object.
class RegistryProcess {
 public:
  static constexpr const char* kProgram = "/usr/bin/docker-registry";

  /// Returns when GET /v2/ answers. With https it has a certificate of its own making, which is the
  /// endpoint's ca_file, and speaks HTTP/2. Errors: unavailable (not installed, does not start;
  /// with the end of its log), io.
  static Result<RegistryProcess> start(oci::Scheme scheme = oci::Scheme::http);
  static Result<RegistryProcess> start(const RegistryOptions& options);

  RegistryProcess(RegistryProcess&& other) noexcept;
  RegistryProcess& operator=(RegistryProcess&& other) noexcept;
  RegistryProcess(const RegistryProcess&) = delete;
  RegistryProcess& operator=(const RegistryProcess&) = delete;
  ~RegistryProcess();

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] oci::Endpoint endpoint() const;  ///< with the credentials that it wants
  /// Everything it has written: access log and JSON log, a line per request.
  [[nodiscard]] std::string log() const;
  /// The requests that it has answered, without those of this object. Waits until everything is
  /// written that was answered before the call.
  [[nodiscard]] AccessLog access_log() const;

 private:
  RegistryProcess(TemporaryDirectory directory, const RegistryOptions& options, int port,
                  pid_t pid);
  static Result<RegistryProcess> start_on(int port, const RegistryOptions& options);
  [[nodiscard]] Result<void> wait_until_ready() const;
  void stop() noexcept;

  TemporaryDirectory directory_;
  RegistryOptions options_;
  int port_ = 0;
  pid_t pid_ = -1;
};

/// key.pem and cert.pem for 127.0.0.1 in `directory`. Errors: unavailable (no openssl).
Result<void> make_certificate(const std::string& directory);

/// A TCP port of 127.0.0.1 that was free a moment ago.
int free_port();

}  // namespace ocibench::testing_support
