#include "common/oci/resolve.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/gzip.hpp"
#include "common/json.hpp"
#include "common/oci/corpus_cache.hpp"
#include "common/oci/lock.hpp"
#include "common/oci/remote_images.hpp"
#include "common/oci/synthetic.hpp"
#include "common/sha256.hpp"

namespace ocibench::oci {
namespace {

/// Everything that decides the bytes, and nothing else.
std::string cache_key(const SyntheticSpec& spec) {
  return sha256_hex(dump_json(Json{{"generation", kSyntheticGeneration},
                                   {"zlib", spec.gzip_level == 0 ? "none" : zlib_release()},
                                   {"seed", spec.seed},
                                   {"images", spec.images},
                                   {"layers", spec.layers},
                                   {"layer_bytes", spec.layer_bytes},
                                   {"shared_share", spec.shared_share},
                                   {"compressibility", spec.compressibility},
                                   {"gzip_level", spec.gzip_level},
                                   {"platforms", spec.platforms},
                                   {"referrer", spec.referrer},
                                   {"repository_prefix", spec.repository_prefix}}));
}

Result<Layout> synthetic_layout(const SyntheticSpec& spec, const std::filesystem::path& cache) {
  return cached_layout(cache, cache_key(spec), [&](const std::filesystem::path& directory) {
    return write_synthetic(spec, "", directory).map([](const ResolvedCorpus& /*corpus*/) {});
  });
}

Result<ResolvedCorpus> corpus_in(const Layout& layout) {
  return named_images(layout).map([](std::vector<ResolvedImage> images) {
    return ResolvedCorpus{.images = std::move(images)};
  });
}

Result<void> compare_with_lock(const ResolvedCorpus& now, const ResolvedCorpus& lock) {
  for (const ResolvedImage& locked : lock.images) {
    const std::string name = image_name(locked.repository, locked.tag);
    const auto found = std::ranges::find_if(now.images, [&](const ResolvedImage& image) {
      return image.repository == locked.repository && image.tag == locked.tag;
    });
    if (found == now.images.end()) {
      return fail(ErrorCode::conflict, fmt::format("{} is locked but no longer there", name));
    }
    if (found->digest != locked.digest) {
      return tl::unexpected(tag_moved(name, found->digest, locked.digest));
    }
  }
  return {};
}

}  // namespace

Result<ResolvedCorpus> resolve_corpus(const CorpusSpec& spec, const CorpusContext& context) {
  Result<ResolvedCorpus> corpus;
  if (const auto* synthetic = std::get_if<SyntheticSpec>(&spec.source)) {
    corpus = synthetic_layout(*synthetic, context.cache_directory).and_then(corpus_in);
  } else if (const auto* local = std::get_if<LocalFileSpec>(&spec.source)) {
    corpus = local_layout(*local, context.cache_directory, context.files).and_then(corpus_in);
  } else {
    corpus = resolve_references(std::get<ReferenceSpec>(spec.source), context.access);
  }
  if (!corpus) {
    return fail(corpus.error(), fmt::format("corpus {}", spec.name));
  }
  corpus->name = spec.name;
  return corpus;
}

Result<Layout> provide_layout(const CorpusSpec& spec, const ResolvedCorpus& lock,
                              const CorpusContext& context) {
  Result<Layout> layout = fail(ErrorCode::internal, "no source");
  if (const auto* synthetic = std::get_if<SyntheticSpec>(&spec.source)) {
    layout = synthetic_layout(*synthetic, context.cache_directory);
  } else if (const auto* local = std::get_if<LocalFileSpec>(&spec.source)) {
    layout = local_layout(*local, context.cache_directory, context.files);
  } else {
    layout = pulled_layout(lock, context.cache_directory, context.access);
  }
  const Result<void> same = layout.and_then(corpus_in).and_then(
      [&](const ResolvedCorpus& now) { return compare_with_lock(now, lock); });
  if (!same) {
    return fail(same.error(), fmt::format("corpus {}", spec.name));
  }
  return layout;
}

Result<PushReport> materialise(const CorpusSpec& spec, const ResolvedCorpus& lock,
                               const CorpusContext& context, const Endpoint& target,
                               const PushOptions& options) {
  return provide_layout(spec, lock, context).and_then([&](const Layout& layout) {
    return push_images(layout, lock.images, target, options);
  });
}

Result<void> check_lock(Client& source, const ResolvedCorpus& lock) {
  for (const ResolvedImage& image : lock.images) {
    const Result<std::string> digest = source.manifest_digest(image.repository, image.tag);
    if (!digest) {
      return tl::unexpected(digest.error());
    }
    if (*digest != image.digest) {
      return tl::unexpected(
          tag_moved(fmt::format("{}/{}:{}", source.endpoint().host, image.repository, image.tag),
                    *digest, image.digest));
    }
  }
  return {};
}

}  // namespace ocibench::oci
