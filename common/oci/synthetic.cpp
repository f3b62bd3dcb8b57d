#include "common/oci/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/gzip.hpp"
#include "common/json.hpp"
#include "common/model/limits.hpp"
#include "common/model/reference.hpp"
#include "common/oci/layout.hpp"
#include "common/oci/parallel.hpp"
#include "common/oci/random_bytes.hpp"
#include "common/oci/tar.hpp"
#include "common/sha256.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kThreads = 2;
constexpr std::string_view kTag = "1";
constexpr std::string_view kDefaultPlatform = "linux/amd64";
constexpr std::string_view kEpoch = "1970-01-01T00:00:00Z";

/// Which layer: image 0 stands for the layers that all images share.
struct LayerKey {
  std::uint32_t image = 0;
  std::string platform;
  std::uint32_t layer = 0;

  friend auto operator<=>(const LayerKey&, const LayerKey&) = default;
};

struct Layer {
  Descriptor descriptor;
  std::string diff_id;
};

Result<void> check(const SyntheticSpec& spec) {
  const auto refuse = [](std::string message) {
    return fail(ErrorCode::bad_input, "synthetic corpus: " + std::move(message));
  };
  if (spec.images == 0 || spec.images > kMaxCorpusImages) {
    return refuse(fmt::format("images must be 1..{}", kMaxCorpusImages));
  }
  if (spec.layers == 0 || spec.layers > kMaxImageLayers) {
    return refuse(fmt::format("layers must be 1..{}", kMaxImageLayers));
  }
  if (spec.layer_bytes > kMaxLayerBytes) {
    return refuse(fmt::format("a layer has at most {} bytes", kMaxLayerBytes));
  }
  for (const double share : {spec.shared_share, spec.compressibility}) {
    if (!(share >= 0 && share <= 1)) {
      return refuse("shared_share and compressibility must be 0..1");
    }
  }
  if (spec.gzip_level < 0 || spec.gzip_level > 9) {
    return refuse("gzip_level must be 0..9");
  }
  if (!is_repository(spec.repository_prefix + "-01")) {
    return refuse(fmt::format("\"{}\" is no repository prefix", spec.repository_prefix));
  }
  std::set<std::string> seen;
  for (const std::string& platform : spec.platforms) {
    if (const Result<Platform> parsed = parse_platform(platform); !parsed) {
      return refuse(parsed.error().message);
    }
    if (!seen.insert(platform).second) {
      return refuse(fmt::format("platform {} is there twice", platform));
    }
  }
  return {};
}

/// Writes the images of one spec into a layout.
class Generator {
 public:
  Generator(const SyntheticSpec& spec, Layout& layout)
      : spec_(spec),
        layout_(layout),
        platforms_(spec.platforms.empty() ? std::vector{std::string(kDefaultPlatform)}
                                          : spec.platforms),
        shared_layers_(static_cast<std::uint32_t>(std::lround(spec.shared_share * spec.layers))) {}

  Result<ResolvedCorpus> run() {
    if (Result<void> made = make_layers(); !made) {
      return tl::unexpected(made.error());
    }
    ResolvedCorpus corpus;
    std::vector<Descriptor> listed;
    for (std::uint32_t image = 1; image <= spec_.images; ++image) {
      Result<Descriptor> made = make_image(image);
      auto closure = made ? layout_.closure(made->digest) : tl::unexpected(made.error());
      if (!closure) {
        return tl::unexpected(closure.error());
      }
      corpus.images.push_back({.repository = repository(image),
                               .tag = std::string(kTag),
                               .digest = made->digest,
                               .manifests = std::move(*closure)});
      made->platform.reset();
      made->annotations = {
          {std::string(kRefNameAnnotation), fmt::format("{}:{}", repository(image), kTag)}};
      listed.push_back(std::move(*made));
    }
    if (spec_.referrer) {
      Result<Descriptor> referrer = make_referrer(listed.front());
      if (!referrer) {
        return tl::unexpected(referrer.error());
      }
      listed.push_back(std::move(*referrer));
    }
    return layout_.set_images(std::move(listed)).map([&] { return std::move(corpus); });
  }

