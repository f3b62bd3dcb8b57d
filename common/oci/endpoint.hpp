#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::oci {

enum class Scheme { http, https };

/// A secret: goes into headers and into the tools' own 0600 files, and nowhere else.
struct Credentials {
  std::string username;
  std::string password;
  /// An OAuth2 refresh token, which docker keeps instead of a password; empty: none.
  std::string identity_token;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// One registry and how to speak to it.
struct Endpoint {
  std::string host;  ///< "127.0.0.1:5001"
  Scheme scheme = Scheme::https;
  std::filesystem::path ca_file;  ///< PEM; empty: the system's certificates
  std::optional<Credentials> credentials;
};

/// "http://127.0.0.1:5001", without a final slash.
std::string base_url(const Endpoint& endpoint);

}  // namespace ocibench::oci
