#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/byte_stream.hpp"
#include "common/error.hpp"
#include "common/http/connection.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/endpoint.hpp"
#include "common/oci/manifest.hpp"

namespace ocibench::oci {

struct ClientLimits {
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};     ///< see http::kStallBytesPerSecond
  std::chrono::milliseconds answer_timeout{300'000};  ///< of all but blobs; http::Settings
  std::uint32_t max_retries = 5;                      ///< of one request, on 429 and 503 only
  std::chrono::milliseconds max_retry_wait{60'000};  ///< one wait; a longer Retry-After is an error
  http::KeepAlive keep_alive = http::KeepAlive::kept;
};

/// What a caller may want to know of an answer besides its content.
struct ResponseFacts {
  int status = 0;
  std::string final_host;                  ///< who answered after redirects, "host[:port]"
  std::chrono::nanoseconds first_byte{0};  ///< of the answering request, from its start
  std::chrono::nanoseconds total{0};       ///< the same, to its end
  std::uint64_t body_bytes = 0;            ///< received
  std::uint32_t redirects = 0;
  std::uint32_t retries = 0;    ///< answers of 429 or 503 before this one
  std::uint32_t throttled = 0;  ///< of these, 429
  /// age, x-cache, x-cache-hits, x-served-by, x-amz-cf-pop, cf-cache-status, cf-ray, via,
  /// ratelimit-limit, ratelimit-remaining, as far as present; names in lower case.
  std::map<std::string, std::string> headers;
};

struct ManifestHead {
  std::string digest;  ///< as the registry says; empty when it does not
  std::string media_type;
  std::uint64_t size_bytes = 0;
  ResponseFacts facts;
};

struct FetchedManifest {
  std::string body;
  std::string digest;  ///< computed from `body`, and equal to what was asked for or announced
  Manifest manifest;
  ResponseFacts facts;
};

/// What the registry does with a manifest's `subject` (distribution-spec 1.1, "Pushing Manifests
/// with Subject"): unlisted means that the referrers tag is the client's to write.
enum class SubjectListing { none, listed, unlisted };

struct StoredManifest {
  std::string digest;  ///< of the body, checked against the registry's answer
  SubjectListing subject = SubjectListing::none;
};

struct BlobHead {
  std::optional<std::uint64_t> size_bytes;  ///< Content-Length, which not every registry sends
  ResponseFacts facts;
};

/// What became of a request to delete. Registries need not allow it (405, or 400 with UNSUPPORTED).
struct Deletion {
  enum class Kind { deleted, absent, refused };
  Kind kind = Kind::deleted;
  std::string why;  ///< of a refusal: request, status and the registry's words
};

enum class Mounted { mounted, not_mounted };

/// How the bytes of a blob go up (distribution-spec 1.1, "Pushing Blobs"): all of them in the PUT
/// that ends the upload, or in a PATCH before it, as most clients do it.
enum class UploadBy { put, patch };

/// "sha256-<hex>": where a registry without the referrers API keeps the referrers of a digest
/// (distribution-spec 1.1, "Referrers Tag Schema").
std::string referrers_tag(std::string_view digest);

/// Speaks distribution-spec 1.1 to one registry over a kept-alive connection.
///
/// One thread at a time; several clients may run in several threads. Memory does not depend on the
/// size of a blob. Redirects are followed (never from https to http) and credentials stay with the
/// endpoint's own host. 429 and 503 are tried again as Retry-After asks, within ClientLimits.
///
/// Errors of every call: not_found (404), unavailable (no connection, 401, 403, 429 and 5xx after
/// retries), timeout, limit, bad_input (an answer that is no registry's, wrong digest or size),
/// conflict (other 4xx). The sentence names method, URL, status and the registry's own code and
/// message.
class Client {
 public:
  /// Errors: bad_input (host), internal (the HTTP library).
  static Result<Client> create(Endpoint endpoint, ClientLimits limits = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  [[nodiscard]] const Endpoint& endpoint() const;

  /// GET /v2/: that something is there and speaks the protocol (and accepts the credentials).
  /// `path`: what else answers 200 when the registry serves.
  Result<ResponseFacts> ping(std::string_view path = "/v2/");

  /// `reference` is a tag or a digest. HEAD, and GET where a registry refuses that method.
  Result<ManifestHead> head_manifest(std::string_view repository, std::string_view reference);
  /// What a tag is now: by HEAD, and by GET where that has no digest (the header is optional in
  /// distribution-spec 1.1) or does not find what is there.
  Result<std::string> manifest_digest(std::string_view repository, std::string_view reference);
  Result<FetchedManifest> get_manifest(std::string_view repository, std::string_view reference);
  Result<StoredManifest> put_manifest(std::string_view repository, std::string_view reference,
                                      std::string_view media_type, std::string_view body);

  Result<Deletion> delete_manifest(std::string_view repository, std::string_view digest);

  /// HEAD, and GET where a registry refuses that method; the body is not read then.
  Result<BlobHead> head_blob(std::string_view repository, std::string_view digest);
  /// Streams the blob into `sink` and checks size and digest; what the sink got is only good when
  /// the call succeeded.
  Result<ResponseFacts> get_blob(std::string_view repository, const BlobInfo& blob,
                                 const ByteSink& sink);
  /// The blob as a stream, checked like get_blob(): its end is an error when it is not what the
  /// digest says, and the read that has its last byte is too. Ends with the next call of this
  /// client.
  Result<ByteSource> open_blob(std::string_view repository, const BlobInfo& blob);
  /// Asks for a blob of `from_repository` to be taken over, without sending it.
  Result<Mounted> mount_blob(std::string_view repository, std::string_view digest,
                             std::string_view from_repository);
  /// POST, then one PUT. `open` may be called again when the registry asks to retry.
  Result<void> upload_blob(std::string_view repository, const BlobInfo& blob,
                           const SourceFactory& open, UploadBy by = UploadBy::put);
  /// mount_blob(), and where the registry answers by opening an upload instead, uploads to that.
  Result<Mounted> mount_or_upload_blob(std::string_view repository, const BlobInfo& blob,
                                       std::string_view from_repository, const SourceFactory& open,
                                       UploadBy by = UploadBy::put);

  /// All pages, at most kMaxTags. Errors: limit.
  Result<std::vector<std::string>> list_tags(std::string_view repository);
  /// Referrers of `digest` by the API, or by the tag schema where a registry has no API (404).
  /// Empty when there are none. `artifact_type` empty: all.
  Result<std::vector<Descriptor>> referrers(std::string_view repository, std::string_view digest,
                                            std::string_view artifact_type = "");

  static constexpr std::size_t kMaxTags = 100'000;

 private:
  struct Session;
  explicit Client(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace ocibench::oci
