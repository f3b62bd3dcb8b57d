#include "common/oci/tar.hpp"

#include <cstddef>
#include <numeric>

#include <fmt/format.h>

namespace ocibench::oci {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kChecksumAt = 148;

}  // namespace

std::string tar_header(std::string_view name, std::uint64_t file_bytes) {
  OCIBENCH_ASSERT(name.size() <= kNameBytes && file_bytes <= kMaxTarFileBytes);
  std::string header(kBlock, '\0');
  const auto put = [&header](std::size_t at, std::string_view text) {
    header.replace(at, text.size(), text);
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", file_bytes));
  put(136, "00000000000");
  put(kChecksumAt, "        ");  // counts as spaces while it is computed
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  const unsigned int sum = std::accumulate(
      header.begin(), header.end(), 0U,
      [](unsigned int total, char c) { return total + static_cast<unsigned char>(c); });
  put(kChecksumAt, fmt::format("{:06o}", sum));
  header[kChecksumAt + 6] = '\0';
  return header;
}

std::string tar_padding(std::uint64_t file_bytes) {
  return std::string((kBlock - file_bytes % kBlock) % kBlock, '\0');
}

std::string tar_end() { return std::string(2 * kBlock, '\0'); }

}  // namespace ocibench::oci
