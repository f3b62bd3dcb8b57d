#include "common/oci/docker_archive.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/gzip.hpp"
#include "common/json.hpp"
#include "common/oci/tar_reader.hpp"
#include "common/sha256.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLinkHops = 8;
constexpr std::size_t kMaxImages = 1000;
constexpr std::string_view kManifestName = "manifest.json";

/// One image as manifest.json lists it.
struct SavedImage {
  std::string config;
  std::vector<std::string> tags;
  std::vector<std::string> layers;
};

struct SavedLayer {
  Descriptor descriptor;
  std::string diff_id;
};

/// The path inside the archive, without "." and "..". Errors: bad_input when it leads out of it.
Result<std::string> inside(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  if (normal.empty() || normal.is_absolute() || *normal.begin() == "..") {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" leads out of the archive", path.string().substr(0, 200)));
  }
  return normal.string();
}

Result<std::vector<SavedImage>> parse_saved_images(std::string_view text) {
  const Result<Json> json = parse_json(text, kManifestName);
  if (!json) {
    return tl::unexpected(json.error());
  }
  const Json wrapped = {{"images", *json}};
  const auto items = JsonObject::open(wrapped, std::string(kManifestName))->objects("images");
  if (!items) {
    return tl::unexpected(items.error());
  }
  if (items->empty() || items->size() > kMaxImages) {
    return fail(ErrorCode::limit, fmt::format("{}: {} images, expected 1..{}", kManifestName,
                                              items->size(), kMaxImages));
  }
  std::vector<SavedImage> images;
  for (const JsonObject& item : *items) {
    const Result<std::string> config = item.text("Config");
    const auto layers = item.texts("Layers");
    // null when the image was saved by its id
    const auto tags = item.texts("RepoTags");
    if (!config || !layers) {
      return tl::unexpected(!config ? config.error() : layers.error());
    }
    images.push_back({*config, tags.value_or(std::vector<std::string>{}), *layers});
  }
  return images;
}

Result<TarReader> open_tar(const fs::path& path, const ArchiveLimits& limits) {
  return TarReader::open(path, {.max_entries = limits.max_entries,
                                .max_entry_bytes = limits.max_entry_bytes,
                                .max_path_bytes = limits.max_path_bytes});
}

/// What the first pass finds: manifest.json and the symbolic links, by normal name.
struct Contents {
  std::optional<std::string> manifest;
  std::map<std::string, std::string> links;
};

Result<Contents> survey(const fs::path& path, const ArchiveLimits& limits) {
  Result<TarReader> tar = open_tar(path, limits);
  if (!tar) {
    return tl::unexpected(tar.error());
  }
  Contents contents;
  for (;;) {
    const Result<std::optional<TarEntry>> entry = tar->next();
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!*entry) {
      return contents;
    }
    const Result<std::string> name = inside((*entry)->name);
    if (!name) {
      return tl::unexpected(name.error());
    }
    if ((*entry)->kind == TarEntryKind::symbolic_link) {
      // Older writers link equal layers: "<id>/layer.tar" -> "../<other id>/layer.tar".
      const Result<std::string> target = inside(fs::path(*name).parent_path() / (*entry)->link);
      if (!target) {
        return tl::unexpected(target.error());
      }
      contents.links.insert_or_assign(*name, *target);
    } else if (*name == kManifestName) {
      Result<std::string> text = tar->small_content(limits.max_manifest_bytes);
      if (!text) {
        return tl::unexpected(text.error());
      }
      contents.manifest = std::move(*text);
    }
  }
}

Result<std::string> resolve_link(std::string name, const Contents& contents) {
  for (std::size_t hops = 0; hops < kMaxLinkHops; ++hops) {
    const auto link = contents.links.find(name);
    if (link == contents.links.end()) {
      return name;
    }
    name = link->second;
  }
  return fail(ErrorCode::bad_input, fmt::format("{} is a circle of links", name));
}

/// The second pass: configs and layers into the layout, then one manifest for each image.
class Importer {
 public:
  Importer(const Layout& layout, int gzip_level, const ArchiveLimits& limits)
      : layout_(layout), gzip_level_(gzip_level), limits_(limits) {}

  Result<std::vector<Descriptor>> run(const fs::path& path) {
    const Result<Contents> contents = survey(path, limits_);
    if (!contents) {
      return tl::unexpected(contents.error());
    }
    if (!contents->manifest) {
      return fail(ErrorCode::bad_input, fmt::format("{} has no {}: not written by docker save",
                                                    path.string(), kManifestName));
    }
    Result<std::vector<SavedImage>> images = parse_saved_images(*contents->manifest);
    if (!images) {
      return tl::unexpected(images.error());
    }
    if (const Result<void> named = name_entries(*images, *contents); !named) {
      return tl::unexpected(named.error());
    }
    if (const Result<void> read = read_entries(path); !read) {
      return tl::unexpected(read.error());
    }
    return write_images(*images);
  }

 private:
  /// Replaces names by what they link to and notes which entries are wanted.
  Result<void> name_entries(std::vector<SavedImage>& images, const Contents& contents) {
    const auto settle = [&](std::string& name, std::set<std::string>& wanted) -> Result<void> {
      Result<std::string> entry = inside(name).and_then(
          [&](const std::string& normal) { return resolve_link(normal, contents); });
      if (!entry) {
        return tl::unexpected(entry.error());
      }
      name = std::move(*entry);
      wanted.insert(name);
      return {};
    };
    for (SavedImage& image : images) {
      Result<void> settled = settle(image.config, config_names_);
      for (std::string& layer : image.layers) {
        settled = settled ? settle(layer, layer_names_) : settled;
      }
      if (!settled) {
        return settled;
      }
    }
    return {};
  }

