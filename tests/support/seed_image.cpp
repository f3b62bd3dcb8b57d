#include "tests/support/seed_image.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "common/oci/digest.hpp"

namespace ocibench::testing_support {
namespace {

using oci::Descriptor;
using oci::sha256_digest;
namespace media_type = oci::media_type;

Descriptor descriptor_of(std::string_view type, const std::string& content) {
  return {.media_type = std::string(type),
          .digest = sha256_digest(content),
          .size_bytes = content.size()};
}

template <class T>
T require(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(*result);
}

void seed_blob(oci::Client& client, std::string_view repository, const std::string& content) {
  const BlobInfo blob = blob_of(content);
  const Result<void> pushed = client.upload_blob(
      repository, blob, [&]() -> Result<ByteSource> { return source_of(content); });
  if (!pushed) {
    throw std::runtime_error(pushed.error().message);
  }
}

/// Its own config: images with equal layers are different images.
std::string config_of(std::string_view repository, std::string_view tag) {
  return fmt::format(R"({{"architecture":"amd64","os":"linux","comment":"{}:{}"}})", repository,
                     tag);
}

}  // namespace

BlobInfo blob_of(std::string_view content) { return {sha256_digest(content), content.size()}; }

std::string content_of(std::string_view name, std::size_t bytes) {
  std::string content(name);
  content.resize(bytes, 'x');
  return content;
}

std::string image_manifest(const std::vector<std::string>& layers, const std::string& config) {
  oci::Manifest manifest{.media_type = std::string(media_type::kOciManifest),
                         .config = descriptor_of(media_type::kOciConfig, config)};
  for (const std::string& layer : layers) {
    manifest.layers.push_back(descriptor_of(media_type::kOciLayerGzip, layer));
  }
  return oci::write_manifest(manifest);
}

std::string seed_image(oci::Client& client, std::string_view repository, std::string_view tag,
                       const std::vector<std::string>& layers) {
  const std::string config = config_of(repository, tag);
  for (const std::string& layer : layers) {
    seed_blob(client, repository, layer);
  }
  seed_blob(client, repository, config);
  const std::string manifest = image_manifest(layers, config);
  return require(client.put_manifest(repository, tag, media_type::kOciManifest, manifest)).digest;
}

std::string seed_index(oci::Client& client, std::string_view repository, std::string_view tag,
                       const std::vector<std::string>& first_layers,
                       const std::vector<std::string>& second_layers) {
  oci::Manifest index{.media_type = std::string(media_type::kOciIndex)};
  for (const auto* layers : {&first_layers, &second_layers}) {
    const std::string child = seed_image(client, repository, "child", *layers);
    const oci::ManifestHead head = require(client.head_manifest(repository, child));
    index.children.push_back({.media_type = std::string(media_type::kOciManifest),
                              .digest = child,
                              .size_bytes = head.size_bytes,
                              .platform = oci::Platform{.os = "linux", .architecture = "amd64"}});
  }
  return require(client.put_manifest(repository, tag, media_type::kOciIndex, write_manifest(index)))
      .digest;
}

}  // namespace ocibench::testing_support