 private:
  [[nodiscard]] std::string repository(std::uint32_t image) const {
    return fmt::format("{}-{:02}", spec_.repository_prefix, image);
  }

  [[nodiscard]] LayerKey key(std::uint32_t image, const std::string& platform,
                             std::uint32_t layer) const {
    return {layer < shared_layers_ ? 0 : image, platform, layer};
  }

  /// All different layers, in two threads: compressing is what takes the time.
  Result<void> make_layers() {
    for (std::uint32_t image = 1; image <= spec_.images; ++image) {
      for (const std::string& platform : platforms_) {
        for (std::uint32_t layer = 0; layer < spec_.layers; ++layer) {
          layers_.try_emplace(key(image, platform, layer));
        }
      }
    }
    std::vector<std::pair<const LayerKey, Layer>*> jobs;
    for (auto& entry : layers_) {
      jobs.push_back(&entry);
    }
    const Worker make = [&](std::size_t job) {
      return make_layer(jobs[job]->first).map([&](Layer layer) {
        jobs[job]->second = std::move(layer);
      });
    };
    return run_parallel(kThreads, jobs.size(), [&]() -> Result<Worker> { return make; });
  }

  [[nodiscard]] Result<Layer> make_layer(const LayerKey& key) const {
    Result<BlobWriter> blob = layout_.new_blob();
    if (!blob) {
      return tl::unexpected(blob.error());
    }
    Sha256 diff;
    GzipCompressor gzip(spec_.gzip_level,
                        [&](std::string_view bytes) { return blob->write(bytes); });
    const ByteSink tar = [&](std::string_view bytes) {
      diff.update(bytes);
      return gzip.write(bytes);
    };
    return write_tar(key, tar)
        .and_then([&] { return gzip.finish(); })
        .and_then([&] { return blob->commit(); })
        .map([&](const BlobInfo& info) {
          return Layer{{.media_type = std::string(media_type::kOciLayerGzip),
                        .digest = info.digest,
                        .size_bytes = info.size_bytes},
                       "sha256:" + diff.finish_hex()};
        });
  }

  [[nodiscard]] Result<void> write_tar(const LayerKey& key, const ByteSink& tar) const {
    std::string platform = key.platform;
    std::ranges::replace(platform, '/', '-');
    const std::string name = fmt::format("data/{}-{}-{}.bin", key.image, platform, key.layer);
    return tar(tar_header(name, spec_.layer_bytes))
        .and_then([&] { return write_content(key, tar); })
        .and_then([&] { return tar(tar_padding(spec_.layer_bytes)); })
        .and_then([&] { return tar(tar_end()); });
  }

  [[nodiscard]] Result<void> write_content(const LayerKey& key, const ByteSink& tar) const {
    RandomBytes random(fmt::format("{}/{}/{}/{}", spec_.seed, key.image, key.platform, key.layer));
    const auto fill = [&](std::span<char> block) {
      const auto zeros = static_cast<std::size_t>(
          std::llround(spec_.compressibility * static_cast<double>(block.size())));
      std::fill_n(block.begin(), zeros, '\0');
      random.fill(block.subspan(zeros));
    };
    return send_blocks(spec_.layer_bytes, fill, tar);
  }

  Result<Descriptor> make_image(std::uint32_t image) const {
    std::vector<Descriptor> manifests;
    for (const std::string& platform : platforms_) {
      Result<Descriptor> manifest = make_manifest(image, platform);
      if (!manifest) {
        return manifest;
      }
      manifests.push_back(std::move(*manifest));
    }
    if (manifests.size() == 1) {
      return std::move(manifests.front());
    }
    return put_manifest(
        {.media_type = std::string(media_type::kOciIndex), .children = std::move(manifests)});
  }

