#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include "common/aws/service_error.hpp"
#include "common/aws/session.hpp"
#include "common/aws/sigv4.hpp"
#include "common/byte_stream.hpp"
#include "common/error.hpp"
#include "common/http/connection.hpp"
#include "common/json.hpp"

namespace ocibench::aws {

struct RetryLimits {
  std::uint32_t most = 6;  ///< of one call
  std::chrono::milliseconds first_wait{
      250};  ///< doubled each time, less up to half of it by chance
  std::chrono::milliseconds longest_wait{8'000};  ///< of one
};

/// One request to a service, before it is signed.
struct Call {
  std::string operation;   ///< AWS's name of it, for messages: "HeadObject"
  std::string permission;  ///< "s3:GetObject"; empty: named like the operation
  http::Method method = http::Method::post;
  std::string path = "/";
  Query query;
  std::map<std::string, std::string> headers;  ///< names in lower case; all are signed
  SourceFactory body;                          ///< empty: no body
  std::uint64_t body_bytes = 0;
  std::string body_sha256;  ///< 64 hexadecimal digits; empty without a body
  std::size_t max_answer_bytes = 8 * 1024 * 1024;
};

/// Which service, and under which name it is reached: "<host>.<region>.amazonaws.com".
struct ServiceName {
  std::string name;  ///< as in signatures and permissions: "ecr"
  std::string host;  ///< "api.ecr"
};

/// Sends signed calls to one service in the session's region, or to the endpoint that the settings
/// name. Throttling, a server's failures and lost connections are tried again after a growing wait;
/// an expired key is fetched anew, once. So a call may be carried out twice, and the second refused
/// because of the first: Failure::maybe_done. One thread at a time.
class Service {
 public:
  /// Requires: `session` outlives this. Errors: those of Session::region; bad_input (an endpoint
  /// that is no URL, or would take credentials over plain http).
  static Result<Service> create(Session& session, ServiceName name, RetryLimits limits = {});

  /// Only a 2xx is a success, and only without is_error_document(). Errors: those of
  /// Session::credentials and http::Connection::send, and what the service says.
  Outcome<http::Response> send(const Call& call);

  /// The JSON protocol: X-Amz-Target is "<target>.<operation>". Errors: also bad_input.
  Outcome<Json> call(std::string_view target, const std::string& operation, const Json& request);

  /// Answers so far that asked us to slow down.
  [[nodiscard]] std::uint64_t throttled() const { return throttled_; }
  [[nodiscard]] const std::string& region() const { return scope_.region; }

 private:
  Service(Session& session, SigningScope scope, http::Connection http);
  [[nodiscard]] std::string permission_for(const Call& call) const;
  [[nodiscard]] http::Request signed_request(const Call& call, const AccessKey& key) const;
  void wait_before(std::uint32_t retry, const http::Response* answer);
  [[nodiscard]] Failure failure_of(const Call& call, const http::Response& answer,
                                   const Credentials& credentials) const;

  Session* session_;
  SigningScope scope_;
  http::Connection http_;
  RetryLimits limits_;
  std::string base_url_;
  std::string host_;
  std::uint64_t throttled_ = 0;
  std::minstd_rand chance_{std::random_device{}()};
};

}  // namespace ocibench::aws
