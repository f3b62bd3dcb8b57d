#include "common/oci/digest.hpp"

#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "common/model/reference.hpp"
#include "common/sha256.hpp"
#include "common/text.hpp"

namespace ocibench::oci {
namespace {

constexpr std::string_view kSha256Prefix = "sha256:";
constexpr std::string_view kSha512Prefix = "sha512:";

}  // namespace

Result<std::string> parse_digest(std::string_view text) {
  if (!is_digest(text)) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no digest; expected sha256: or sha512: and lower-case "
                            "hexadecimal digits",
                            text.substr(0, kLongestQuote)));
  }
  return std::string(text);
}

std::string sha256_digest(std::string_view bytes) {
  return fmt::format("{}{}", kSha256Prefix, sha256_hex(bytes));
}

struct DigestVerifier::Hash {
  explicit Hash(std::string_view digest) : context(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    const EVP_MD* const algorithm = digest.starts_with(kSha512Prefix) ? EVP_sha512() : EVP_sha256();
    OCIBENCH_ASSERT(context != nullptr);
    OCIBENCH_ASSERT(EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1);
  }
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context;
};

DigestVerifier::DigestVerifier(std::string_view expected_digest, std::uint64_t expected_bytes)
    : expected_digest_(expected_digest), expected_bytes_(expected_bytes) {
  OCIBENCH_ASSERT(is_digest(expected_digest));
  hash_ = std::make_unique<Hash>(expected_digest);
}
DigestVerifier::DigestVerifier(DigestVerifier&&) noexcept = default;
DigestVerifier& DigestVerifier::operator=(DigestVerifier&&) noexcept = default;
DigestVerifier::~DigestVerifier() = default;

Result<void> DigestVerifier::update(std::string_view bytes) {
  if (bytes.size() > expected_bytes_ - seen_bytes_) {
    return fail(ErrorCode::limit, fmt::format("{} is longer than the {} bytes announced",
                                              expected_digest_, expected_bytes_));
  }
  seen_bytes_ += bytes.size();
  OCIBENCH_ASSERT(EVP_DigestUpdate(hash_->context.get(), bytes.data(), bytes.size()) == 1);
  return {};
}

Result<void> DigestVerifier::finish() {
  if (seen_bytes_ != expected_bytes_) {
    return fail(ErrorCode::bad_input, fmt::format("{} has {} bytes and not the {} announced",
                                                  expected_digest_, seen_bytes_, expected_bytes_));
  }
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> binary{};
  unsigned int size = 0;
  OCIBENCH_ASSERT(EVP_DigestFinal_ex(hash_->context.get(), binary.data(), &size) == 1);
  std::string actual = expected_digest_.substr(0, kSha256Prefix.size());
  for (unsigned int i = 0; i < size; ++i) {
    fmt::format_to(std::back_inserter(actual), "{:02x}", binary.at(i));
  }
  if (actual != expected_digest_) {
    return fail(ErrorCode::bad_input,
                fmt::format("expected {} and got content of {}", expected_digest_, actual));
  }
  return {};
}

}  // namespace ocibench::oci
