#pragma once

#include <filesystem>
#include <memory>

#include "common/error.hpp"

namespace ocibench::agent {

/// PEM files of one server.
struct ServerCertificate {
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
};

/// Vouches for the registries that an agent starts, and is forgotten with it: its key is never
/// written. (The one place outside common that includes OpenSSL.)
class CertificateAuthority {
 public:
  /// Makes a key and writes its certificate to `directory`/ca.pem. Errors: internal, io.
  static Result<CertificateAuthority> create(const std::filesystem::path& directory);
  CertificateAuthority(CertificateAuthority&&) noexcept;
  CertificateAuthority& operator=(CertificateAuthority&&) noexcept;
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;
  ~CertificateAuthority();

  [[nodiscard]] const std::filesystem::path& certificate_file() const;

  /// A certificate for 127.0.0.1 and localhost, as server.pem and server.key in `directory`, which
  /// should be private to this user. Errors: internal, io.
  [[nodiscard]] Result<ServerCertificate> issue(const std::filesystem::path& directory) const;

 private:
  struct Keys;
  explicit CertificateAuthority(std::unique_ptr<Keys> keys);
  std::unique_ptr<Keys> keys_;
};

}  // namespace ocibench::agent
