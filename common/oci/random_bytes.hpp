#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

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

}  // namespace ocibench::oci
