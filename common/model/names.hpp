#pragma once

#include <cstddef>
#include <string_view>

namespace ocibench {

// The grammar of our own names, in one place for whoever reads them: frames, key files, options,
// assignments. That of OCI's names is in common/model/reference.hpp.

inline constexpr std::size_t kMaxNameBytes = 64;  ///< agent, boot and campaign
inline constexpr std::size_t kMaxTrialIdBytes = 256;
inline constexpr std::size_t kMaxArtifactNameBytes = 128;

/// [a-z0-9-]{1,64}: it is a ZeroMQ routing id, a file name and a column.
bool is_agent_name(std::string_view name);
/// [A-Za-z0-9_-]{0,64}, of a campaign or a boot; where it must not be empty, its reader says so.
bool is_id(std::string_view text);
/// [A-Za-z0-9._-]+ separated by '/', no part starting with a dot: it is a path in the bundle.
bool is_trial_id(std::string_view id);
/// [A-Za-z0-9._-]{1,128} that does not start with a dot: a plain file name.
bool is_artifact_name(std::string_view name);
/// Exactly so many of 0-9 and a-f.
bool is_lower_hex(std::string_view text, std::size_t digits);

}  // namespace ocibench
