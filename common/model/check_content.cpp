#include "common/model/check_content.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/model/limits.hpp"
#include "common/model/reference.hpp"
#include "common/overloaded.hpp"
#include "common/units.hpp"

namespace ocibench {
namespace {

constexpr std::string_view kNoRepository = "is no repository name";
constexpr std::string_view kNoTag = "is no tag";
constexpr std::string_view kNoDigest = "is neither a sha256 nor a sha512 digest";

std::string not_within(std::uint64_t most) { return fmt::format("not 1..{}", most); }

using ImageName = std::pair<std::string, std::string>;  // repository and tag

/// Whether a product of sizes is at most `most`, whatever the factors are.
bool product_within(std::initializer_list<std::uint64_t> factors, std::uint64_t most) {
  std::uint64_t product = 1;
  for (const std::uint64_t factor : factors) {
    if (factor != 0 && product > most / factor) {
      return false;
    }
    product *= factor;
  }
  return true;
}

void check_synthetic(const SyntheticSpec& spec, FieldCheck& check) {
  check.require(spec.images >= 1 && spec.images <= kMaxCorpusImages, not_within(kMaxCorpusImages),
                "corpus.images");
  check.require(spec.layers >= 1 && spec.layers <= kMaxImageLayers, not_within(kMaxImageLayers),
                "corpus.layers");
  check.require(spec.layer_bytes >= 1 && spec.layer_bytes <= kMaxLayerBytes,
                not_within(kMaxLayerBytes), "corpus.layer_bytes");
  check.require(spec.shared_share >= 0 && spec.shared_share <= 1, "not 0..1",
                "corpus.shared_share");
  check.require(spec.compressibility >= 0 && spec.compressibility <= 1, "not 0..1",
                "corpus.compressibility");
  check.require(spec.gzip_level >= 0 && spec.gzip_level <= kMaxGzipLevel,
                fmt::format("not 0..{}", kMaxGzipLevel), "corpus.gzip_level");
  check.require(spec.platforms.size() <= kMaxPlatforms, fmt::format("more than {}", kMaxPlatforms),
                "corpus.platforms");
  check.require(product_within({spec.images, spec.layers, spec.layer_bytes,
                                std::max<std::size_t>(spec.platforms.size(), 1)},
                               kMaxCorpusBytes),
                fmt::format("the corpus would have more than {}", format_bytes(kMaxCorpusBytes)),
                "corpus.layer_bytes");
  std::set<std::string_view> seen;
  for (const std::string& platform : spec.platforms) {
    // What it makes goes by the stricter grammar of a repository, as its files are named so.
    check.require_text(is_platform(platform) && is_repository(platform), platform,
                       "is no platform (os/architecture[/variant])", "corpus.platforms");
    check.require_text(seen.insert(platform).second, platform, "is there twice",
                       "corpus.platforms");
  }
  check.require_text(is_repository(spec.repository_prefix + "-01"), spec.repository_prefix,
                     kNoRepository, "corpus.repository_prefix");
}

void check_references(const ReferenceSpec& spec, FieldCheck& check) {
  check.require(!spec.images.empty() && spec.images.size() <= kMaxCorpusImages,
                not_within(kMaxCorpusImages), "corpus.images");
  std::set<ImageName> seen;
  std::string host;
  for (const std::string& text : spec.images) {
    const Result<Reference> reference = parse_reference(text);
    if (!check.require_text(reference && !reference->tag.empty(), text, "is no host/repository:tag",
                            "corpus.images")) {
      return;
    }
    host = host.empty() ? reference->host : host;
    check.require_text(reference->host == host, text, "is on another host than the first",
                       "corpus.images");
    check.require_text(seen.emplace(reference->repository, reference->tag).second, text,
                       "is there twice", "corpus.images");
  }
}

void check_files(const LocalFileSpec& spec, FieldCheck& check) {
  check.require(!spec.files.empty() && spec.files.size() <= kMaxCorpusImages,
                not_within(kMaxCorpusImages), "corpus.files");
  std::set<ImageName> seen;
  for (const LocalFile& file : spec.files) {
    check.require_text(file.path.starts_with('/') && file.path.size() <= kMaxPathBytes &&
                           file.path.find('\0') == std::string::npos,
                       file.path, "is no absolute path", "corpus.files.path");
    check.require_text(is_repository(file.repository), file.repository, kNoRepository,
                       "corpus.files.repository");
    check.require_text(is_tag(file.tag), file.tag, kNoTag, "corpus.files.tag");
    check.require_text(seen.emplace(file.repository, file.tag).second,
                       file.repository + ":" + file.tag, "is there twice", "corpus.files");
  }
}

/// What is the same for all images of a list: "lock.images" or "moved".
class ImageListCheck {
 public:
  ImageListCheck(std::string_view field, FieldCheck& check) : field_(field), check_(check) {}

