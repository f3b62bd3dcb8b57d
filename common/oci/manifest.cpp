#include "common/oci/manifest.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/model/limits.hpp"
#include "common/model/reference.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::uint64_t kMaxBlobBytes = 1ULL << 62U;
constexpr std::string_view kOrigin = "manifest";

/// An absent member is an empty text; only a wrong type is an error.
Result<std::string> optional_text(const JsonObject& json, std::string_view key) {
  return json.has(key) ? json.text(key) : Result<std::string>{};
}

Result<std::map<std::string, std::string>> annotations_of(const JsonObject& json) {
  return json.has("annotations") ? json.text_map("annotations")
                                 : Result<std::map<std::string, std::string>>{};
}

Result<Platform> read_platform(const JsonObject& json) {
  Platform platform;
  for (const auto& [key, member] :
       {std::pair{"os", &Platform::os}, std::pair{"architecture", &Platform::architecture},
        std::pair{"variant", &Platform::variant}}) {
    Result<std::string> text = optional_text(json, key);
    if (!text) {
      return tl::unexpected(text.error());
    }
    platform.*member = std::move(*text);
  }
  return platform;
}

/// The three members that a descriptor must have (image-spec 1.1 descriptor.md).
Result<Descriptor> read_required(const JsonObject& json) {
  const Result<std::string> type = json.text("mediaType");
  const Result<std::string> digest = json.text("digest");
  const Result<std::uint64_t> size = json.unsigned_integer("size");
  for (const Error* error : {type ? nullptr : &type.error(), digest ? nullptr : &digest.error(),
                             size ? nullptr : &size.error()}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  if (!is_media_type(*type)) {
    return fail(ErrorCode::bad_input, json.path() + ".mediaType: malformed");
  }
  if (!is_digest(*digest)) {
    return fail(ErrorCode::bad_input, json.path() + ".digest: not sha256 or sha512");
  }
  if (*size > kMaxBlobBytes) {
    return fail(ErrorCode::limit, json.path() + ".size: absurdly large");
  }
  return Descriptor{.media_type = *type, .digest = *digest, .size_bytes = *size};
}

Result<Descriptor> read_descriptor(const JsonObject& json) {
  Result<Descriptor> descriptor = read_required(json);
  if (!descriptor) {
    return descriptor;
  }
  Result<std::string> artifact_type = optional_text(json, "artifactType");
  auto annotations = annotations_of(json);
  if (!artifact_type || !annotations) {
    return tl::unexpected(!artifact_type ? artifact_type.error() : annotations.error());
  }
  descriptor->artifact_type = std::move(*artifact_type);
  descriptor->annotations = std::move(*annotations);
  if (json.has("platform")) {
    Result<Platform> platform = json.object("platform").and_then(read_platform);
    if (!platform) {
      return tl::unexpected(platform.error());
    }
    descriptor->platform = std::move(*platform);
  }
  return descriptor;
}

/// Of a list that may be null: an empty one.
Result<std::vector<Descriptor>> read_descriptors(const JsonObject& json, std::string_view key) {
  const auto items = json.is_null(key) ? Result<std::vector<JsonObject>>() : json.objects(key);
  if (!items) {
    return tl::unexpected(items.error());
  }
  if (items->size() > kMaxDescriptors) {
    return fail(ErrorCode::limit, fmt::format("{}: more than {} entries", key, kMaxDescriptors));
  }
  std::vector<Descriptor> descriptors;
  descriptors.reserve(items->size());
  for (const JsonObject& item : *items) {
    Result<Descriptor> descriptor = read_descriptor(item);
    if (!descriptor) {
      return tl::unexpected(descriptor.error());
    }
    descriptors.push_back(std::move(*descriptor));
  }
  return descriptors;
}

/// The type by header and body; an OCI body may leave it out, then its members tell.
Result<std::string> type_of(const JsonObject& json, std::string_view content_type) {
  Result<std::string> type = optional_text(json, "mediaType");
  // Parameters such as "; charset=utf-8" carry nothing here.
  const std::string_view announced = content_type.substr(0, content_type.find_first_of("; "));
  if (!type) {
    return type;
  }
  if (type->empty()) {
    type = announced.empty() && json.has("manifests") ? std::string(media_type::kOciIndex)
           : announced.empty()                        ? std::string(media_type::kOciManifest)
                                                      : std::string(announced);
  } else if (!announced.empty() && announced != *type) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: announced as {} but says it is {}", kOrigin, announced, *type));
  }
  if (!is_manifest_type(*type)) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: {} is no image manifest or index of OCI or docker schema 2",
                            kOrigin, type->substr(0, kMaxMediaTypeBytes)));
  }
  return type;
}

