#include "coordinator/analysis/finding.hpp"

#include "common/error.hpp"

namespace ocibench::coordinator {

std::string_view to_string(FindingCode code) {
  switch (code) {
    case FindingCode::journal_gap: return "journal_gap";
    case FindingCode::contradiction: return "contradiction";
    case FindingCode::calibration_failed: return "calibration_failed";
    case FindingCode::calibration_slow: return "calibration_slow";
    case FindingCode::unknown_trial: return "unknown_trial";
    case FindingCode::foreign_record: return "foreign_record";
    case FindingCode::late_record: return "late_record";
    case FindingCode::superseded_attempt: return "superseded_attempt";
    case FindingCode::untidy_end: return "untidy_end";
    case FindingCode::marked_iteration: return "marked_iteration";
    case FindingCode::missed_ticks: return "missed_ticks";
    case FindingCode::egress_implausible: return "egress_implausible";
    case FindingCode::egress_below_floor: return "egress_below_floor";
    case FindingCode::subject_differs: return "subject_differs";
    case FindingCode::machine_differs: return "machine_differs";
    case FindingCode::producer_differs: return "producer_differs";
    case FindingCode::host_shared: return "host_shared";
    case FindingCode::no_calibration: return "no_calibration";
    case FindingCode::campaign_open: return "campaign_open";
    case FindingCode::headline_template: return "headline_template";
  }
  OCIBENCH_ASSERT(false && "a FindingCode outside its enumerators");
}

bool invalidates(FindingCode code) {
  switch (code) {
    case FindingCode::journal_gap:
    case FindingCode::contradiction:
    case FindingCode::calibration_failed:
    case FindingCode::calibration_slow: return true;
    case FindingCode::unknown_trial:
    case FindingCode::foreign_record:
    case FindingCode::late_record:
    case FindingCode::superseded_attempt:
    case FindingCode::untidy_end:
    case FindingCode::marked_iteration:
    case FindingCode::missed_ticks:
    case FindingCode::egress_implausible:
    case FindingCode::egress_below_floor:
    case FindingCode::subject_differs:
    case FindingCode::machine_differs:
    case FindingCode::producer_differs:
    case FindingCode::host_shared:
    case FindingCode::no_calibration:
    case FindingCode::campaign_open:
    case FindingCode::headline_template: return false;
  }
  OCIBENCH_ASSERT(false && "a FindingCode outside its enumerators");
}

}  // namespace ocibench::coordinator
