#include "protocol/codec.hpp"

#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "protocol/bounded_archive.hpp"
#include "protocol/crc32c.hpp"
#include "protocol/old_records.hpp"
#include "protocol/serialize.hpp"
#include "protocol/validate.hpp"

namespace ocibench::protocol {
namespace {

constexpr std::uint32_t kMagic = 0x4249434F;  // "OCIB" in memory

struct Header {
  std::uint32_t magic = kMagic;
  std::uint16_t version = 0;
  std::uint16_t kind = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t payload_crc = 0;
};
constexpr std::size_t kHeaderBytes = 16;

template <Fields Archive>
void serialize(Archive& archive, Header& header) {
  archive(header.magic, header.version, header.kind, header.payload_bytes, header.payload_crc);
}

/// The number is part of the format: never reuse one.
struct Kind {
  std::uint16_t number;
  const char* name;
};
template <class T>
constexpr Kind kKind{};
template <>
constexpr Kind kKind<Hello>{1, "hello"};
template <>
constexpr Kind kKind<Heartbeat>{2, "heartbeat"};
template <>
constexpr Kind kKind<RecordMessage>{3, "record message"};
template <>
constexpr Kind kKind<Goodbye>{4, "goodbye"};
template <>
constexpr Kind kKind<Welcome>{33, "welcome"};
template <>
constexpr Kind kKind<Assign>{34, "assign"};
template <>
constexpr Kind kKind<Ack>{35, "ack"};
template <>
constexpr Kind kKind<HeartbeatReply>{36, "heartbeat reply"};
template <>
constexpr Kind kKind<Cancel>{37, "cancel"};
template <>
constexpr Kind kKind<Dismiss>{38, "dismiss"};
template <>
constexpr Kind kKind<Begin>{39, "begin"};
template <>
constexpr Kind kKind<TrialStarted>{65, "trial started"};
template <>
constexpr Kind kKind<PhaseFinished>{66, "phase finished"};
template <>
constexpr Kind kKind<IterationFinishedV5>{67, "iteration finished"};
template <>
constexpr Kind kKind<IterationFinished>{71, "iteration finished"};
template <>
constexpr Kind kKind<ArtifactChunk>{68, "artifact chunk"};
template <>
constexpr Kind kKind<TrialFinished>{69, "trial finished"};
template <>
constexpr Kind kKind<WireObserved>{70, "wire observed"};
template <>
constexpr Kind kKind<CampaignStarted>{97, "campaign started"};
template <>
constexpr Kind kKind<TrialLeased>{98, "trial leased"};
template <>
constexpr Kind kKind<AttemptLost>{99, "attempt lost"};
template <>
constexpr Kind kKind<CampaignFinished>{100, "campaign finished"};

template <class Variant>
std::string encode_frame(const Variant& message, std::uint16_t version) {
  OCIBENCH_ASSERT(validate(message).has_value());
  std::string payload;
  BoundedWriter payload_writer(payload);
  Header header{.version = version};
  std::visit(
      [&]<class T>(const T& alternative) {
        payload_writer(alternative);
        header.kind = kKind<T>.number;
      },
      message);
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_crc = crc32c(payload);
  std::string frame;
  frame.reserve(kHeaderBytes + payload.size());
  BoundedWriter frame_writer(frame);
  frame_writer(header);
  return frame += payload;
}

tl::unexpected<Error> refuse(std::string why) { return fail(ErrorCode::bad_input, std::move(why)); }

Result<Header> read_header(std::string_view frame) {
  if (frame.size() < kHeaderBytes) {
    return refuse(fmt::format("a frame of {} bytes has no header", frame.size()));
  }
  Header header;
  BoundedReader reader(frame.substr(0, kHeaderBytes));
  reader(header);
  if (header.magic != kMagic) {
    return refuse("magic: this is not a frame of ocibench");
  }
  return header;
}

Result<void> check_protocol_version(const Header& header) {
  if (header.version != kProtocolVersion) {
    return refuse(
        fmt::format("version: the frame has protocol version {}, this program speaks {}; "
                    "install the same ocibench on both sides",
                    header.version, kProtocolVersion));
  }
  return {};
}

Result<void> check_current_format(const Header& header) {
  if (header.version != kRecordFormat) {
    return refuse(
        fmt::format("the record is of format {}, and only records of format {} are taken from "
                    "agents; install the same ocibench on both sides",
                    header.version, kRecordFormat));
  }
  return {};
}

Result<void> check_stored_format(const Header& header) {
  if (header.version > kRecordFormat) {
    return refuse(
        fmt::format("made by a newer ocibench (record format {}); this one reads up to "
                    "{}",
                    header.version, kRecordFormat));
  }
  if (header.version < kOldestRecordFormat) {
    return refuse(
        fmt::format("made by an older ocibench (record format {}); this one reads {} to {}",
                    header.version, kOldestRecordFormat, kRecordFormat));
  }
  return {};
}

Result<void> check_payload(const Header& header, std::string_view payload) {
  if (header.payload_bytes != payload.size()) {
    return refuse(fmt::format("payload length: {} bytes announced, {} there", header.payload_bytes,
                              payload.size()));
  }
  if (payload.size() > kMaxFrameBytes - kHeaderBytes) {
    return refuse(fmt::format("payload length: a frame is at most {} bytes", kMaxFrameBytes));
  }
  if (header.payload_crc != crc32c(payload)) {
    return refuse("checksum: the payload was damaged");
  }
  return {};
}

template <class T, class Variant>
Result<Variant> decode_payload(std::string_view payload, std::size_t max_text_bytes) {
  Variant message{std::in_place_type<T>};
  try {
    BoundedReader reader(payload, max_text_bytes);
    reader(std::get<T>(message));
    if (reader.bytes_left() != 0) {
      return refuse(fmt::format("{}: {} bytes too many", kKind<T>.name, reader.bytes_left()));
    }
  } catch (const cereal::Exception& error) {
    return refuse(fmt::format("{}: {}", kKind<T>.name, error.what()));
  }
  if (const Result<void> valid = validate(message); !valid) {
    return fail(valid.error(), kKind<T>.name);
  }
  return message;
}

template <class Variant>
struct FrameDecoder;

template <class... Ts>
struct FrameDecoder<std::variant<Ts...>> {
  using Message = std::variant<Ts...>;

