#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ocibench {

// What a campaign, a corpus and an assignment may ask for: the readers of their files and
// check_assignment() refuse what is beyond.

inline constexpr std::uint32_t kMinIterations = 3;  ///< of a campaign; one trial may have fewer
inline constexpr std::uint32_t kMaxIterations = 1000;
inline constexpr std::uint32_t kMaxRounds = 1000;
inline constexpr std::uint32_t kMaxAttempts = 100;
inline constexpr std::uint32_t kMaxConcurrency = 1000;
inline constexpr std::uint32_t kMaxPlannedLanes = 2000;
inline constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(24);
/// Of all untimed phases of a trial together, each iteration's own untimed run among them.
inline constexpr std::chrono::milliseconds kMaxOverheadTimeout = std::chrono::hours(24 * 366);

inline constexpr std::uint32_t kMaxCorpusImages = 1000;
inline constexpr std::uint32_t kMaxImageLayers = 127;  // what image builders and runtimes accept
inline constexpr std::uint64_t kMaxLayerBytes = 8'000'000'000;  ///< ustar ends at 8 GiB
inline constexpr std::uint64_t kMaxCorpusBytes = 4'000'000'000'000;
inline constexpr std::int32_t kMaxGzipLevel = 9;
inline constexpr std::size_t kMaxPlatforms = 16;
inline constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX of Linux without the final zero

inline constexpr std::size_t kMaxManifestBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxManifestsPerImage = 1000;
inline constexpr std::size_t kMaxDescriptors = 10'000;  ///< of one manifest
/// Of all blobs and manifests of a lock, each counted as often as it is named: any sum of sizes
/// fits 64 bits.
inline constexpr std::uint64_t kMaxLockedBytes = 64'000'000'000'000;

}  // namespace ocibench
