#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ocibench::testing_support {

/// A request as it arrived, byte for byte.
struct ArrivedRequest {
  std::string method;
  std::string target;                          ///< path and query, as sent
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// What a caller must have signed with.
struct ExpectedSigner {
  std::string key_id;
  std::string secret;
  std::string session_token;  ///< empty: none must be sent
  std::string region;
};

/// Checks Signature Version 4 as AWS does, from what arrived and not from what should have been
/// sent: written apart from common/aws, sharing nothing. The empty string when it is right,
/// else the type of AWS's error: "SignatureDoesNotMatch", "UnrecognizedClientException",
/// "ExpiredTokenException", "IncompleteSignature", "XAmzContentSHA256Mismatch", "RequestExpired".
std::string check_signature(const ArrivedRequest& request, std::string_view service,
                            const ExpectedSigner& signer);

}  // namespace ocibench::testing_support
