#pragma once

#include <filesystem>
#include <string>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/client.hpp"
#include "common/oci/layout.hpp"
#include "common/oci/local_files.hpp"
#include "common/oci/push.hpp"
#include "common/oci/registry_access.hpp"

namespace ocibench::oci {

/// What turning a CorpusSpec into digests or into images needs.
struct CorpusContext {
  std::filesystem::path cache_directory;  ///< made if absent; layouts of corpora live there
  RegistryAccess access;                  ///< for references
  LocalFileAccess files;                  ///< for local files
};

/// Every tag locked by digest, with its closure. Synthetic and local corpora are built into the
/// cache (or found there); references are only asked for manifests.
/// Errors: bad_input (spec, mixed hosts), those of Client, write_synthetic, import_docker_archive.
Result<ResolvedCorpus> resolve_corpus(const CorpusSpec& spec, const CorpusContext& context);

/// A layout that holds every blob of `lock`, whatever the spec's kind: synthetic and local ones are
/// built from the spec, references are pulled by digest. Images are named "repository:tag" in
/// its index. Errors: conflict "tag moved: ..." when the spec no longer gives the lock's digests.
Result<Layout> provide_layout(const CorpusSpec& spec, const ResolvedCorpus& lock,
                              const CorpusContext& context);

/// provide_layout(), then push_images() of all of the lock's images.
Result<PushReport> materialise(const CorpusSpec& spec, const ResolvedCorpus& lock,
                               const CorpusContext& context, const Endpoint& target,
                               const PushOptions& options = {});

/// HEADs every tag of `lock` at `source`. Errors: conflict "tag moved: host/repository:tag is
/// <digest> and was locked as <digest>".
Result<void> check_lock(Client& source, const ResolvedCorpus& lock);

}  // namespace ocibench::oci
