#pragma once

#include <cstddef>
#include <cstdint>

namespace ocibench::protocol {

/// What carries the frames between an agent and its coordinator.
enum class Link { loopback, ethernet };

// What /proc/net/dev counts for our frames. A frame of n bytes travels as
//
//   n + 33    a MESSAGE command of CurveZMQ: 8 bytes of name, 8 of nonce, 16 of authenticator,
//             1 of flags (https://rfc.zeromq.org/spec/26)
//   + 2 or 9  the header of a ZMTP frame of up to 255 bytes, or of a larger one
//             (https://rfc.zeromq.org/spec/37)
//   + 52      headers of IPv4 and of TCP with timestamps, for each segment; Linux has segments of
//             up to 64 KiB counted, because the network card cuts them up (segmentation offload)
//   + 14      on Ethernet its header; Linux counts none on the loopback interface
//
// An acknowledgement without data is one such set of headers. What an agent sends is answered
// before TCP would acknowledge it, so the answer carries the acknowledgement; what it receives it
// acknowledges on its own. No other bytes flow: ZMTP's heartbeats are off (zmq_socket.cpp).

/// What a frame of `frame_bytes` adds in the direction in which it travels.
std::uint64_t wire_bytes(std::size_t frame_bytes, Link link);

/// What acknowledging it adds in the other direction.
std::uint64_t acknowledgement_bytes(Link link);

}  // namespace ocibench::protocol
