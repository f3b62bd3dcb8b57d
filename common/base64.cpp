#include "common/base64.hpp"

#include <limits>

#include <openssl/evp.h>

namespace ocibench {
namespace {

constexpr std::size_t kLongest = std::numeric_limits<int>::max() / 2;  // OpenSSL counts in int

}  // namespace

std::string base64_encode(std::string_view bytes) {
  OCIBENCH_ASSERT(bytes.size() <= kLongest);
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL adds a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = text.size() % 4 != 0 || text.size() > kLongest
                         ? -1
                         : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                           reinterpret_cast<const unsigned char*>(text.data()),
                                           static_cast<int>(text.size()));
  // OpenSSL skips blanks at both ends and decodes padding to zeros: only what it would write itself
  // is accepted.
  if (length < 0) {
    return fail(ErrorCode::bad_input, "is not base64");
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  if (base64_encode(bytes) != text) {
    return fail(ErrorCode::bad_input, "is not base64");
  }
  return bytes;
}

}  // namespace ocibench
