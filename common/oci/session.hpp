#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/byte_stream.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/http/connection.hpp"
#include "common/oci/auth.hpp"
#include "common/oci/client.hpp"

namespace ocibench::oci {

using http::Method;

enum class Repeat { allowed, refused };

/// One request to the registry, before credentials, retries and redirects.
struct Call {
  http::Request request;
  std::string scopes;               ///< "repository:<name>:pull", several separated by spaces
  Repeat repeat = Repeat::allowed;  ///< whether a 429 or 503 may be answered by sending it again
};

/// The answer that counts, and where it came from.
struct Answer {
  http::Response response;
  std::string url;  ///< that answered
  ResponseFacts facts;
};

/// Sends calls to one endpoint: adds credentials for its own host only, obtains tokens, waits and
/// repeats on 429 and 503, follows redirects of GET and HEAD. What Client's operations stand on.
/// Credentials and tokens go over plain http on loopback only, wherever the registry says that its
/// token server is; a password goes to no other host than the endpoint's and that token server.
class RegistrySession {
 public:
  /// Errors: bad_input (no host, or credentials that would go over plain http), those of
  /// http::Connection.
  static Result<RegistrySession> create(Endpoint endpoint, ClientLimits limits);

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const ClientLimits& limits() const { return limits_; }

  /// Any status but those dealt with here is an answer. Errors: as Client, with method and URL.
  Result<Answer> send(const Call& call);
  /// The same, but the body of a 200 is left to read(): http::Connection's open() and read().
  Result<Answer> open(const Call& call);
  Result<std::size_t> read(std::span<char> buffer);

  /// Lets the time pass that a 429 or 503 asks for. Errors: unavailable when it is too long or
  /// `retries` is used up.
  Result<void> wait_to_retry(const http::Response& response, std::uint32_t retries);

 private:
  RegistrySession(Endpoint endpoint, ClientLimits limits, http::Connection http);
  using Sender = Result<http::Response> (http::Connection::*)(const http::Request&);
  Result<Answer> exchange(const Call& call, Sender sender);
  [[nodiscard]] bool is_own(std::string_view url) const;
  Result<std::optional<std::string>> authorization(const std::string& scopes);
  Result<void> learn_challenge(const http::Response& response, const std::string& scopes);
  Result<Token> fetch_token(std::string_view scopes);

  Endpoint endpoint_;
  ClientLimits limits_;
  http::Connection http_;
  std::unique_ptr<Clock> clock_;
  std::optional<Challenge> challenge_;
  TokenCache tokens_;
};

/// "GET http://host/v2/...: " and the status with the registry's own code and message, as an Error
/// whose code follows from the status.
Error answer_error(Method method, const Answer& answer);

}  // namespace ocibench::oci
