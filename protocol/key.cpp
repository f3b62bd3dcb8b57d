#include "protocol/key.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <zmq.h>

namespace ocibench::protocol {
namespace {

using Z85Text = std::array<char, kKeyCharacters + 1>;

bool is_key_text(const std::string& text) {
  std::array<std::uint8_t, kKeyBytes> bytes{};
  return text.size() == kKeyCharacters && ::zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
}

}  // namespace

Result<KeyPair> generate_key_pair() {
  Z85Text public_text{};
  Z85Text secret_text{};
  if (::zmq_curve_keypair(public_text.data(), secret_text.data()) != 0) {
    return fail(ErrorCode::unavailable,
                "this libzmq was built without CURVE: install Debian's libzmq5");
  }
  return KeyPair{PublicKey(public_text.data()), SecretKey(secret_text.data())};
}

Result<PublicKey> parse_public_key(std::string_view text) {
  PublicKey key{std::string(text)};
  if (!is_key_text(key.str())) {
    return fail(ErrorCode::bad_input,
                fmt::format("is not a key: {} characters of Z85 are", kKeyCharacters));
  }
  return key;
}

Result<KeyPair> parse_key_pair(std::string_view public_text, std::string_view secret_text) {
  auto public_key = parse_public_key(public_text);
  if (!public_key) {
    return fail(public_key.error(), "public_key");
  }
  const std::string secret(secret_text);
  Z85Text derived{};
  if (!is_key_text(secret) || ::zmq_curve_public(derived.data(), secret.c_str()) != 0) {
    return fail(ErrorCode::bad_input,
                fmt::format("secret_key: is not a key: {} characters of Z85 are", kKeyCharacters));
  }
  if (public_key->str() != derived.data()) {
    return fail(ErrorCode::bad_input, "public_key and secret_key do not belong together");
  }
  return KeyPair{*std::move(public_key), SecretKey(secret)};
}

PublicKey public_key_of(std::string_view bytes) {
  OCIBENCH_ASSERT(bytes.size() == kKeyBytes);
  std::array<std::uint8_t, kKeyBytes> raw{};
  bytes.copy(reinterpret_cast<char*>(raw.data()), raw.size());
  Z85Text text{};
  ::zmq_z85_encode(text.data(), raw.data(), raw.size());
  return PublicKey(text.data());
}

}  // namespace ocibench::protocol
