#include "common/oci/moved_images.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/gzip.hpp"
#include "common/json.hpp"
#include "common/model/limits.hpp"
#include "common/oci/corpus_cache.hpp"
#include "common/oci/lock.hpp"
#include "common/oci/manifest.hpp"
#include "common/oci/random_bytes.hpp"
#include "common/oci/tar.hpp"
#include "common/sha256.hpp"

namespace ocibench::oci {
namespace {

/// Raised whenever the same corpus would give other digests: part of the cache key.
constexpr int kGeneration = 1;
constexpr int kGzipLevel = 1;

/// Makes one image's successor out of `from` in `to`.
class Successor {
 public:
  Successor(const Layout& from, Layout& to) : from_(from), to_(to) {}

  /// The descriptor of what replaces the manifest or index that `old` describes.
  Result<Descriptor> replace(const Descriptor& old) {
    const Result<std::string> body = from_.read_blob(old.digest, kMaxManifestBytes);
    Result<Manifest> manifest =
        body ? parse_manifest(*body, old.media_type) : tl::unexpected(body.error());
    if (!manifest) {
      return tl::unexpected(manifest.error());
    }
    const Result<void> changed =
        manifest->is_index() ? replace_children(*manifest) : replace_last_layer(*manifest);
    if (!changed) {
      return tl::unexpected(changed.error());
    }
    return to_.put_blob(write_manifest(*manifest)).map([&](const BlobInfo& info) {
      Descriptor described = old;
      described.digest = info.digest;
      described.size_bytes = info.size_bytes;
      return described;
    });
  }

 private:
  Result<void> replace_children(Manifest& index) {
    for (Descriptor& child : index.children) {
      auto replaced = replace(child);
      if (!replaced) {
        return tl::unexpected(replaced.error());
      }
      child = *std::move(replaced);
    }
    return {};
  }

  Result<void> replace_last_layer(Manifest& manifest) {
    if (manifest.layers.empty() || !manifest.config) {
      return fail(ErrorCode::bad_input, "an image without layers cannot have a newer build");
    }
    for (std::size_t i = 0; i + 1 < manifest.layers.size(); ++i) {
      if (auto kept = copy(manifest.layers[i]); !kept) {
        return kept;
      }
    }
    std::string diff_id;
    return write_layer(manifest.layers.back(), diff_id).and_then([&] {
      return rewrite_config(*manifest.config, diff_id);
    });
  }

  Result<void> copy(const Descriptor& blob) const {
    if (is_foreign_layer_type(blob.media_type) || to_.has_blob(blob.digest)) {
      return {};
    }
    Result<ByteSource> source = from_.open_blob(blob.digest);
    Result<BlobWriter> writer = to_.new_blob();
    if (!source || !writer) {
      return tl::unexpected(source ? writer.error() : source.error());
    }
    return pump(*source, [&](std::string_view bytes) { return writer->write(bytes); })
        .and_then([&] { return writer->commit(); })
        .map([](const BlobInfo& /*info*/) {});
  }

  /// Bytes that do not compress: the layer is as large as the one that it replaces.
  Result<void> write_layer(Descriptor& layer, std::string& diff_id) {
    Result<BlobWriter> writer = to_.new_blob();
    if (!writer) {
      return tl::unexpected(writer.error());
    }
    Sha256 diff;
    GzipCompressor gzip(kGzipLevel, [&](std::string_view bytes) { return writer->write(bytes); });
    const ByteSink tar = [&](std::string_view bytes) {
      diff.update(bytes);
      return gzip.write(bytes);
    };
    return tar(tar_header("data/moved.bin", layer.size_bytes))
        .and_then([&] { return write_random(layer, tar); })
        .and_then([&] { return tar(tar_padding(layer.size_bytes)); })
        .and_then([&] { return tar(tar_end()); })
        .and_then([&] { return gzip.finish(); })
        .and_then([&] { return writer->commit(); })
        .map([&](const BlobInfo& info) {
          layer.digest = info.digest;
          layer.size_bytes = info.size_bytes;
          diff_id = "sha256:" + diff.finish_hex();
        });
  }

  static Result<void> write_random(const Descriptor& layer, const ByteSink& tar) {
    RandomBytes random("moved/" + layer.digest);
    return send_blocks(
        layer.size_bytes, [&](std::span<char> block) { random.fill(block); }, tar);
  }

