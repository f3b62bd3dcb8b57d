#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/aws/service.hpp"
#include "common/byte_stream.hpp"
#include "common/error.hpp"

namespace ocibench::aws {

/// "s3://bucket/prefix".
struct S3Url {
  std::string bucket;
  std::string prefix;  ///< without slashes at its ends; may be empty
};

/// Errors: bad_input with the form that is expected.
Result<S3Url> parse_s3_url(std::string_view text);

/// What a bucket says about an object.
struct StoredObject {
  std::uint64_t size_bytes = 0;
  /// Of what S3 itself received, base64; of an object in parts, that of the parts' sums, and
  /// "-<count>". Empty when it was stored without.
  std::string checksum_sha256;
};

/// Bytes to store, and what they must be.
struct Payload {
  SourceFactory open;
  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits; S3 refuses what differs
};

struct ListedObject {
  std::string key;
  std::uint64_t size_bytes = 0;
};

/// An upload in parts that was begun.
struct PartUpload {
  std::string key;
  std::string id;
};

struct StoredPart {
  int number = 0;  ///< from 1
  std::uint64_t size_bytes = 0;
  std::string checksum_sha256;  ///< base64
  std::string etag;
};

/// The calls of Amazon S3 that an upload needs, to one bucket.
/// https://docs.aws.amazon.com/AmazonS3/latest/API
/// Everything is stored with S3's own SHA-256. Errors of all: those of Service::send, bad_input (an
/// answer that is not as documented). One thread at a time.
class Bucket {
 public:
  static constexpr std::size_t kMaxListed = 100'000;

  /// The bucket's own host name, or "/<bucket>" behind an endpoint that the settings name.
  /// Requires: `session` outlives this. Errors: those of Service::create.
  static Result<Bucket> create(Session& session, std::string name, RetryLimits limits = {});

  /// Nothing when there is no such object.
  Result<std::optional<StoredObject>> head(const std::string& key);
  Result<void> put(const std::string& key, const Payload& payload);
  /// Keys that begin with `prefix`, sorted. Errors: also limit (kMaxListed).
  Result<std::vector<ListedObject>> list(const std::string& prefix);

  Result<PartUpload> start_parts(const std::string& key);
  /// The newest one of `key` that was begun and not finished.
  Result<std::optional<PartUpload>> find_parts(const std::string& key);
  Result<std::vector<StoredPart>> parts(const PartUpload& upload);
  Result<StoredPart> put_part(const PartUpload& upload, int number, const Payload& payload);
  /// Also where the upload is gone after a request whose answer was lost: ask head() for the
  /// object.
  Result<void> finish_parts(const PartUpload& upload, const std::vector<StoredPart>& parts);

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  Bucket(Service service, std::string name, std::string path_prefix)
      : service_(std::move(service)),
        name_(std::move(name)),
        path_prefix_(std::move(path_prefix)) {}
  [[nodiscard]] std::string path(const std::string& key) const { return path_prefix_ + "/" + key; }

  Service service_;
  std::string name_;
  std::string path_prefix_;
};

}  // namespace ocibench::aws
