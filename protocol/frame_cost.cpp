#include "protocol/frame_cost.hpp"

namespace ocibench::protocol {
namespace {

constexpr std::uint64_t kCurveMessage = 33;
constexpr std::uint64_t kLongestShortFrame = 255;
constexpr std::uint64_t kShortFrameHeader = 2;
constexpr std::uint64_t kLongFrameHeader = 9;
constexpr std::uint64_t kIpAndTcpHeaders = 20 + 32;
constexpr std::uint64_t kEthernetHeader = 14;
constexpr std::uint64_t kLargestSegment = 65'536 - kIpAndTcpHeaders;

}  // namespace

std::uint64_t wire_bytes(std::size_t frame_bytes, Link link) {
  const std::uint64_t message = frame_bytes + kCurveMessage;
  const std::uint64_t stream =
      message + (message <= kLongestShortFrame ? kShortFrameHeader : kLongFrameHeader);
  const std::uint64_t segments = (stream + kLargestSegment - 1) / kLargestSegment;
  return stream + segments * acknowledgement_bytes(link);
}

std::uint64_t acknowledgement_bytes(Link link) {
  return kIpAndTcpHeaders + (link == Link::ethernet ? kEthernetHeader : 0);
}

}  // namespace ocibench::protocol
