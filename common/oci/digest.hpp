#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/model/reference.hpp"

namespace ocibench::oci {

/// The digest itself when well formed. Errors: bad_input.
Result<std::string> parse_digest(std::string_view text);

/// "sha256:<hex>" of `bytes`.
std::string sha256_digest(std::string_view bytes);

/// Hashes a stream and compares it at the end with what was announced.
class DigestVerifier {
 public:
  /// Requires: is_digest(expected). Its algorithm is the one used.
  DigestVerifier(std::string_view expected_digest, std::uint64_t expected_bytes);
  DigestVerifier(DigestVerifier&&) noexcept;
  DigestVerifier& operator=(DigestVerifier&&) noexcept;
  DigestVerifier(const DigestVerifier&) = delete;
  DigestVerifier& operator=(const DigestVerifier&) = delete;
  ~DigestVerifier();

  /// Errors: limit as soon as more than expected arrives.
  Result<void> update(std::string_view bytes);
  /// Errors: bad_input with both sizes or both digests.
  Result<void> finish();

 private:
  struct Hash;
  std::string expected_digest_;
  std::uint64_t expected_bytes_;
  std::uint64_t seen_bytes_ = 0;
  std::unique_ptr<Hash> hash_;
};

}  // namespace ocibench::oci
