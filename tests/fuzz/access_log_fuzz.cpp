#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/observe/access_log.hpp"
#include "agent/observe/tally.hpp"

// Whatever stands in an access log: no crash, and every request that was read is counted once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto requests = ocibench::agent::parse_access_log(text);
  if (requests) {
    const auto seen =
        ocibench::agent::tally({.source = *requests, .target = *requests}, ocibench::WallTime{});
    std::uint64_t counted = 0;
    for (const auto& count : seen.requests) {
      counted += count.count;
    }
    const auto none = std::ranges::count(*requests, "", &ocibench::agent::LoggedRequest::method);
    OCIBENCH_ASSERT(counted == 2 * (requests->size() - static_cast<std::size_t>(none)));
  }
  return 0;
}
