#include "common/oci/random_bytes.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "common/sha256.hpp"

namespace ocibench::oci {

static_assert(std::endian::native == std::endian::little, "fill() copies words as they are");

RandomBytes::RandomBytes(std::string_view seed) {
  const std::string hex = sha256_hex(seed);
  std::uint64_t word = 0;
  std::from_chars(hex.data(), hex.data() + 16, word, 16);
  for (std::uint64_t& each : state_) {  // splitmix64, Vigna 2015
    word += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    each = mixed ^ (mixed >> 31U);
  }
}

std::uint64_t RandomBytes::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void RandomBytes::fill(std::span<char> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t word = next();
    const std::size_t count = std::min(bytes.size(), sizeof word);
    std::memcpy(bytes.data(), &word, count);
    bytes = bytes.subspan(count);
  }
}

Result<void> send_blocks(std::uint64_t bytes, const std::function<void(std::span<char>)>& fill,
                         const ByteSink& sink) {
  constexpr std::size_t kBlockBytes = 64 * 1024;
  std::vector<char> block(kBlockBytes);
  for (std::uint64_t left = bytes; left > 0;) {
    const std::size_t count = std::min<std::uint64_t>(left, kBlockBytes);
    fill(std::span(block).first(count));
    if (auto sent = sink({block.data(), count}); !sent) {
      return sent;
    }
    left -= count;
  }
  return {};
}

}  // namespace ocibench::oci
