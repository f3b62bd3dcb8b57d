#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "protocol/messages.hpp"

namespace ocibench::protocol {

// A frame is a fixed little-endian header, then the payload that cereal writes:
//   magic "OCIB" u32 | version u16 | kind u16 | payload length u32 | CRC-32C of payload u32
// The version of a message is kProtocolVersion, that of a record is kRecordFormat. Decoding never
// allocates more than the bytes that are there, checks every length, enum, bool, UTF-8 text and
// finite number, and refuses trailing bytes. Errors: bad_input with the field's name.

inline constexpr std::uint16_t kProtocolVersion = 6;
/// Of the records in spool and journal, a number of its own: the wire may change while what was
/// stored stays readable.
inline constexpr std::uint16_t kRecordFormat = 6;
/// Stored records are read from this format on. Until then they carried the wire's version.
inline constexpr std::uint16_t kOldestRecordFormat = 5;
/// No frame is larger; the transport refuses more (a lock of some thousand images fits).
inline constexpr std::size_t kMaxFrameBytes = 8 * 1024 * 1024;

/// Requires: validate() holds (validate.hpp), or the other side would refuse it; asserted. Text
/// that is not UTF-8 is repaired with '?', and a text too long for its kind is cut
/// (bounded_archive.hpp). The result may exceed kMaxFrameBytes: the transport
/// refuses it.
std::string encode(const AgentMessage& message);
std::string encode(const CoordinatorMessage& message);
Result<AgentMessage> decode_agent_message(std::string_view frame);
Result<CoordinatorMessage> decode_coordinator_message(std::string_view frame);

// Records as they lie in the spool and in the journal: the same envelope, other kinds.
std::string encode_record(const AgentRecord& record);
std::string encode_record(const CoordinatorRecord& record);
/// What an agent sends: of kRecordFormat only, so that no agent can leave out what a newer kind of
/// record must hold.
Result<AgentRecord> decode_agent_record(std::string_view frame);
/// What a journal holds, written by this or by an earlier ocibench: see old_records.hpp.
Result<AgentRecord> decode_stored_agent_record(std::string_view frame);
Result<CoordinatorRecord> decode_stored_coordinator_record(std::string_view frame);
/// The format that a record was written in, whether this program can read it or not.
/// Errors: bad_input when it is no record.
Result<std::uint16_t> record_format(std::string_view frame);

}  // namespace ocibench::protocol
