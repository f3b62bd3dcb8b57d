#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "protocol/codec.hpp"
#include "protocol/crc32c.hpp"

// Any bytes into all decoders. The length and the checksum are made right first: a fuzzer does not
// find a CRC. What is accepted has one form only, so it must encode to the same bytes again;
// records of an older format are written no more, and are only read.

namespace {

namespace protocol = ocibench::protocol;

constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kChecksumAt = 12;

void put_u32(std::string& frame, std::size_t at, std::uint32_t value) {
  for (std::size_t byte = 0; byte < sizeof(value); ++byte) {
    frame[at + byte] = static_cast<char>((value >> (8 * byte)) & 0xFF);
  }
}

void decode_with_all(std::string_view frame) {
  if (const auto message = protocol::decode_agent_message(frame)) {
    OCIBENCH_ASSERT(protocol::encode(*message) == frame);
  }
  if (const auto message = protocol::decode_coordinator_message(frame)) {
    OCIBENCH_ASSERT(protocol::encode(*message) == frame);
  }
  if (const auto record = protocol::decode_agent_record(frame)) {
    OCIBENCH_ASSERT(protocol::encode_record(*record) == frame);
  }
  const bool current = protocol::record_format(frame) == protocol::kRecordFormat;
  if (const auto record = protocol::decode_stored_agent_record(frame); record && current) {
    OCIBENCH_ASSERT(protocol::encode_record(*record) == frame);
  }
  if (const auto record = protocol::decode_stored_coordinator_record(frame); record && current) {
    OCIBENCH_ASSERT(protocol::encode_record(*record) == frame);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string frame(data, data + size);
  decode_with_all(frame);
  if (frame.size() >= kHeaderBytes) {
    const auto payload = std::string_view(frame).substr(kHeaderBytes);
    const std::uint32_t checksum = protocol::crc32c(payload);
    put_u32(frame, kLengthAt, static_cast<std::uint32_t>(payload.size()));
    put_u32(frame, kChecksumAt, checksum);
    decode_with_all(frame);
  }
  return 0;
}
