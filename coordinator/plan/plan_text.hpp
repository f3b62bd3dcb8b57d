#pragma once

#include <string>

#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// What `ocibench plan` prints: trials in order, bytes, the expected time with the assumption
/// behind it, and the limits. At most 80 columns but for names that are longer themselves.
std::string plan_text(const Plan& plan);

}  // namespace ocibench::coordinator
