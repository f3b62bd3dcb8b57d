#pragma once

#include <filesystem>

#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/layout.hpp"
#include "common/oci/registry_access.hpp"

namespace ocibench::oci {

/// Asks the one registry that `spec` names for every manifest below every tag.
/// Errors: bad_input (a reference, several hosts), conflict "tag moved: ..." when a reference has a
/// digest that its tag no longer has, those of Client.
Result<ResolvedCorpus> resolve_references(const ReferenceSpec& spec, const RegistryAccess& access);

/// All of `lock` by digest from its source_host, in a layout below `cache`; pulled once.
/// Errors: those of Client, conflict (the lock names no host).
Result<Layout> pulled_layout(const ResolvedCorpus& lock, const std::filesystem::path& cache,
                             const RegistryAccess& access);

}  // namespace ocibench::oci
