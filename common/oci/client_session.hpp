#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.hpp"
#include "common/oci/client.hpp"
#include "common/oci/session.hpp"

namespace ocibench::oci {

std::string pull_scope(std::string_view repository);
std::string push_scope(std::string_view repository);
std::string delete_scope(std::string_view repository);

/// Errors: bad_input. Names go into URLs as they are.
Result<void> check_repository(std::string_view repository);
/// The same of a repository and a tag or digest in it.
Result<void> check_names(std::string_view repository, std::string_view reference);

/// bad_input: the registry answered, but not as the specification says.
Error wrong_answer(Method method, const Answer& answer, std::string_view what);

/// Where an upload goes on. Errors: those of http::next_url().
Result<std::string> upload_url(const Answer& answer);

/// A blob on its way to a repository.
struct Upload {
  std::string_view repository;
  const BlobInfo& blob;
  const SourceFactory& open;
  UploadBy by = UploadBy::put;
};

/// What Client's operations share.
struct Client::Session {
  explicit Session(RegistrySession wanted) : registry(std::move(wanted)) {}

  [[nodiscard]] std::string url(std::string_view repository, std::string_view rest) const;
  /// Sends and insists on one of `wanted`.
  Result<Answer> expect(const Call& call, std::initializer_list<int> wanted);
  /// Sends and insists on any 2xx, or one of `also`. Registries answer 200, 201, 202 and 204 where
  /// the specification has one of them.
  Result<Answer> expect_success(const Call& call, std::initializer_list<int> also = {});
  /// The same of a HEAD; where that method is refused (400, 405, 501), a GET whose body is left.
  Result<Answer> head(Call call);
  /// Answers 201 (mounted), 202 (an upload was opened) or a refusal (4xx). Errors: bad_input
  /// (names).
  Result<Answer> ask_to_mount(std::string_view repository, std::string_view digest,
                              std::string_view from_repository);
  /// Starts an upload; the URL to send it to.
  Result<std::string> start_upload(std::string_view repository);
  /// Sends the blob to `url`, or to that of a new upload each time that a 429 or 503 comes back.
  Result<void> finish_upload(std::string url, const Upload& upload);
  /// Every page of a list, each given to `take`.
  Result<void> each_page(Call call, const std::function<Result<void>(const Answer&)>& take);

  RegistrySession registry;

 private:
  Result<Answer> send_blob(const std::string& url, const Upload& upload);
  bool has_blob(const Upload& upload);
};

}  // namespace ocibench::oci
