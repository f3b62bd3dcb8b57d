#pragma once

#include <string>
#include <string_view>

#include "common/model/corpus.hpp"
#include "common/sha256.hpp"
#include "tests/support/shipped_catalog.hpp"

namespace ocibench::coordinator {

using testing_support::shipped_catalog;

inline std::string made_digest(std::string_view name) { return "sha256:" + sha256_hex(name); }

/// Images of one 10 MB layer that all share, one 30 MB layer of their own, and 1 kB of config.
inline ResolvedCorpus made_corpus(int images) {
  ResolvedCorpus corpus{.name = "quickstart"};
  for (int i = 1; i <= images; ++i) {
    const std::string number = std::to_string(i);
    ManifestInfo manifest{.digest = made_digest("manifest-" + number),
                          .media_type = "application/vnd.oci.image.manifest.v1+json",
                          .size_bytes = 500,
                          .blobs = {{made_digest("config-" + number), 1000},
                                    {made_digest("shared"), 10'000'000},
                                    {made_digest("layer-" + number), 30'000'000}}};
    corpus.images.push_back({.repository = "synthetic/image-" + number,
                             .tag = "1",
                             .digest = manifest.digest,
                             .manifests = {manifest}});
  }
  return corpus;
}

}  // namespace ocibench::coordinator