  Result<Descriptor> make_manifest(std::uint32_t image, const std::string& platform) const {
    Manifest manifest{.media_type = std::string(media_type::kOciManifest)};
    std::vector<std::string> diff_ids;
    for (std::uint32_t layer = 0; layer < spec_.layers; ++layer) {
      const Layer& made = layers_.at(key(image, platform, layer));
      manifest.layers.push_back(made.descriptor);
      diff_ids.push_back(made.diff_id);
    }
    const Platform parsed = parse_platform(platform).value();
    const Result<BlobInfo> config = layout_.put_blob(config_text(image, parsed, diff_ids));
    if (!config) {
      return tl::unexpected(config.error());
    }
    manifest.config = Descriptor{.media_type = std::string(media_type::kOciConfig),
                                 .digest = config->digest,
                                 .size_bytes = config->size_bytes};
    return put_manifest(manifest).map([&](Descriptor descriptor) {
      descriptor.platform = parsed;
      return descriptor;
    });
  }

  /// image-spec 1.1 config.md. The label keeps images apart that share every layer.
  [[nodiscard]] std::string config_text(std::uint32_t image, const Platform& platform,
                                        const std::vector<std::string>& diff_ids) const {
    Json json = {{"created", kEpoch}, {"architecture", platform.architecture}, {"os", platform.os}};
    if (!platform.variant.empty()) {
      json["variant"] = platform.variant;
    }
    json["config"] = {{"Labels", {{"ocibench.image", repository(image)}}}};
    json["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
    return dump_json(json);
  }

  Result<Descriptor> make_referrer(const Descriptor& subject) const {
    const Result<BlobInfo> empty = layout_.put_blob("{}");
    const Result<BlobInfo> note =
        layout_.put_blob(fmt::format("note on {} of seed {}\n", subject.digest, spec_.seed));
    if (!empty || !note) {
      return tl::unexpected(!empty ? empty.error() : note.error());
    }
    const Manifest manifest{.media_type = std::string(media_type::kOciManifest),
                            .config = Descriptor{.media_type = std::string(media_type::kOciEmpty),
                                                 .digest = empty->digest,
                                                 .size_bytes = empty->size_bytes},
                            .layers = {{.media_type = "text/plain",
                                        .digest = note->digest,
                                        .size_bytes = note->size_bytes}},
                            .subject = Descriptor{.media_type = subject.media_type,
                                                  .digest = subject.digest,
                                                  .size_bytes = subject.size_bytes},
                            .artifact_type = std::string(kReferrerArtifactType)};
    return put_manifest(manifest).map([](Descriptor descriptor) {
      descriptor.artifact_type = kReferrerArtifactType;
      return descriptor;
    });
  }

  [[nodiscard]] Result<Descriptor> put_manifest(const Manifest& manifest) const {
    return layout_.put_blob(write_manifest(manifest)).map([&](const BlobInfo& info) {
      return Descriptor{
          .media_type = manifest.media_type, .digest = info.digest, .size_bytes = info.size_bytes};
    });
  }

  const SyntheticSpec& spec_;
  Layout& layout_;
  std::vector<std::string> platforms_;
  std::uint32_t shared_layers_;
  std::map<LayerKey, Layer> layers_;
};

}  // namespace

Result<ResolvedCorpus> write_synthetic(const SyntheticSpec& spec, std::string_view corpus_name,
                                       const std::filesystem::path& directory) {
  if (const Result<void> valid = check(spec); !valid) {
    return tl::unexpected(valid.error());
  }
  Result<Layout> layout = Layout::create(directory);
  if (!layout) {
    return tl::unexpected(layout.error());
  }
  return Generator(spec, *layout).run().map([&](ResolvedCorpus corpus) {
    corpus.name = corpus_name;
    return corpus;
  });
}

}  // namespace ocibench::oci
