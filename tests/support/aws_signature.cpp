#include "tests/support/aws_signature.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "common/clock.hpp"

namespace ocibench::testing_support {
namespace {

using Bytes = std::vector<unsigned char>;

std::string hex(const Bytes& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", byte);
    text += digits.data();
  }
  return text;
}

std::string hash(const std::string& text) {
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex(digest);
}

Bytes mac(const Bytes& key, const std::string& text) {
  Bytes out(SHA256_DIGEST_LENGTH);
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return out;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// The value of "name=" in "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...".
std::string field(const std::string& header, const std::string& name) {
  const std::size_t at = header.find(name + "=");
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + name.size() + 1;
  return header.substr(begin, header.find_first_of(", ", begin) - begin);
}

/// The query in AWS's order. What was sent must be encoded as AWS wants it, or the two would
/// differ.
std::string sorted_query(const std::string& target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string::npos) {
    return {};
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& each : split(target.substr(mark + 1), '&')) {
    const std::size_t equals = each.find('=');
    pairs.emplace_back(each.substr(0, equals),
                       equals == std::string::npos ? "" : each.substr(equals + 1));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string text;
  for (const auto& [name, value] : pairs) {
    text += (text.empty() ? "" : "&") + name + "=" + value;
  }
  return text;
}

bool is_canonical(const std::string& encoded) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?&=";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] == '%') {
      if (i + 2 >= encoded.size() || kHex.find(encoded[i + 1]) == kHex.npos ||
          kHex.find(encoded[i + 2]) == kHex.npos) {
        return false;
      }
      i += 2;
    } else if (kPlain.find(encoded[i]) == kPlain.npos) {
      return false;
    }
  }
  return true;
}

std::string header_of(const ArrivedRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

/// What AWS insists on having signed.
bool signs_enough(const ArrivedRequest& request, const std::vector<std::string>& names) {
  const auto is_signed = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return std::is_sorted(names.begin(), names.end()) && is_signed("host") &&
         std::all_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
           const bool must = header.first.starts_with("x-amz-") || header.first == "content-type";
           return !must || is_signed(header.first);
         });
}

bool is_now(const std::string& date) {
  std::tm parts{};
  if (::strptime(date.c_str(), "%Y%m%dT%H%M%SZ", &parts) == nullptr) {
    return false;
  }
  const auto sent = WallTime(std::chrono::seconds(::timegm(&parts)));
  const auto apart = SystemClock().wall() - sent;
  return apart < std::chrono::minutes(5) && apart > -std::chrono::minutes(5);
}

std::string expected_signature(const ArrivedRequest& request, const std::string& scope,
                               const ExpectedSigner& signer,
                               const std::vector<std::string>& names) {
  std::string canonical = request.method + "\n" +
                          request.target.substr(0, request.target.find('?')) + "\n" +
                          sorted_query(request.target) + "\n";
  std::string joined;
  for (const std::string& name : names) {
    canonical += name + ":" + header_of(request, name) + "\n";
    joined += (joined.empty() ? "" : ";") + name;
  }
  canonical += "\n" + joined + "\n" + hash(request.body);
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + header_of(request, "x-amz-date") + "\n" +
                              scope + "\n" + hash(canonical);
  const std::string start = "AWS4" + signer.secret;
  Bytes key(start.begin(), start.end());
  for (const std::string& part : split(scope, '/')) {
    key = mac(key, part);
  }
  return hex(mac(key, to_sign));
}

}  // namespace

std::string check_signature(const ArrivedRequest& request, std::string_view service,
                            const ExpectedSigner& signer) {
  const std::string header = header_of(request, "authorization");
  const std::string credential = field(header, "Credential");
  const std::string date = header_of(request, "x-amz-date");
  const std::vector<std::string> names = split(field(header, "SignedHeaders"), ';');
  if (!header.starts_with("AWS4-HMAC-SHA256 ") || !signs_enough(request, names) ||
      !is_canonical(request.target)) {
    return "IncompleteSignature";
  }
  const std::string scope =
      date.substr(0, 8) + "/" + signer.region + "/" + std::string(service) + "/aws4_request";
  if (!credential.starts_with(signer.key_id + "/")) {
    return "UnrecognizedClientException";
  }
  if (header_of(request, "x-amz-security-token") != signer.session_token) {
    return "ExpiredTokenException";
  }
  if (!is_now(date)) {
    return "RequestExpired";
  }
  const std::string payload = header_of(request, "x-amz-content-sha256");
  if (service == "s3" && payload != hash(request.body)) {
    return "XAmzContentSHA256Mismatch";
  }
  const bool right =
      credential == signer.key_id + "/" + scope &&
      field(header, "Signature") == expected_signature(request, scope, signer, names);
  return right ? "" : "SignatureDoesNotMatch";
}

}  // namespace ocibench::testing_support
