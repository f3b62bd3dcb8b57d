#include "common/oci/auth.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/base64.hpp"
#include "common/host_name.hpp"
#include "common/http/url.hpp"
#include "common/json.hpp"
#include "common/text.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxTokenBytes = 32 * 1024;
constexpr std::chrono::seconds kLongestLifetime = std::chrono::hours(24);

bool is_token_char(char c) {  // RFC 9110, 5.6.2
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Takes a challenge apart: scheme, then name=value or name="value" with commas between.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : rest_(text) {}

  std::string token() {
    skip(" \t,");
    const auto* const end = std::ranges::find_if_not(rest_, is_token_char);
    std::string taken(rest_.begin(), end);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  /// After a name: its value, or nothing when the name was a scheme.
  std::optional<std::string> value() {
    skip(" \t");
    if (!rest_.starts_with('=')) {
      return std::nullopt;
    }
    rest_.remove_prefix(1);
    skip(" \t");
    return rest_.starts_with('"') ? quoted() : token();
  }

 private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }

  std::string quoted() {
    std::string text;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (rest_[at] == '\\' && at + 1 < rest_.size()) {
        ++at;
      }
      text.push_back(rest_[at]);
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return text;
  }

  std::string_view rest_;
};

/// All challenges of one header; several may share it.
std::vector<Challenge> challenges_of(std::string_view header) {
  std::vector<Challenge> found;
  bool known = false;
  ChallengeReader reader(header);
  for (std::string name = lower_case(reader.token()); !name.empty();
       name = lower_case(reader.token())) {
    const std::optional<std::string> value = reader.value();
    if (!value) {
      known = name == "bearer" || name == "basic";
      if (known) {
        found.push_back({.kind = name == "bearer" ? AuthKind::bearer : AuthKind::basic});
      }
    } else if (known) {
      Challenge& challenge = found.back();
      if (name == "realm") {
        challenge.realm = *value;
      } else if (name == "service") {
        challenge.service = *value;
      } else if (name == "scope") {
        challenge.scope = *value;
      }
    }
  }
  return found;
}

}  // namespace

Result<Challenge> parse_challenge(const std::vector<std::string>& headers) {
  std::vector<Challenge> all;
  for (const std::string& header : headers) {
    std::ranges::move(challenges_of(header), std::back_inserter(all));
  }
  for (const AuthKind kind : {AuthKind::bearer, AuthKind::basic}) {
    const auto found = std::ranges::find(all, kind, &Challenge::kind);
    if (found != all.end() && (kind == AuthKind::basic || !found->realm.empty())) {
      return *found;
    }
  }
  return fail(ErrorCode::bad_input,
              "the registry asks for credentials in a way that is neither Basic nor Bearer");
}

Result<void> check_realm(std::string_view realm, std::string_view registry_host) {
  const Result<http::UrlParts> parts = http::parse_url(realm);
  if (!parts) {
    return tl::unexpected(parts.error());
  }
  if (parts->scheme == "https" || (is_loopback(parts->host) && is_loopback(registry_host))) {
    return {};
  }
  return fail(ErrorCode::unavailable,
              fmt::format("the registry names {} as its token server, which is no https: passwords "
                          "and tokens would be readable on the way",
                          http::printable_url(realm)));
}

std::string token_url(const Challenge& challenge, std::string_view scopes) {
  std::string url = challenge.realm;
  char separator = url.find('?') == std::string::npos ? '?' : '&';
  const auto add = [&](std::string_view name, std::string_view value) {
    url += fmt::format("{}{}={}", separator, name, http::percent_encoded(value));
    separator = '&';
  };
  if (!challenge.service.empty()) {
    add("service", challenge.service);
  }
  while (!scopes.empty()) {
    const std::size_t space = std::min(scopes.find(' '), scopes.size());
    if (space > 0) {
      add("scope", scopes.substr(0, space));
    }
    scopes.remove_prefix(std::min(space + 1, scopes.size()));
  }
  return url;
}

std::string token_form(const Challenge& challenge, std::string_view scopes,
                       const Credentials& credentials) {
  return fmt::format(
      "grant_type=refresh_token&client_id=ocibench&service={}&scope={}&refresh_token={}",
      http::percent_encoded(challenge.service), http::percent_encoded(scopes),
      http::percent_encoded(credentials.identity_token));
}

Result<Token> parse_token(std::string_view body) {
  const Result<Json> json = parse_json(body, "token", {.max_bytes = 2 * kMaxTokenBytes});
  if (!json) {  // without its own words: they may quote a part of the token
    return fail(ErrorCode::bad_input, "the token server's answer is no JSON");
  }
  const Result<JsonObject> object = JsonObject::open(*json, "token");
  if (!object) {
    return tl::unexpected(object.error());
  }
  Result<std::string> text = object->text("token");
  if (!text || text->empty()) {
    text = object->text("access_token");
  }
  if (!text) {
    return fail(ErrorCode::bad_input, "the token server's answer has no token");
  }
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (text->empty() || text->size() > kMaxTokenBytes || !std::ranges::all_of(*text, printable)) {
    return fail(ErrorCode::bad_input, "the token server's token is malformed");
  }
  Token token{.text = std::move(*text)};
  // Some servers answer null, -1 or a text.
  if (const auto seconds = object->unsigned_integer("expires_in"); seconds && *seconds > 0) {
    token.lifetime = std::chrono::seconds(
        std::min(*seconds, static_cast<std::uint64_t>(kLongestLifetime.count())));
  }
  return token;
}

std::string basic_authorization(const Credentials& credentials) {
  return "Authorization: Basic " + base64_encode(credentials.username + ":" + credentials.password);
}

std::string bearer_authorization(const Token& token) {
  return "Authorization: Bearer " + token.text;
}

std::optional<Token> TokenCache::find(std::string_view scopes, MonoTime now) const {
  const auto found = tokens_.find(scopes);
  if (found == tokens_.end() || found->second.expires <= now) {
    return std::nullopt;
  }
  return found->second.token;
}

void TokenCache::store(std::string_view scopes, Token token, MonoTime now) {
  const MonoTime expires = now + std::chrono::milliseconds(token.lifetime) * 9 / 10;
  tokens_.insert_or_assign(std::string(scopes), Entry{std::move(token), expires});
}

void TokenCache::forget(std::string_view scopes) {
  if (const auto found = tokens_.find(scopes); found != tokens_.end()) {
    tokens_.erase(found);
  }
}

}  // namespace ocibench::oci
