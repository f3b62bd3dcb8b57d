// The third part of the dispatcher: which records are taken, and what becomes of an agent that
// sends others.

#include <fmt/format.h>

#include "common/units.hpp"
#include "coordinator/dispatch/dispatcher.hpp"

namespace ocibench::coordinator {

/// Takes the record off its attempt's budget. Empty when it may go to the journal; otherwise why
/// not, as a sentence about `agent`.
std::string Dispatcher::why_not_taken(const AgentName& agent, const BootId& boot,
                                      const AttemptId& id, std::size_t payload_bytes) {
  switch (allowance_.take(id, agent, boot, payload_bytes)) {
    case RecordAllowance::Answer::taken: return {};
    case RecordAllowance::Answer::never_given:
      return fmt::format("agent {} sent a record of attempt {} at {}, which it was never given",
                         agent.str(), id.attempt, id.trial.str());
    case RecordAllowance::Answer::used_up: break;
  }
  const std::uint64_t budget = record_budget_bytes(plan_.trials[*find_trial(id.trial)]);
  return fmt::format("agent {} sent more than {} of records of attempt {} at {}", agent.str(),
                     format_bytes(budget), id.attempt, id.trial.str());
}

/// For the rest of the campaign: what it sent lies at the head of its spool, so that it would send
/// the same again. The journal keeps why, also where no attempt is lost by it.
void Dispatcher::turn_away(const AgentName& agent, const BootId& boot, const std::string& cause,
                           Now now, Actions& out) {
  lanes_.at(agent).turned_away = cause;
  out.emplace_back(Send{agent, protocol::Dismiss{.boot = boot, .reason = cause, .refused = true}});
  lose_lane(agent, cause, now, out);
  out.emplace_back(Note{.key = fmt::format("turned away/{}", agent.str()), .text = cause});
}

}  // namespace ocibench::coordinator
