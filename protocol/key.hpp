#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/strong_id.hpp"

namespace ocibench::protocol {

/// Who somebody is: a Curve25519 public key as its 40 characters of Z85.
/// https://rfc.zeromq.org/spec/26 (CurveZMQ), https://rfc.zeromq.org/spec/32 (Z85)
using PublicKey = StrongId<struct PublicKeyTag>;

/// The other half. A type of its own so that nothing prints it by accident.
class SecretKey {
 public:
  SecretKey() = default;
  explicit SecretKey(std::string z85) : z85_(std::move(z85)) {}
  /// The only way to its text: for a socket option and for the key file.
  [[nodiscard]] const std::string& reveal() const { return z85_; }

 private:
  std::string z85_;
};

struct KeyPair {
  PublicKey public_key;
  SecretKey secret_key;
};

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kKeyCharacters = 40;

/// Errors: unavailable (this libzmq was built without CURVE).
Result<KeyPair> generate_key_pair();

/// Errors: bad_input (no 40 characters of Z85).
Result<PublicKey> parse_public_key(std::string_view text);
/// Errors: bad_input (not Z85, or the two do not belong together). Never shows the secret.
Result<KeyPair> parse_key_pair(std::string_view public_text, std::string_view secret_text);

/// The text of a key that came as bytes. Requires: kKeyBytes of them.
PublicKey public_key_of(std::string_view bytes);

}  // namespace ocibench::protocol
