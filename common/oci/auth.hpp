#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::oci {

enum class AuthKind { basic, bearer };

/// What a 401 asks for (RFC 9110 11.6.1; distribution's token specification).
struct Challenge {
  AuthKind kind = AuthKind::basic;
  std::string realm;  ///< of bearer: the token server's URL
  std::string service;
  std::string scope;

  friend bool operator==(const Challenge&, const Challenge&) = default;
};

/// The strongest known challenge of all WWW-Authenticate headers, bearer first.
/// Errors: bad_input when there is none that we know.
Result<Challenge> parse_challenge(const std::vector<std::string>& headers);

/// Refuses a token server to which a password or a token would go over plain http, unless both it
/// and the registry that names it are on loopback. Errors: unavailable, bad_input (no URL).
Result<void> check_realm(std::string_view realm, std::string_view registry_host);

/// The realm with service and one scope parameter per space-separated scope.
std::string token_url(const Challenge& challenge, std::string_view scopes);

struct Token {
  std::string text;
  std::chrono::seconds lifetime{60};  ///< the specification's default
};

/// `token`, or `access_token` where that is absent, null or empty. A lifetime that is no positive
/// whole number counts for the default. Errors: bad_input (malformed, or not fit for a header).
Result<Token> parse_token(std::string_view body);

/// The body of a POST to the realm that changes an identity token for an access token (OAuth2, as
/// in distribution's token specification). Requires: credentials with an identity token.
std::string token_form(const Challenge& challenge, std::string_view scopes,
                       const Credentials& credentials);

/// "Authorization: Basic ..." and "Authorization: Bearer ...".
std::string basic_authorization(const Credentials& credentials);
std::string bearer_authorization(const Token& token);

/// Tokens of one registry by scope.
class TokenCache {
 public:
  [[nodiscard]] std::optional<Token> find(std::string_view scopes, MonoTime now) const;
  /// Kept for nine tenths of its lifetime, so that none expires on its way.
  void store(std::string_view scopes, Token token, MonoTime now);
  void forget(std::string_view scopes);

 private:
  struct Entry {
    Token token;
    MonoTime expires;
  };
  std::map<std::string, Entry, std::less<>> tokens_;
};

}  // namespace ocibench::oci