  static Result<Message> decode(const Header& header, std::string_view payload,
                                std::size_t max_text_bytes) {
    struct Entry {
      std::uint16_t kind;
      Result<Message> (*decode)(std::string_view, std::size_t);
    };
    constexpr std::array kEntries{Entry{kKind<Ts>.number, &decode_payload<Ts, Message>}...};
    for (const Entry& entry : kEntries) {
      if (entry.kind == header.kind) {
        const Result<void> sound = check_payload(header, payload);
        return sound ? entry.decode(payload, max_text_bytes) : tl::unexpected(sound.error());
      }
    }
    return refuse(fmt::format("kind: {} is not expected here", header.kind));
  }
};

/// A header whose version `check` accepts.
Result<Header> checked_header(std::string_view frame, Result<void> (*check)(const Header&)) {
  Result<Header> header = read_header(frame);
  const Result<void> accepted = header ? check(*header) : Result<void>();
  return accepted ? header : tl::unexpected(accepted.error());
}

template <class Variant>
Result<Variant> decode_frame(std::string_view frame, Result<void> (*check)(const Header&)) {
  const Result<Header> header = checked_header(frame, check);
  return header ? FrameDecoder<Variant>::decode(*header, frame.substr(kHeaderBytes), kMaxTextBytes)
                : tl::unexpected(header.error());
}

/// A record of a journal, of which those of format 5 have shapes of their own.
template <class Current, class OfFormat5>
Result<Current> decode_stored(std::string_view frame) {
  const Result<Header> header = checked_header(frame, check_stored_format);
  if (!header) {
    return tl::unexpected(header.error());
  }
  const std::string_view payload = frame.substr(kHeaderBytes);
  if (header->version == kRecordFormat) {
    return FrameDecoder<Current>::decode(*header, payload, kMaxTextBytes);
  }
  Result<OfFormat5> old = FrameDecoder<OfFormat5>::decode(*header, payload, kMaxTextBytesV5);
  return old ? Result<Current>(to_current(*std::move(old))) : tl::unexpected(old.error());
}

}  // namespace

std::string encode(const AgentMessage& message) { return encode_frame(message, kProtocolVersion); }
std::string encode(const CoordinatorMessage& message) {
  return encode_frame(message, kProtocolVersion);
}
std::string encode_record(const AgentRecord& record) { return encode_frame(record, kRecordFormat); }
std::string encode_record(const CoordinatorRecord& record) {
  return encode_frame(record, kRecordFormat);
}

Result<AgentMessage> decode_agent_message(std::string_view frame) {
  return decode_frame<AgentMessage>(frame, check_protocol_version);
}

Result<CoordinatorMessage> decode_coordinator_message(std::string_view frame) {
  return decode_frame<CoordinatorMessage>(frame, check_protocol_version);
}

Result<AgentRecord> decode_agent_record(std::string_view frame) {
  return decode_frame<AgentRecord>(frame, check_current_format);
}

Result<AgentRecord> decode_stored_agent_record(std::string_view frame) {
  return decode_stored<AgentRecord, AgentRecordV5>(frame);
}

Result<CoordinatorRecord> decode_stored_coordinator_record(std::string_view frame) {
  return decode_stored<CoordinatorRecord, CoordinatorRecordV5>(frame);
}

Result<std::uint16_t> record_format(std::string_view frame) {
  const Result<Header> header = read_header(frame);
  return header ? Result<std::uint16_t>(header->version) : tl::unexpected(header.error());
}

}  // namespace ocibench::protocol
