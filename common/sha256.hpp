#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench {

/// Incremental SHA-256 (FIPS 180-4) on OpenSSL's EVP, which uses the CPU's instructions.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// 64 lower-case hexadecimal digits. The object starts a new hash afterwards.
  std::string finish_hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view text);
/// HMAC-SHA256 (RFC 2104): 32 bytes, not as digits.
std::string hmac_sha256(std::string_view key, std::string_view text);
/// Streams the file: memory does not depend on its size. Errors: io, not_found.
Result<std::string> sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace ocibench
