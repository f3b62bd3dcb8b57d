#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/model/names.hpp"
#include "common/units.hpp"
#include "protocol/codec.hpp"
#include "protocol/messages.hpp"
#include "protocol/old_records.hpp"

namespace ocibench::protocol {

// What a message must hold beyond its form, in one place. The decoder refuses what fails here, and
// the encoder asserts it: what is stored can be read again. How long a text may be is part of the
// form (bounded_archive.hpp).

inline constexpr std::size_t kMaxListElements = 65'536;
/// A record and what RecordMessage puts around it fit into one frame.
inline constexpr std::size_t kMaxRecordBytes = kMaxFrameBytes - 4 * kKiB;
inline constexpr std::size_t kSha256Digits = 64;
/// SQLite stores sequence numbers as i64.
inline constexpr std::uint64_t kMaxSeq = std::uint64_t{1} << 62;
/// Any duration in a message can be converted to any unit without overflow.
inline constexpr std::chrono::hours kMaxDuration{24 * 366};
inline constexpr WallTime kMaxWallTime{
    std::chrono::milliseconds{253'402'300'799'999}};  // year 9999

/// Errors: bad_input naming the field.
Result<void> validate(const AgentMessage& message);
Result<void> validate(const CoordinatorMessage& message);
Result<void> validate(const AgentRecord& record);
Result<void> validate(const CoordinatorRecord& record);
Result<void> validate(const AgentRecordV5& record);

}  // namespace ocibench::protocol
