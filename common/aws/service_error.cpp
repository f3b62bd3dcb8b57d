#include "common/aws/service_error.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/aws/xml.hpp"
#include "common/json.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::size_t kMaxType = 100;
constexpr std::size_t kMaxMessage = 500;

template <std::size_t count>
bool is_one_of(std::string_view type, const std::array<std::string_view, count>& types) {
  return std::ranges::find(types, type) != types.end();
}

/// "com.amazonaws.ecr#ThrottlingException:http://..." without what is around the name.
std::string bare_type(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const std::size_t hash = type.rfind('#');
  return printable(hash == std::string_view::npos ? type : type.substr(hash + 1), kMaxType);
}

ServiceError from_json(const http::Response& response) {
  const Result<Json> json = parse_json(response.body, "answer");
  const Result<JsonObject> object =
      json ? JsonObject::open(*json, "answer") : tl::unexpected(json.error());
  ServiceError said{.type = bare_type(response.header("x-amzn-errortype"))};
  if (object) {
    said.type = bare_type(object->text("__type").value_or(said.type));
    const auto message = object->text("message");
    said.message = printable(message ? *message : object->text("Message").value_or(std::string()),
                             kMaxMessage);
  }
  return said;
}

/// What a person can do about it.
std::string advice(const Operation& operation, const http::Response& response,
                   const ServiceError& refusal) {
  static constexpr std::array<std::string_view, 4> kDenied = {
      "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"};
  static constexpr std::array<std::string_view, 4> kWrongKey = {
      "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
      "InvalidSignatureException"};
  static constexpr std::array<std::string_view, 3> kWrongSignature = {
      "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired"};
  static constexpr std::array<std::string_view, 3> kElsewhere = {
      "PermanentRedirect", "AuthorizationHeaderMalformed", "301"};
  if (is_one_of(refusal.type, kDenied)) {
    return fmt::format("; allow {} to {}", operation.permission, operation.asker);
  }
  if (is_one_of(refusal.type, kWrongKey) || is_one_of(refusal.type, kWrongSignature)) {
    return fmt::format("; check the secret key of {} and the clock of this machine",
                       operation.asker);
  }
  if (is_expired_token(refusal)) {
    return fmt::format("; get a fresh key for {}", operation.asker);
  }
  if (is_one_of(refusal.type, kElsewhere)) {
    const std::string_view region = response.header("x-amz-bucket-region");
    return fmt::format("; the bucket is in another region: set AWS_REGION={}",
                       region.empty() ? "<its region>" : printable(region, kMaxType));
  }
  return {};
}

ErrorCode code_of(const http::Response& response, const ServiceError& refusal) {
  if (response.status == 404 || refusal.type.find("NotFound") != std::string::npos ||
      refusal.type.starts_with("NoSuch")) {
    return ErrorCode::not_found;
  }
  const bool refused = response.status < 300 || response.status == 401 || response.status == 403 ||
                       response.status == 429 || response.status >= 500 ||
                       is_throttling(response, refusal);
  return refused ? ErrorCode::unavailable : ErrorCode::conflict;
}

}  // namespace

bool is_error_document(const http::Response& response) {
  return document_element(response.body).starts_with("<Error>");
}

ServiceError service_error_of(const http::Response& response) {
  ServiceError said;
  if (document_element(response.body).starts_with('<')) {
    said = {printable(xml_text(response.body, "Code"), kMaxType),
            printable(xml_text(response.body, "Message"), kMaxMessage)};
  } else {
    said = from_json(response);
  }
  if (said.type.empty()) {
    said.type = fmt::format("{}", response.status);
  }
  return said;
}

bool is_throttling(const http::Response& response, const ServiceError& refusal) {
  static constexpr std::array<std::string_view, 7> kThrottled = {
      "ThrottlingException",  "Throttling", "ThrottledException", "TooManyRequestsException",
      "RequestLimitExceeded", "SlowDown",   "TooManyUpdates"};
  return response.status == 429 || response.status == 503 || is_one_of(refusal.type, kThrottled);
}

bool is_expired_token(const ServiceError& refusal) {
  static constexpr std::array<std::string_view, 3> kExpired = {
      "ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired"};
  return is_one_of(refusal.type, kExpired);
}

Error explain(const Operation& operation, const http::Response& response,
              const ServiceError& refusal) {
  return {code_of(response, refusal),
          fmt::format("AWS {} {}: {}{}{}{}", operation.service, operation.name, refusal.type,
                      refusal.message.empty() ? "" : ": ", refusal.message,
                      advice(operation, response, refusal))};
}

}  // namespace ocibench::aws