  void images(const std::vector<ResolvedImage>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      index_ = i;
      image(all[i]);
    }
  }

 private:
  void image(const ResolvedImage& image) {
    check_.require_text(is_repository(image.repository), image.repository, kNoRepository,
                        "{}[{}].repository", field_, index_);
    check_.require_text(is_tag(image.tag), image.tag, kNoTag, "{}[{}].tag", field_, index_);
    check_.require_text(names_.emplace(image.repository, image.tag).second,
                        image.repository + ":" + image.tag, "is there twice", "{}[{}].tag", field_,
                        index_);
    check_.require_text(is_digest(image.digest), image.digest, kNoDigest, "{}[{}].digest", field_,
                        index_);
    const std::size_t count = image.manifests.size();
    if (!check_.require(count >= 1 && count <= kMaxManifestsPerImage,
                        "none, or more than an image may have", "{}[{}].manifests", field_,
                        index_)) {
      return;
    }
    check_.require(image.manifests.front().digest == image.digest,
                   "the first is not the one that the tag names", "{}[{}].manifests", field_,
                   index_);
    family(image);
    for (const ManifestInfo& each : image.manifests) {
      manifest(each);
    }
  }

  /// Each manifest once, each a child of one before it, and no child missing.
  void family(const ResolvedImage& image) {
    std::set<std::string_view> named = {image.manifests.front().digest};
    std::set<std::string_view> present;
    for (const ManifestInfo& each : image.manifests) {
      check_.require_text(present.insert(each.digest).second, each.digest, "is there twice",
                          "{}[{}].manifests.digest", field_, index_);
      check_.require_text(named.contains(each.digest), each.digest,
                          "is no child of a manifest before it", "{}[{}].manifests.digest", field_,
                          index_);
      named.insert(each.children.begin(), each.children.end());
    }
    check_.require(std::ranges::includes(present, named), "a child is missing",
                   "{}[{}].manifests.children", field_, index_);
  }

  void manifest(const ManifestInfo& manifest) {
    check_.require_text(is_digest(manifest.digest), manifest.digest, kNoDigest,
                        "{}[{}].manifests.digest", field_, index_);
    check_.require_text(is_media_type(manifest.media_type), manifest.media_type, "is no media type",
                        "{}[{}].manifests.media_type", field_, index_);
    check_.require_text(manifest.platform.empty() || is_platform(manifest.platform),
                        manifest.platform, "is no platform", "{}[{}].manifests.platform", field_,
                        index_);
    check_.require(manifest.size_bytes >= 1 && manifest.size_bytes <= kMaxManifestBytes,
                   "empty, or larger than a manifest may be", "{}[{}].manifests.size_bytes", field_,
                   index_);
    check_.require(
        manifest.blobs.size() <= kMaxDescriptors && manifest.children.size() <= kMaxDescriptors,
        "names more than a manifest may", "{}[{}].manifests", field_, index_);
    size(manifest.digest, manifest.size_bytes);
    for (const BlobInfo& blob : manifest.blobs) {
      check_.require_text(is_digest(blob.digest), blob.digest, kNoDigest,
                          "{}[{}].manifests.blobs.digest", field_, index_);
      size(blob.digest, blob.size_bytes);
    }
  }

