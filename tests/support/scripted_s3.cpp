#include "tests/support/scripted_s3.hpp"

#include <algorithm>

#include "common/base64.hpp"
#include "common/hex.hpp"
#include "common/sha256.hpp"

namespace ocibench::testing_support {
namespace {

constexpr std::size_t kPageSize = 3;  // small, so that tests see several
constexpr std::size_t kPartsInAPage = 1;

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      plain += from_hex(text.substr(i + 1, 2)).value();
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::map<std::string, std::string> query_of(const std::string& target) {
  std::map<std::string, std::string> query;
  std::size_t mark = target.find('?');
  while (mark != std::string::npos) {
    const std::size_t next = target.find('&', mark + 1);
    const std::string pair = target.substr(mark + 1, next - mark - 1);
    const std::size_t equals = pair.find('=');
    query[decoded(pair.substr(0, equals))] = decoded(pair.substr(equals + 1));
    mark = next;
  }
  return query;
}

std::string checksum(const std::string& bytes) {
  return base64_encode(from_hex(sha256_hex(bytes)).value());
}

ScriptedReply refusal(int status, const std::string& code) {
  return {status,
          "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>no</Message></Error>",
          {}};
}

std::string etag(const std::string& bytes) { return "\"" + sha256_hex(bytes).substr(0, 32) + "\""; }

}  // namespace

ScriptedReply ScriptedS3::answer(const ArrivedRequest& request) {
  const Query query = query_of(request.target);
  const std::string path = decoded(request.target.substr(1, request.target.find('?') - 1));
  const std::string bucket = path.substr(0, path.find('/'));
  if (request.method == "PUT") {
    return put(request, path, query);
  }
  if (request.method == "HEAD") {
    return head(path);
  }
  if (request.method == "POST" && query.contains("uploads")) {
    return start(path);
  }
  if (request.method == "POST" && query.contains("uploadId")) {
    return finish(path, query, request.body);
  }
  if (query.contains("uploads")) {
    return list_uploads(bucket + "/" + query.at("prefix"));
  }
  if (query.contains("uploadId")) {
    return list_parts(query);
  }
  return query.contains("list-type") ? list_objects(bucket, query) : refusal(501, "NotImplemented");
}

std::map<std::string, std::string> ScriptedS3::objects() const {
  std::map<std::string, std::string> bytes;
  for (const auto& [key, object] : objects_) {
    bytes[key] = object.bytes;
  }
  return bytes;
}

ScriptedReply ScriptedS3::put(const ArrivedRequest& request, const std::string& key,
                              const Query& query) {
  const auto told = request.headers.find("x-amz-checksum-sha256");
  if (told == request.headers.end() || told->second != checksum(request.body)) {
    return refusal(400, "BadDigest");
  }
  Object object{request.body, told->second};
  if (corrupt_.contains(key)) {
    object.bytes += "!";
    object.checksum = checksum(object.bytes);
  }
  if (query.contains("uploadId")) {
    const auto upload = uploads_.find(query.at("uploadId"));
    if (upload == uploads_.end()) {
      return refusal(404, "NoSuchUpload");
    }
    upload->second.parts[std::stoi(query.at("partNumber"))] = object;
  } else {
    objects_[key] = object;
  }
  return {200, "", {{"ETag", etag(request.body)}}};
}

ScriptedReply ScriptedS3::head(const std::string& key) const {
  const auto object = objects_.find(key);
  if (object == objects_.end()) {
    return {404, "", {}};
  }
  return {200, object->second.bytes, {{"x-amz-checksum-sha256", object->second.checksum}}};
}

ScriptedReply ScriptedS3::start(const std::string& key) {
  const std::string id = "upload-" + std::to_string(uploads_.size() + 1);
  uploads_[id].key = key;
  return {200,
          "<InitiateMultipartUploadResult><UploadId>" + id +
              "</UploadId></InitiateMultipartUploadResult>",
          {}};
}

ScriptedReply ScriptedS3::finish(const std::string& key, const Query& query,
                                 const std::string& xml) {
  const auto upload = uploads_.find(query.at("uploadId"));
  if (upload == uploads_.end() || upload->second.key != key) {
    return refusal(404, "NoSuchUpload");
  }
  Object whole;
  std::string digests;
  for (const auto& [number, part] : upload->second.parts) {
    if (xml.find("<PartNumber>" + std::to_string(number) + "</PartNumber><ETag>") ==
            std::string::npos ||
        xml.find(part.checksum) == std::string::npos) {
      return refusal(400, "InvalidPart");
    }
    whole.bytes += part.bytes;
    digests += from_hex(sha256_hex(part.bytes)).value();
  }
  whole.checksum = checksum(digests) + "-" + std::to_string(upload->second.parts.size());
  objects_[key] = whole;
  uploads_.erase(upload);
  return {200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>", {}};
}

ScriptedReply ScriptedS3::list_uploads(const std::string& prefix) const {
  std::string xml = "<ListMultipartUploadsResult>";
  for (const auto& [id, upload] : uploads_) {
    if (upload.key.starts_with(prefix)) {
      xml += "<Upload><Key>" + upload.key.substr(upload.key.find('/') + 1) + "</Key><UploadId>" +
             id + "</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>";
    }
  }
  return {200, xml + "</ListMultipartUploadsResult>", {}};
}

ScriptedReply ScriptedS3::list_parts(const Query& query) const {
  const auto upload = uploads_.find(query.at("uploadId"));
  if (upload == uploads_.end()) {
    return refusal(404, "NoSuchUpload");
  }
  const auto marker = query.find("part-number-marker");
  const int after = marker == query.end() ? 0 : std::stoi(marker->second);
  const std::map<int, Object>& parts = upload->second.parts;
  std::string xml = "<ListPartsResult>";
  std::size_t count = 0;
  for (auto each = parts.upper_bound(after); each != parts.end(); ++each) {
    const auto& [number, part] = *each;
    if (count++ == kPartsInAPage) {
      xml += "<IsTruncated>true</IsTruncated><NextPartNumberMarker>" +
             std::to_string(std::prev(each)->first) + "</NextPartNumberMarker>";
      break;
    }
    xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>&quot;" +
           sha256_hex(part.bytes).substr(0, 32) + "&quot;</ETag><Size>" +
           std::to_string(part.bytes.size()) + "</Size><ChecksumSHA256>" + part.checksum +
           "</ChecksumSHA256></Part>";
  }
  return {200, xml + "</ListPartsResult>", {}};
}

ScriptedReply ScriptedS3::list_objects(const std::string& bucket, const Query& query) const {
  const std::string prefix = bucket + "/" + query.at("prefix");
  const auto after = query.find("continuation-token");
  std::string xml = "<ListBucketResult>";
  std::size_t count = 0;
  for (const auto& [key, object] : objects_) {
    if (!key.starts_with(prefix) || (after != query.end() && key <= after->second)) {
      continue;
    }
    xml += "<Contents><Key>" + key.substr(bucket.size() + 1) + "</Key><Size>" +
           std::to_string(object.bytes.size()) + "</Size></Contents>";
    if (++count == kPageSize) {
      xml += "<NextContinuationToken>" + key + "</NextContinuationToken>";
      break;
    }
  }
  return {200, xml + "</ListBucketResult>", {}};
}

}  // namespace ocibench::testing_support
