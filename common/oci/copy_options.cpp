#include "common/oci/copy_options.hpp"

#include <algorithm>

namespace ocibench::oci {

std::string_view to_string(CopyOptimisation optimisation) {
  switch (optimisation) {
    case CopyOptimisation::skip_unchanged: return "skip-unchanged";
    case CopyOptimisation::by_digest: return "by-digest";
    case CopyOptimisation::one_check: return "one-check";
    case CopyOptimisation::shared_once: return "shared-once";
    case CopyOptimisation::mounts: return "mounts";
    case CopyOptimisation::streaming: return "streaming";
    case CopyOptimisation::single_put: return "single-put";
    case CopyOptimisation::keep_alive: return "keep-alive";
    case CopyOptimisation::parallel: return "parallel";
  }
  return "?";
}

std::optional<CopyOptimisation> copy_optimisation_from(std::string_view name) {
  const auto* const found =
      std::ranges::find(kAllCopyOptimisations, name,
                        [](CopyOptimisation optimisation) { return to_string(optimisation); });
  return found == kAllCopyOptimisations.end() ? std::nullopt : std::optional(*found);
}

}  // namespace ocibench::oci
