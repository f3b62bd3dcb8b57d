#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocibench::aws {

/// What a request is signed with. Never shown, logged or put into an error.
struct AccessKey {
  std::string id;
  std::string secret;
  std::string session_token;  ///< empty for a long-term key

  friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

struct SigningScope {
  std::string region;
  std::string service;
};

/// Names and values as they are meant, not encoded.
using Query = std::vector<std::pair<std::string, std::string>>;

/// A request as far as it is signed: every header that is here.
struct SignableRequest {
  std::string method;  ///< "GET"
  std::string path = "/";
  Query query;
  /// Names in lower case; "host" and "x-amz-date" ("20150830T123600Z") must be among them.
  std::map<std::string, std::string> headers;
  std::string payload_sha256;  ///< 64 hexadecimal digits
};

// AWS Signature Version 4, as pure functions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
// The path is encoded once and not normalised, as S3 wants it; the other services that we ask have
// no path but "/", for which there is no difference.

/// A path and a query as they are signed, and as they must be sent: encoded, sorted.
std::string canonical_path(std::string_view path);
std::string canonical_query(const Query& query);

std::string canonical_request(const SignableRequest& request);
std::string string_to_sign(const SignableRequest& request, const SigningScope& scope);
/// The value of the header Authorization. Requires: the two headers named above.
std::string authorization(const SignableRequest& request, const AccessKey& key,
                          const SigningScope& scope);

}  // namespace ocibench::aws
