#pragma once

#include <string>

#include "common/model/corpus.hpp"
#include "tests/support/shipped_catalog.hpp"

namespace ocibench::coordinator {

using testing_support::shipped_catalog;

/// Images of one 10 MB layer that all share, one 30 MB layer of their own, and 1 kB of config.
inline ResolvedCorpus made_corpus(int images) {
  ResolvedCorpus corpus{.name = "quickstart"};
  for (int i = 1; i <= images; ++i) {
    const std::string number = std::to_string(i);
    ManifestInfo manifest{.digest = "sha256:manifest-" + number,
                          .media_type = "application/vnd.oci.image.manifest.v1+json",
                          .size_bytes = 500,
                          .blobs = {{"sha256:config-" + number, 1000},
                                    {"sha256:shared", 10'000'000},
                                    {"sha256:layer-" + number, 30'000'000}}};
    corpus.images.push_back({.repository = "synthetic/image-" + number,
                             .tag = "1",
                             .digest = manifest.digest,
                             .manifests = {manifest}});
  }
  return corpus;
}

}  // namespace ocibench::coordinator