  Result<void> read_entries(const fs::path& path) {
    Result<TarReader> tar = open_tar(path, limits_);
    if (!tar) {
      return tl::unexpected(tar.error());
    }
    for (;;) {
      const Result<std::optional<TarEntry>> entry = tar->next();
      if (!entry) {
        return tl::unexpected(entry.error());
      }
      if (!*entry) {
        return {};
      }
      if ((*entry)->kind != TarEntryKind::file) {
        continue;
      }
      const Result<std::string> name = inside((*entry)->name);
      const Result<void> read = name ? read_entry(*tar, *name) : tl::unexpected(name.error());
      if (!read) {
        return read;
      }
    }
  }

  Result<void> read_entry(TarReader& tar, const std::string& name) {
    if (config_names_.contains(name) && !configs_.contains(name)) {
      return tar.small_content(limits_.max_manifest_bytes).map([&](std::string text) {
        configs_.emplace(name, std::move(text));
      });
    }
    if (layer_names_.contains(name) && !layers_.contains(name)) {
      return compress(tar).map([&](SavedLayer layer) { layers_.emplace(name, std::move(layer)); });
    }
    return {};
  }

  Result<SavedLayer> compress(TarReader& tar) const {
    Result<BlobWriter> blob = layout_.new_blob();
    if (!blob) {
      return tl::unexpected(blob.error());
    }
    Sha256 diff;
    GzipCompressor gzip(gzip_level_, [&](std::string_view bytes) { return blob->write(bytes); });
    return tar
        .content([&](std::string_view bytes) {
          diff.update(bytes);
          return gzip.write(bytes);
        })
        .and_then([&] { return gzip.finish(); })
        .and_then([&] { return blob->commit(); })
        .map([&](const BlobInfo& info) {
          return SavedLayer{{.media_type = std::string(media_type::kOciLayerGzip),
                             .digest = info.digest,
                             .size_bytes = info.size_bytes},
                            "sha256:" + diff.finish_hex()};
        });
  }

  Result<std::vector<Descriptor>> write_images(const std::vector<SavedImage>& images) const {
    std::vector<Descriptor> written;
    for (const SavedImage& image : images) {
      const Result<Descriptor> descriptor = write_image(image);
      if (!descriptor) {
        return tl::unexpected(descriptor.error());
      }
      if (image.tags.empty()) {
        written.push_back(*descriptor);
      }
      for (const std::string& tag : image.tags) {
        written.push_back(*descriptor);
        written.back().annotations.emplace(kRefNameAnnotation, tag);
      }
    }
    return written;
  }

  Result<Descriptor> write_image(const SavedImage& image) const {
    const auto config = configs_.find(image.config);
    if (config == configs_.end()) {
      return fail(ErrorCode::bad_input, fmt::format("the archive lacks {}", image.config));
    }
    Manifest manifest{.media_type = std::string(media_type::kOciManifest)};
    std::vector<std::string> diff_ids;
    for (const std::string& name : image.layers) {
      const auto layer = layers_.find(name);
      if (layer == layers_.end()) {
        return fail(ErrorCode::bad_input, fmt::format("the archive lacks {}", name));
      }
      manifest.layers.push_back(layer->second.descriptor);
      diff_ids.push_back(layer->second.diff_id);
    }
    const Result<Platform> platform = check_config(config->second, diff_ids);
    const Result<BlobInfo> stored =
        platform ? layout_.put_blob(config->second) : tl::unexpected(platform.error());
    if (!stored) {
      return fail(stored.error(), image.config);
    }
    manifest.config = Descriptor{.media_type = std::string(media_type::kOciConfig),
                                 .digest = stored->digest,
                                 .size_bytes = stored->size_bytes};
    return layout_.put_blob(write_manifest(manifest)).map([&](const BlobInfo& info) {
      return Descriptor{.media_type = manifest.media_type,
                        .digest = info.digest,
                        .size_bytes = info.size_bytes,
                        .platform = *platform};
    });
  }

  /// That the config names exactly these layers; what platform it is for.
  static Result<Platform> check_config(const std::string& text,
                                       const std::vector<std::string>& diff_ids) {
    const Result<Json> json = parse_json(text, "config");
    const Result<JsonObject> config =
        json ? JsonObject::open(*json, "config") : tl::unexpected(json.error());
    const auto listed = config ? config->object("rootfs").and_then([](const JsonObject& rootfs) {
      return rootfs.texts("diff_ids");
    })
                               : tl::unexpected(config.error());
    if (!listed) {
      return tl::unexpected(listed.error());
    }
    if (*listed != diff_ids) {
      return fail(ErrorCode::bad_input,
                  "its diff_ids are not the digests of the archive's layers (layers that are "
                  "compressed inside the archive are not supported)");
    }
    return Platform{.os = config->text("os").value_or(""),
                    .architecture = config->text("architecture").value_or(""),
                    .variant = config->text("variant").value_or("")};
  }

  const Layout& layout_;
  int gzip_level_;
  ArchiveLimits limits_;
  std::set<std::string> config_names_;
  std::set<std::string> layer_names_;
  std::map<std::string, std::string> configs_;
  std::map<std::string, SavedLayer> layers_;
};

}  // namespace

Result<std::vector<Descriptor>> import_docker_archive(const fs::path& archive, const Layout& layout,
                                                      int gzip_level, const ArchiveLimits& limits) {
  return Importer(layout, gzip_level, limits).run(archive);
}

}  // namespace ocibench::oci
