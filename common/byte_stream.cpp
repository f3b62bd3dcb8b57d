#include "common/byte_stream.hpp"

#include <algorithm>
#include <vector>

namespace ocibench {
namespace {

constexpr std::size_t kPumpBytes = 256 * 1024;

}  // namespace

Result<void> pump(const ByteSource& source, const ByteSink& sink) {
  std::vector<char> buffer(kPumpBytes);
  for (;;) {
    const Result<std::size_t> got = source(buffer);
    if (!got) {
      return tl::unexpected(got.error());
    }
    if (*got == 0) {
      return {};
    }
    if (Result<void> taken = sink({buffer.data(), *got}); !taken) {
      return taken;
    }
  }
}

ByteSource source_of(std::string_view text) {
  return [text](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t count = text.copy(buffer.data(), buffer.size());
    text.remove_prefix(count);
    return count;
  };
}

}  // namespace ocibench
