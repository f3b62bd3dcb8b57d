#pragma once

#include <cstdint>
#include <string_view>

namespace ocibench::protocol {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) as in RFC 3720, appendix B.4. It finds a
/// spool or a link that rots; it is no protection against intent.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace ocibench::protocol
