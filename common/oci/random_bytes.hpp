#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "common/byte_stream.hpp"
#include "common/error.hpp"

namespace ocibench::oci {

/// xoshiro256** 1.0 (Blackman and Vigna, prng.di.unimi.it), as bytes in little-endian order. Part
/// of the seed contract of synthetic images: its output must never change.
class RandomBytes {
 public:
  /// Seeded with splitmix64 from the first eight bytes (big-endian) of sha256(`seed`).
  explicit RandomBytes(std::string_view seed);

  [[nodiscard]] std::uint64_t next();
  /// Eight bytes per step; the rest of the last step is dropped.
  void fill(std::span<char> bytes);

 private:
  std::array<std::uint64_t, 4> state_{};
};

/// Sends so many bytes, block by block, each as `fill` has left it.
Result<void> send_blocks(std::uint64_t bytes, const std::function<void(std::span<char>)>& fill,
                         const ByteSink& sink);

}  // namespace ocibench::oci