Result<void> read_members(const JsonObject& json, Manifest& manifest) {
  auto& list = manifest.is_index() ? manifest.children : manifest.layers;
  // CVE-2021-41190: a body that is both is read differently by different programs.
  if (json.has(manifest.is_index() ? "layers" : "manifests")) {
    return fail(ErrorCode::bad_input, "manifest: has members of both a manifest and an index");
  }
  auto descriptors = read_descriptors(json, manifest.is_index() ? "manifests" : "layers");
  if (!descriptors) {
    return tl::unexpected(descriptors.error());
  }
  list = std::move(*descriptors);
  for (const auto& [key, member] :
       {std::pair{"config", &Manifest::config}, std::pair{"subject", &Manifest::subject}}) {
    const bool wanted = member == &Manifest::config ? !manifest.is_index() : json.has(key);
    if (!wanted) {
      continue;
    }
    Result<Descriptor> descriptor = json.object(key).and_then(read_descriptor);
    if (!descriptor) {
      return tl::unexpected(descriptor.error());
    }
    manifest.*member = std::move(*descriptor);
  }
  return {};
}

Json descriptor_json(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type},
               {"digest", descriptor.digest},
               {"size", descriptor.size_bytes}};
  if (descriptor.platform) {
    json["platform"] = {{"architecture", descriptor.platform->architecture},
                        {"os", descriptor.platform->os}};
    if (!descriptor.platform->variant.empty()) {
      json["platform"]["variant"] = descriptor.platform->variant;
    }
  }
  if (!descriptor.artifact_type.empty()) {
    json["artifactType"] = descriptor.artifact_type;
  }
  if (!descriptor.annotations.empty()) {
    json["annotations"] = descriptor.annotations;
  }
  return json;
}

Json descriptors_json(const std::vector<Descriptor>& descriptors) {
  Json array = Json::array();
  for (const Descriptor& descriptor : descriptors) {
    array.push_back(descriptor_json(descriptor));
  }
  return array;
}

}  // namespace

bool is_index_type(std::string_view type) {
  return type == media_type::kOciIndex || type == media_type::kDockerList;
}

bool is_manifest_type(std::string_view type) {
  return is_index_type(type) || type == media_type::kOciManifest ||
         type == media_type::kDockerManifest;
}

bool is_foreign_layer_type(std::string_view type) {
  return type.starts_with("application/vnd.oci.image.layer.nondistributable.") ||
         type.starts_with("application/vnd.docker.image.rootfs.foreign.");
}

std::string to_string(const Platform& platform) {
  return fmt::format("{}/{}{}{}", platform.os, platform.architecture,
                     platform.variant.empty() ? "" : "/", platform.variant);
}

Result<Platform> parse_platform(std::string_view text) {
  std::array<std::string, 3> parts;
  std::string_view rest = text;
  for (std::string& part : parts) {
    const std::size_t slash = rest.find('/');
    part = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  Platform platform{parts[0], parts[1], parts[2]};
  // Writing it again finds what was left over, empty parts and a slash at the end.
  if (platform.os.empty() || platform.architecture.empty() || to_string(platform) != text ||
      !is_repository(text)) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no platform (os/architecture[/variant])", text));
  }
  return platform;
}

Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type) {
  const Result<Json> json =
      parse_json(body, kOrigin, {.max_bytes = kMaxManifestBytes, .max_depth = kMaxDepth});
  if (!json) {
    return tl::unexpected(json.error());
  }
  const Result<JsonObject> object = JsonObject::open(*json, std::string(kOrigin));
  if (!object) {
    return tl::unexpected(object.error());
  }
  if (const auto version = object->integer("schemaVersion"); !version || *version != 2) {
    return fail(ErrorCode::bad_input, "manifest: schemaVersion is not 2");
  }
  Result<std::string> type = type_of(*object, content_type);
  Result<std::string> artifact_type = optional_text(*object, "artifactType");
  auto annotations = annotations_of(*object);
  for (const Error* error :
       {type ? nullptr : &type.error(), artifact_type ? nullptr : &artifact_type.error(),
        annotations ? nullptr : &annotations.error()}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  Manifest manifest{.media_type = std::move(*type),
                    .artifact_type = std::move(*artifact_type),
                    .annotations = std::move(*annotations)};
  if (const Result<void> read = read_members(*object, manifest); !read) {
    return tl::unexpected(read.error());
  }
  return manifest;
}

std::string write_manifest(const Manifest& manifest) {
  Json json = {{"schemaVersion", 2}, {"mediaType", manifest.media_type}};
  if (!manifest.artifact_type.empty()) {
    json["artifactType"] = manifest.artifact_type;
  }
  if (manifest.config) {
    json["config"] = descriptor_json(*manifest.config);
  }
  json[manifest.is_index() ? "manifests" : "layers"] =
      descriptors_json(manifest.is_index() ? manifest.children : manifest.layers);
  if (manifest.subject) {
    json["subject"] = descriptor_json(*manifest.subject);
  }
  if (!manifest.annotations.empty()) {
    json["annotations"] = manifest.annotations;
  }
  return dump_json(json);
}

ManifestInfo to_info(const Manifest& manifest, std::string_view digest, std::uint64_t size_bytes) {
  ManifestInfo info{
      .digest = std::string(digest), .media_type = manifest.media_type, .size_bytes = size_bytes};
  if (manifest.config) {
    info.blobs.push_back(manifest.config->blob());
  }
  for (const Descriptor& layer : manifest.layers) {
    if (!is_foreign_layer_type(layer.media_type)) {
      info.blobs.push_back(layer.blob());
    }
  }
  for (const Descriptor& child : manifest.children) {
    info.children.push_back(child.digest);
  }
  return info;
}

}  // namespace ocibench::oci
