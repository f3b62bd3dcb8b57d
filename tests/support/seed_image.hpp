#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/oci/client.hpp"
#include "common/oci/manifest.hpp"

namespace ocibench::testing_support {

/// `bytes` bytes that differ from those of another name.
std::string content_of(std::string_view name, std::size_t bytes);

/// What a manifest says of this content.
BlobInfo blob_of(std::string_view content);

/// The manifest of an image with these layers and config, and nothing behind it yet.
std::string image_manifest(const std::vector<std::string>& layers, const std::string& config);

/// Pushes such an image; its digest. Throws std::runtime_error.
std::string seed_image(oci::Client& client, std::string_view repository, std::string_view tag,
                       const std::vector<std::string>& layers);

/// Pushes an index of two such images; its digest. Throws std::runtime_error.
std::string seed_index(oci::Client& client, std::string_view repository, std::string_view tag,
                       const std::vector<std::string>& first_layers,
                       const std::vector<std::string>& second_layers);

}  // namespace ocibench::testing_support
