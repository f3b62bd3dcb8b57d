#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "coordinator/analysis/aggregate.hpp"
#include "coordinator/analysis/campaign_state.hpp"
#include "coordinator/analysis/finding.hpp"

namespace ocibench::coordinator {

enum class VerdictKind : std::uint8_t {
  valid,       ///< every planned iteration is complete and our measuring was sound
  incomplete,  ///< sound, but some planned iterations have no number
  invalid,     ///< our own measuring was unsound: no number may be relied on
};

std::string_view to_string(VerdictKind kind);  ///< "VALID", "INCOMPLETE", "INVALID"

struct Verdict {
  VerdictKind kind = VerdictKind::invalid;
  std::uint32_t complete = 0;        ///< iterations that ended complete ...
  std::uint32_t planned = 0;         ///< ... of all that the plan asks for, calibration included
  bool interrupted = false;          ///< a person stopped the campaign
  std::vector<std::string> reasons;  ///< why it is not valid; empty when it is

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// "RESULT: VALID 30/30", "RESULT: INCOMPLETE 27/30".
std::string verdict_line(const Verdict& verdict);

/// 0 valid, 130 interrupted before it was complete, 2 everything else.
ExitCode exit_code(const Verdict& verdict);

/// The calibration tool that exits at once: what it takes is our own overhead.
inline constexpr std::string_view kNullTool = "null";
/// Spawning and reaping a process takes about a millisecond; a harness that needs this much is ill.
inline constexpr std::chrono::milliseconds kMaxNullWall{1000};

/// What the calibration tools say about the harness itself.
std::vector<Finding> check_calibration(const CampaignState& state,
                                       std::span<const Aggregate> aggregates);

/// `findings` are all of them: those that invalidate become reasons.
Verdict judge(const CampaignState& state, std::span<const Finding> findings);

}  // namespace ocibench::coordinator
