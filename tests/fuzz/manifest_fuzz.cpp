// Whatever a registry sends as a manifest: parsed or refused, never a crash; and what was parsed is
// written and read again unchanged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/error.hpp"
#include "common/oci/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto manifest = ocibench::oci::parse_manifest(body, "");
  if (manifest) {
    const auto again = ocibench::oci::parse_manifest(ocibench::oci::write_manifest(*manifest),
                                                     manifest->media_type);
    OCIBENCH_ASSERT(again == manifest);
    const auto info = ocibench::oci::to_info(*manifest, "", size);
    OCIBENCH_ASSERT(info.blobs.size() <= manifest->layers.size() + 1);
  }
  return 0;
}
