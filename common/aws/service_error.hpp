#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/http/connection.hpp"

namespace ocibench::aws {

/// What a service answers when it refuses.
struct ServiceError {
  std::string type;     ///< "RepositoryNotFoundException", "AccessDenied"
  std::string message;  ///< its own words, fit for a message
};

/// Reads the JSON ({"__type":..., "message":...}) or XML (<Error><Code>) of an answer; what it does
/// not say is told by the status.
ServiceError service_error_of(const http::Response& response);

/// Why a call gave nothing.
struct Failure {
  std::string type;  ///< AWS's name for it; empty when nothing was answered
  Error error;
  /// Of a call with a body: it was sent, at least in part, and no answer came, or one that leaves
  /// it open (5xx), so AWS may have done what was asked. With the type of a refusal, that is what a
  /// later request of the call got.
  bool maybe_done = false;
};

template <class T>
using Outcome = tl::expected<T, Failure>;

/// Whether a 2xx is a failure all the same: S3 sends the status of CompleteMultipartUpload before
/// it knows the outcome, and may follow it by the document of an error.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
bool is_error_document(const http::Response& response);

/// Worth asking again after a while.
bool is_throttling(const http::Response& response, const ServiceError& refusal);
/// The key was good once.
bool is_expired_token(const ServiceError& refusal);

/// Who asked for what.
struct Operation {
  std::string service;     ///< "ecr"
  std::string name;        ///< "CreateRepository"
  std::string permission;  ///< what IAM calls it: "ecr:CreateRepository"
  std::string asker;       ///< Credentials::origin
};

/// The sentence for a person: what was asked, what AWS said, and what to do about it.
Error explain(const Operation& operation, const http::Response& response,
              const ServiceError& refusal);

}  // namespace ocibench::aws