  /// The configuration names what its layers unpack to (image-spec 1.1 config.md, rootfs).
  Result<void> rewrite_config(Descriptor& config, const std::string& diff_id) {
    const Result<std::string> body = from_.read_blob(config.digest, kMaxManifestBytes);
    Result<Json> json = body ? parse_json(*body, config.digest) : tl::unexpected(body.error());
    if (!json) {
      return tl::unexpected(json.error());
    }
    const auto pointer = Json::json_pointer("/rootfs/diff_ids");
    if (json->contains(pointer) && (*json)[pointer].is_array() && !(*json)[pointer].empty()) {
      (*json)[pointer].back() = diff_id;
    }
    return to_.put_blob(dump_json(*json)).map([&](const BlobInfo& info) {
      config.digest = info.digest;
      config.size_bytes = info.size_bytes;
    });
  }

  const Layout& from_;
  Layout& to_;
};

/// The tags that move, in the order of the corpus.
std::vector<ResolvedImage> chosen(const ResolvedCorpus& lock, double share) {
  std::map<std::string, std::size_t> by_hash;
  for (std::size_t i = 0; i < lock.images.size(); ++i) {
    by_hash.emplace(sha256_hex(image_name(lock.images[i].repository, lock.images[i].tag)), i);
  }
  const auto count = std::max<std::size_t>(
      1, static_cast<std::size_t>(std::lround(share * static_cast<double>(lock.images.size()))));
  std::vector<std::size_t> indices;
  for (const auto& [hash, index] : by_hash) {
    if (indices.size() < count) {
      indices.push_back(index);
    }
  }
  std::ranges::sort(indices);
  std::vector<ResolvedImage> images;
  for (const std::size_t index : indices) {
    images.push_back(lock.images[index]);
  }
  return images;
}

Result<void> write_successors(const Layout& from, const std::vector<ResolvedImage>& images,
                              const std::filesystem::path& directory) {
  Result<Layout> to = Layout::create(directory);
  if (!to) {
    return tl::unexpected(to.error());
  }
  Successor successor(from, *to);
  std::vector<Descriptor> listed;
  for (const ResolvedImage& image : images) {
    auto replaced = successor.replace({.media_type = image.manifests.front().media_type,
                                       .digest = image.digest,
                                       .size_bytes = image.manifests.front().size_bytes});
    if (!replaced) {
      return fail(replaced.error(), image_name(image.repository, image.tag));
    }
    replaced->annotations = {
        {std::string(kRefNameAnnotation), image_name(image.repository, image.tag)}};
    listed.push_back(*std::move(replaced));
  }
  return to->set_images(std::move(listed));
}

Result<Layout> moved_layout(const CorpusSpec& spec, const ResolvedCorpus& lock,
                            const std::vector<ResolvedImage>& images,
                            const CorpusContext& context) {
  if (std::holds_alternative<ReferenceSpec>(spec.source)) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("corpus {} is of images in a registry that is not ours: its tags cannot "
                    "be moved; take a synthetic corpus or one of local files",
                    spec.name));
  }
  std::string key = fmt::format("moved {} {}", kGeneration, zlib_release());
  for (const ResolvedImage& image : images) {
    key += fmt::format("\n{} {} {}", image.repository, image.tag, image.digest);
  }
  return cached_layout(
      context.cache_directory, sha256_hex(key), [&](const std::filesystem::path& directory) {
        return provide_layout(spec, lock, context).and_then([&](const Layout& from) {
          return write_successors(from, images, directory);
        });
      });
}

}  // namespace

Result<std::vector<ResolvedImage>> resolve_moved(const CorpusSpec& spec, const ResolvedCorpus& lock,
                                                 double share, const CorpusContext& context) {
  return moved_layout(spec, lock, chosen(lock, share), context).and_then([](const Layout& layout) {
    return named_images(layout);
  });
}

Result<Layout> provide_moved_layout(const CorpusSpec& spec, const ResolvedCorpus& lock,
                                    const std::vector<ResolvedImage>& moved,
                                    const CorpusContext& context) {
  auto layout = moved_layout(spec, lock, before_the_move(lock, moved), context);
  const auto now = layout.and_then([](const Layout& made) { return named_images(made); });
  if (!now) {
    return tl::unexpected(now.error());
  }
  if (*now != moved) {
    return fail(ErrorCode::conflict,
                "the tags that move would name other digests than the plan says");
  }
  return layout;
}

}  // namespace ocibench::oci
