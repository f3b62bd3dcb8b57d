#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/sampling/net_dev.hpp"

// The reader of all lines and the reader of one line agree, whatever the text is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto interfaces = ocibench::agent::parse_net_dev(text);
  if (interfaces) {
    for (const auto& [name, counters] : *interfaces) {
      OCIBENCH_ASSERT(ocibench::agent::find_in_net_dev(text, name).has_value());
    }
  }
  ocibench::agent::default_route_interface(text, text);
  return 0;
}
