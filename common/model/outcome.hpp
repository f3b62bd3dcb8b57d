#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocibench {

/// What became of an iteration or a trial. Only `complete` ones enter a median.
enum class OutcomeKind : std::uint8_t {
  complete,   ///< the tool succeeded and every expected byte was proven to be at the target
  partial,    ///< some, not all, of the expected content is at the target
  failed,     ///< the tool said so itself (exit code or signal)
  timed_out,  ///< killed at its deadline
  lost,       ///< the agent that ran it went away
  invalid,    ///< the tool claimed success and nothing arrived, or we could not measure soundly
  not_run,    ///< never started
};

inline constexpr std::array kAllOutcomeKinds = {
    OutcomeKind::complete, OutcomeKind::partial, OutcomeKind::failed, OutcomeKind::timed_out,
    OutcomeKind::lost,     OutcomeKind::invalid, OutcomeKind::not_run};

std::string_view to_string(OutcomeKind kind);
std::optional<OutcomeKind> outcome_kind_from(std::string_view name);

struct Outcome {
  OutcomeKind kind = OutcomeKind::not_run;
  std::string cause;     ///< one sentence; empty only when complete
  std::string evidence;  ///< name of an artefact of the iteration, "stderr.log.gz", or empty;
                         ///< reports make it the path in the bundle

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome not_run(std::string cause);

}  // namespace ocibench
