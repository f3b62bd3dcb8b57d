#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/units.hpp"
#include "protocol/codec.hpp"
#include "protocol/messages.hpp"

namespace ocibench::protocol {

// What a message must hold beyond its form, in one place. The decoder refuses what fails here, and
// the encoder asserts it: what is stored can be read again.

inline constexpr std::size_t kMaxNameBytes = 64;  ///< agent, boot and campaign
inline constexpr std::size_t kMaxTrialIdBytes = 256;
inline constexpr std::size_t kMaxArtifactNameBytes = 128;
inline constexpr std::size_t kMaxTextBytes = kMiB;
inline constexpr std::size_t kMaxLongTextBytes = 6 * kMiB;  ///< plan.json, which holds the lock
inline constexpr std::size_t kMaxListElements = 65'536;
/// A record and what RecordMessage puts around it fit into one frame.
inline constexpr std::size_t kMaxRecordBytes = kMaxFrameBytes - 4 * kKiB;
inline constexpr std::uint64_t kMaxArtifactBytes = 1024 * kMiB;
/// SQLite stores sequence numbers as i64.
inline constexpr std::uint64_t kMaxSeq = std::uint64_t{1} << 62;
/// Any duration in a message can be converted to any unit without overflow.
inline constexpr std::chrono::hours kMaxDuration{24 * 366};
inline constexpr WallTime kMaxWallTime{
    std::chrono::milliseconds{253'402'300'799'999}};  // year 9999

/// [a-z0-9-]{1,64}: it is a ZeroMQ routing id, a file name and a column.
bool is_agent_name(std::string_view name);
/// [A-Za-z0-9._-]+ separated by '/', no part starting with a dot: it is a path in the bundle.
bool is_trial_id(std::string_view id);
/// [A-Za-z0-9._-]{1,128} that does not start with a dot: a plain file name.
bool is_artifact_name(std::string_view name);

/// Errors: bad_input naming the field.
Result<void> validate(const AgentMessage& message);
Result<void> validate(const CoordinatorMessage& message);
Result<void> validate(const AgentRecord& record);
Result<void> validate(const CoordinatorRecord& record);

}  // namespace ocibench::protocol
