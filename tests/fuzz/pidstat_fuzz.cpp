#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/sampling/pidstat.hpp"

// Whatever pidstat prints: no crash, and no row with a number that makes no sense.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rows = ocibench::agent::parse_pidstat(text);
  if (rows) {
    for (const auto& row : *rows) {
      OCIBENCH_ASSERT(row.pid > 0 && row.time >= 0 && std::isfinite(row.cpu_percent));
    }
  }
  return 0;
}