  /// `digest` outlives this.
  void size(const std::string& digest, std::uint64_t bytes) {
    const auto [known, is_new] = sizes_.emplace(digest, bytes);
    check_.require_text(is_new || known->second == bytes, digest, "has two sizes",
                        "{}[{}].manifests.blobs.size_bytes", field_, index_);
    const bool fits = bytes <= kMaxLockedBytes - total_bytes_;
    check_.require(fits, "more in all than a lock may have", "{}[{}].manifests.blobs.size_bytes",
                   field_, index_);
    total_bytes_ += fits ? bytes : 0;
  }

  const std::string_view field_;
  FieldCheck& check_;
  std::size_t index_ = 0;
  std::set<ImageName> names_;
  std::map<std::string_view, std::uint64_t> sizes_;
  std::uint64_t total_bytes_ = 0;
};

/// The names that the lock of references or files may have.
std::set<ImageName> names_in(const CorpusSpec& corpus) {
  std::set<ImageName> names;
  if (const auto* references = std::get_if<ReferenceSpec>(&corpus.source)) {
    for (const std::string& text : references->images) {
      if (const Result<Reference> reference = parse_reference(text)) {
        names.emplace(reference->repository, reference->tag);
      }
    }
  } else if (const auto* local = std::get_if<LocalFileSpec>(&corpus.source)) {
    for (const LocalFile& file : local->files) {
      names.emplace(file.repository, file.tag);
    }
  }
  return names;
}

/// Where the lock must have been made: nowhere but for references.
std::string source_host_of(const CorpusSpec& corpus) {
  const auto* const references = std::get_if<ReferenceSpec>(&corpus.source);
  const Result<Reference> first = references != nullptr && !references->images.empty()
                                      ? parse_reference(references->images.front())
                                      : Result<Reference>(Reference{});
  return first ? first->host : std::string();
}

}  // namespace

void check_corpus(const CorpusSpec& corpus, FieldCheck& check) {
  check.require_text(is_plain_name(corpus.name), corpus.name, "is no plain name", "corpus.name");
  std::visit(Overloaded{[&](const SyntheticSpec& spec) { check_synthetic(spec, check); },
                        [&](const ReferenceSpec& spec) { check_references(spec, check); },
                        [&](const LocalFileSpec& spec) { check_files(spec, check); }},
             corpus.source);
}

void check_lock(const CorpusSpec& corpus, const ResolvedCorpus& lock, FieldCheck& check) {
  check.require_text(lock.name == corpus.name, lock.name, "is another corpus", "lock.name");
  check.require_text(lock.source_host == source_host_of(corpus), lock.source_host,
                     "is not the host of the corpus's references", "lock.source_host");
  check.require(!lock.images.empty() && lock.images.size() <= kMaxCorpusImages,
                not_within(kMaxCorpusImages), "lock.images");
  ImageListCheck("lock.images", check).images(lock.images);
  if (std::holds_alternative<SyntheticSpec>(corpus.source)) {
    return;  // the agent makes the images by the description and compares every digest
  }
  const std::set<ImageName> names = names_in(corpus);
  for (const ResolvedImage& image : lock.images) {
    check.require_text(names.contains({image.repository, image.tag}),
                       image.repository + ":" + image.tag, "is not in the corpus", "lock.images");
  }
}

void check_moved(const ResolvedCorpus& lock, const std::vector<ResolvedImage>& moved,
                 FieldCheck& check) {
  check.require(moved.size() <= kMaxCorpusImages, fmt::format("more than {}", kMaxCorpusImages),
                "moved");
  ImageListCheck("moved", check).images(moved);
  std::set<ImageName> names;
  for (const ResolvedImage& image : lock.images) {
    names.emplace(image.repository, image.tag);
  }
  for (const ResolvedImage& image : moved) {
    check.require_text(names.contains({image.repository, image.tag}),
                       image.repository + ":" + image.tag,
                       "is to move and not in the trial's corpus", "moved");
  }
}

}  // namespace ocibench
