#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "common/model/assignment.hpp"
#include "common/model/ids.hpp"
#include "common/model/record.hpp"
#include "common/units.hpp"

namespace ocibench::coordinator {

/// What one iteration may bring beside its artefacts: its phases and what became of it.
inline constexpr std::uint64_t kIterationRecordBytes = kMiB;
/// What an attempt may bring beside its iterations: its start with the host's environment, the
/// phases around the iterations, what a run that only observes has seen, and its end.
inline constexpr std::uint64_t kAttemptRecordBytes = 32 * kMiB;
/// What the journal needs for a record beside its bytes.
inline constexpr std::uint64_t kBytesAroundRecord = 128;

/// How many bytes of records an attempt at `trial` may bring, so that no agent can fill the disk
/// that the journal lies on. An agent of ours cuts its artefacts long before.
std::uint64_t record_budget_bytes(const Trial& trial);

/// Which process of which agent was given which attempt, and how many bytes of records of it are
/// still taken. A journal is given back to it record by record.
class RecordAllowance {
 public:
  enum class Answer {
    taken,
    never_given,  ///< that process was never given that attempt
    used_up,      ///< its budget has not this much left
  };

  /// A lease, whatever has become of it: late records of an attempt that was lost are kept, too.
  void give(const AttemptId& attempt, const AgentName& agent, const BootId& boot,
            std::uint64_t budget_bytes);
  /// Whether that process was given anything at all.
  [[nodiscard]] bool knows(const AgentName& agent, const BootId& boot) const;
  /// Takes a record of `payload_bytes` off the attempt's budget, unless the answer is another.
  Answer take(const AttemptId& attempt, const AgentName& agent, const BootId& boot,
              std::size_t payload_bytes);

 private:
  struct Given {
    AgentName agent;
    BootId boot;
    std::uint64_t left_bytes = 0;
  };
  std::map<AttemptId, Given> attempts_;
  std::set<std::pair<AgentName, BootId>> processes_;
};

}  // namespace ocibench::coordinator
