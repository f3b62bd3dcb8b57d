#include "common/aws/sigv4.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/error.hpp"
#include "common/hex.hpp"
#include "common/http/url.hpp"
#include "common/sha256.hpp"

namespace ocibench::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDateDigits = 8;  // of "20150830T123600Z"

const std::string& header_of(const SignableRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  OCIBENCH_ASSERT(found != request.headers.end());
  return found->second;
}

std::string date_of(const SignableRequest& request) {
  return header_of(request, "x-amz-date").substr(0, kDateDigits);
}

/// Without blanks at the ends, and one blank for several.
std::string without_extra_blanks(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c != ' ' && c != '\t') {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  if (text.ends_with(' ')) {
    text.pop_back();
  }
  return text;
}

std::string signed_headers(const SignableRequest& request) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : request.headers) {
    names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ";"));
}

std::string scope_text(const SignableRequest& request, const SigningScope& scope) {
  return fmt::format("{}/{}/{}/aws4_request", date_of(request), scope.region, scope.service);
}

}  // namespace

std::string canonical_path(std::string_view path) {
  std::string encoded;
  for (;;) {
    const std::size_t slash = path.find('/');
    encoded += http::percent_encoded(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      return encoded.empty() ? "/" : encoded;
    }
    encoded += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string canonical_query(const Query& query) {
  Query encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(http::percent_encoded(name), http::percent_encoded(value));
  }
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  }
  return text;
}

std::string canonical_request(const SignableRequest& request) {
  std::string headers;
  for (const auto& [name, value] : request.headers) {
    headers += fmt::format("{}:{}\n", name, without_extra_blanks(value));
  }
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path),
                     canonical_query(request.query), headers, signed_headers(request),
                     request.payload_sha256);
}

std::string string_to_sign(const SignableRequest& request, const SigningScope& scope) {
  return fmt::format("{}\n{}\n{}\n{}", kAlgorithm, header_of(request, "x-amz-date"),
                     scope_text(request, scope), sha256_hex(canonical_request(request)));
}

std::string authorization(const SignableRequest& request, const AccessKey& key,
                          const SigningScope& scope) {
  OCIBENCH_ASSERT(request.headers.contains("host"));
  std::string signing_key = "AWS4" + key.secret;
  for (const std::string& part :
       {date_of(request), scope.region, scope.service, std::string("aws4_request")}) {
    signing_key = hmac_sha256(signing_key, part);
  }
  const std::string signature = to_hex(hmac_sha256(signing_key, string_to_sign(request, scope)));
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, key.id,
                     scope_text(request, scope), signed_headers(request), signature);
}

}  // namespace ocibench::aws
