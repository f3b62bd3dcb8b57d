#include "common/aws/s3.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/aws/xml.hpp"
#include "common/base64.hpp"
#include "common/hex.hpp"
#include "common/sha256.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::size_t kShortestBucket = 3;
constexpr std::size_t kLongestBucket = 63;
constexpr std::size_t kLongestPrefix = 512;
constexpr std::size_t kMaxShown = 100;
constexpr std::size_t kMostPages = 1000;
constexpr std::string_view kScheme = "s3://";

std::uint64_t number_in(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Error wrong_answer(std::string_view operation) {
  return {ErrorCode::bad_input,
          fmt::format("AWS s3 {}: the answer is not as documented", operation)};
}

/// "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
bool is_bucket_name(std::string_view name) {
  return name.size() >= kShortestBucket && name.size() <= kLongestBucket &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

Call with_payload(Call call, const Payload& payload) {
  call.method = http::Method::put;
  call.headers.emplace("content-type", "application/octet-stream");
  call.headers.emplace("x-amz-sdk-checksum-algorithm", "SHA256");
  const std::string digest = from_hex(payload.sha256).value_or(std::string());
  call.headers.emplace("x-amz-checksum-sha256", base64_encode(digest));
  call.body = payload.open;
  call.body_bytes = payload.size_bytes;
  call.body_sha256 = payload.sha256;
  return call;
}

/// The XML that finishes an upload in parts.
std::string completion_of(const std::vector<StoredPart>& parts) {
  std::string xml = "<CompleteMultipartUpload>";
  for (const StoredPart& part : parts) {
    xml += fmt::format(
        "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag>"
        "<ChecksumSHA256>{}</ChecksumSHA256></Part>",
        part.number, xml_escaped(part.etag), part.checksum_sha256);
  }
  return xml + "</CompleteMultipartUpload>";
}

}  // namespace

Result<S3Url> parse_s3_url(std::string_view text) {
  std::string_view rest = text;
  const bool scheme = rest.starts_with(kScheme);
  rest.remove_prefix(scheme ? kScheme.size() : 0);
  const std::size_t slash = rest.find('/');
  S3Url url{.bucket = std::string(rest.substr(0, slash))};
  if (slash != std::string_view::npos) {
    const std::string_view prefix = rest.substr(slash + 1);
    url.prefix = prefix.ends_with('/') ? prefix.substr(0, prefix.size() - 1) : prefix;
  }
  const bool plain = std::ranges::all_of(url.prefix, [](char c) { return c >= ' ' && c <= '~'; });
  if (!scheme || !is_bucket_name(url.bucket) || !plain || url.prefix.size() > kLongestPrefix ||
      url.prefix.starts_with('/') || url.prefix.ends_with('/') ||
      url.prefix.find("//") != std::string::npos) {
    return fail(ErrorCode::bad_input, fmt::format("\"{}\" is not s3://BUCKET or s3://BUCKET/PREFIX",
                                                  printable(text, kMaxShown)));
  }
  return url;
}

Result<Bucket> Bucket::create(Session& session, std::string name, RetryLimits limits) {
  const auto endpoint = session.endpoint("s3");
  if (!endpoint) {
    return tl::unexpected(endpoint.error());
  }
  const bool own_host =
      !*endpoint && name.find('.') == std::string::npos;  // certificates cover one label
  std::string host = own_host ? name + ".s3" : "s3";
  std::string path_prefix = own_host ? "" : "/" + name;
  return Service::create(session, {"s3", std::move(host)}, limits).map([&](Service&& service) {
    return Bucket(std::move(service), std::move(name), std::move(path_prefix));
  });
}

Result<std::optional<StoredObject>> Bucket::head(const std::string& key) {
  const auto answer = service_.send({.operation = "HeadObject",
                                     .permission = "s3:GetObject and s3:ListBucket",
                                     .method = http::Method::head,
                                     .path = path(key),
                                     .headers = {{"x-amz-checksum-mode", "ENABLED"}}});
  if (!answer) {
    return answer.error().error.code == ErrorCode::not_found ? Result<std::optional<StoredObject>>{}
                                                             : tl::unexpected(answer.error().error);
  }
  return StoredObject{number_in(answer->header("content-length")),
                      std::string(answer->header("x-amz-checksum-sha256"))};
}

Result<void> Bucket::put(const std::string& key, const Payload& payload) {
  const auto answer =
      service_.send(with_payload({.operation = "PutObject", .path = path(key)}, payload));
  return answer ? Result<void>() : tl::unexpected(answer.error().error);
}

Result<std::vector<ListedObject>> Bucket::list(const std::string& prefix) {
  std::vector<ListedObject> found;
  Call call{.operation = "ListObjectsV2",
            .permission = "s3:ListBucket",
            .method = http::Method::get,
            .path = path(""),
            .query = {{"list-type", "2"}, {"prefix", prefix}}};
  for (std::size_t page = 0; page < kMostPages && found.size() <= kMaxListed; ++page) {
    const auto answer = service_.send(call);
    if (!answer) {
      return tl::unexpected(answer.error().error);
    }
    for (const std::string_view object : xml_elements(answer->body, "Contents")) {
      found.push_back({xml_text(object, "Key"), number_in(xml_text(object, "Size"))});
    }
    const std::string next = xml_text(answer->body, "NextContinuationToken");
    const bool more = xml_text(answer->body, "IsTruncated") == "true";
    if (!is_whole_document(answer->body) || (more && next.empty())) {
      return tl::unexpected(wrong_answer("ListObjectsV2"));
    }
    if (next.empty()) {
      return found;
    }
    call.query = {{"list-type", "2"}, {"prefix", prefix}, {"continuation-token", next}};
  }
  return fail(ErrorCode::limit, fmt::format("there are more than {} objects below s3://{}/{}",
                                            kMaxListed, name_, prefix));
}

Result<PartUpload> Bucket::start_parts(const std::string& key) {
  const auto answer = service_.send({.operation = "CreateMultipartUpload",
                                     .permission = "s3:PutObject",
                                     .path = path(key),
                                     .query = {{"uploads", ""}},
                                     .headers = {{"content-type", "application/octet-stream"},
                                                 {"x-amz-checksum-algorithm", "SHA256"}}});
  if (!answer) {
    return tl::unexpected(answer.error().error);
  }
  PartUpload upload{key, xml_text(answer->body, "UploadId")};
  return upload.id.empty() ? tl::unexpected(wrong_answer("CreateMultipartUpload"))
                           : Result<PartUpload>(std::move(upload));
}

Result<std::optional<PartUpload>> Bucket::find_parts(const std::string& key) {
  const auto answer = service_.send({.operation = "ListMultipartUploads",
                                     .permission = "s3:ListBucketMultipartUploads",
                                     .method = http::Method::get,
                                     .path = path(""),
                                     .query = {{"uploads", ""}, {"prefix", key}}});
  if (!answer) {
    return tl::unexpected(answer.error().error);
  }
  if (!is_whole_document(answer->body)) {
    return tl::unexpected(wrong_answer("ListMultipartUploads"));
  }
  std::optional<PartUpload> newest;
  std::string begun;
  for (const std::string_view upload : xml_elements(answer->body, "Upload")) {
    const std::string at = xml_text(upload, "Initiated");  // RFC 3339 in UTC: sorts as text
    if (xml_text(upload, "Key") == key && at >= begun) {
      newest = PartUpload{key, xml_text(upload, "UploadId")};
      begun = at;
    }
  }
  return newest;
}

Result<std::vector<StoredPart>> Bucket::parts(const PartUpload& upload) {
  std::vector<StoredPart> found;
  Query query = {{"uploadId", upload.id}};
  std::uint64_t marker = 0;
  for (std::size_t page = 0; page < kMostPages; ++page) {
    const auto answer = service_.send({.operation = "ListParts",
                                       .permission = "s3:ListMultipartUploadParts",
                                       .method = http::Method::get,
                                       .path = path(upload.key),
                                       .query = query});
    if (!answer) {
      return tl::unexpected(answer.error().error);
    }
    for (const std::string_view part : xml_elements(answer->body, "Part")) {
      found.push_back({static_cast<int>(number_in(xml_text(part, "PartNumber"))),
                       number_in(xml_text(part, "Size")), xml_text(part, "ChecksumSHA256"),
                       xml_text(part, "ETag")});
    }
    if (!is_whole_document(answer->body)) {
      break;
    }
    if (xml_text(answer->body, "IsTruncated") != "true") {
      return found;
    }
    const std::uint64_t next = number_in(xml_text(answer->body, "NextPartNumberMarker"));
    if (next <= marker) {
      break;  // the same page for ever
    }
    marker = next;
    query = {{"uploadId", upload.id}, {"part-number-marker", fmt::format("{}", marker)}};
  }
  return tl::unexpected(wrong_answer("ListParts"));
}

Result<StoredPart> Bucket::put_part(const PartUpload& upload, int number, const Payload& payload) {
  const auto answer = service_.send(
      with_payload({.operation = "UploadPart",
                    .permission = "s3:PutObject",
                    .path = path(upload.key),
                    .query = {{"partNumber", fmt::format("{}", number)}, {"uploadId", upload.id}}},
                   payload));
  if (!answer) {
    return tl::unexpected(answer.error().error);
  }
  return StoredPart{number, payload.size_bytes,
                    base64_encode(from_hex(payload.sha256).value_or(std::string())),
                    std::string(answer->header("etag"))};
}

Result<void> Bucket::finish_parts(const PartUpload& upload, const std::vector<StoredPart>& parts) {
  const std::string body = completion_of(parts);
  const auto answer =
      service_.send({.operation = "CompleteMultipartUpload",
                     .permission = "s3:PutObject",
                     .path = path(upload.key),
                     .query = {{"uploadId", upload.id}},
                     .headers = {{"content-type", "application/xml"}},
                     .body = [&body]() -> Result<ByteSource> { return source_of(body); },
                     .body_bytes = body.size(),
                     .body_sha256 = sha256_hex(body)});
  if (!answer) {
    // An upload that is not there any more is what a request leaves whose answer was lost.
    const bool done = answer.error().maybe_done && answer.error().type == "NoSuchUpload";
    return done ? Result<void>() : tl::unexpected(answer.error().error);
  }
  return is_whole_document(answer->body) ? Result<void>()
                                         : tl::unexpected(wrong_answer("CompleteMultipartUpload"));
}

}  // namespace ocibench::aws
