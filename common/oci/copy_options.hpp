#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

namespace ocibench::oci {

/// What makes our copy fast. Each can be switched off, to see what it is worth, and each has a test
/// in tests/wire that sees its fast path in the registry's log and misses it when it is off.
enum class CopyOptimisation {
  skip_unchanged,  ///< a tag that has its digest at the target already costs a HEAD at either side
  by_digest,       ///< manifests are fetched by the digest that the HEAD gave, not by tag again
  one_check,       ///< what this run knows of a blob at the target is never asked for again
  shared_once,     ///< images wait for a blob that another image brings already
  mounts,          ///< a blob that another repository has by then is taken over from there
  streaming,       ///< bytes go from GET to PUT as they come, hashed on the way
  single_put,      ///< POST and one PUT with all bytes, no PATCH
  keep_alive,      ///< connections are used again
  parallel,        ///< several images and blobs at a time
};

inline constexpr std::array kAllCopyOptimisations = {
    CopyOptimisation::skip_unchanged, CopyOptimisation::by_digest,  CopyOptimisation::one_check,
    CopyOptimisation::shared_once,    CopyOptimisation::mounts,     CopyOptimisation::streaming,
    CopyOptimisation::single_put,     CopyOptimisation::keep_alive, CopyOptimisation::parallel};

/// "skip-unchanged" and back.
std::string_view to_string(CopyOptimisation optimisation);
std::optional<CopyOptimisation> copy_optimisation_from(std::string_view name);

struct CopyOptions {
  std::uint32_t connections = 4;  ///< to each side, at most; each a thread
  std::set<CopyOptimisation> without;

  [[nodiscard]] bool uses(CopyOptimisation optimisation) const {
    return !without.contains(optimisation);
  }
};

}  // namespace ocibench::oci
