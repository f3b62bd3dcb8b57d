#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ocibench::coordinator {

/// Something a reader of the numbers has to know. The names are part of the schema of summary.json.
enum class FindingCode : std::uint8_t {
  journal_gap,         ///< records are missing inside a stream
  contradiction,       ///< two claims cannot both be true
  calibration_failed,  ///< a tool that cannot fail did
  calibration_slow,    ///< the harness itself takes longer than kMaxNullWall
  unknown_trial,       ///< records of a trial that is not in the plan; kept, not counted
  foreign_record,      ///< records of an attempt by an agent that it was not leased to
  late_record,         ///< records that came after their attempt was given up; kept, not counted
  superseded_attempt,  ///< an attempt whose results another attempt replaced; kept, not counted
  untidy_end,          ///< a trial ended badly after all its iterations were complete
  marked_iteration,    ///< a validity counter moved during an iteration
  missed_ticks,        ///< the sampler could not keep its pace
  egress_implausible,  ///< bytes sent do not fit what had to be moved
  egress_below_floor,  ///< an iteration without a number: its content came another way
  subject_differs,     ///< one tool name, several binaries or versions
  machine_differs,     ///< the agents are not of one instance type
  producer_differs,    ///< the campaign was resumed by another build of ocibench
  host_shared,         ///< another lane was at work on the same host during an iteration
  no_calibration,      ///< no null tool in the plan: the harness's own overhead is unknown
  campaign_open,       ///< the journal does not hold the end of the campaign
  headline_template,   ///< the scenario's headline could not be filled
};

std::string_view to_string(FindingCode code);

/// True for findings that say that our own measuring was unsound: the campaign is then INVALID.
bool invalidates(FindingCode code);

struct Finding {
  FindingCode code = FindingCode::contradiction;
  std::string where;  ///< "cold/skopeo/r1 attempt 1 iteration 3", a stream, or a tool
  std::string text;   ///< one sentence

  friend bool operator==(const Finding&, const Finding&) = default;
};

}  // namespace ocibench::coordinator
