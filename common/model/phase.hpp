#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ocibench {

/// The steps of a trial, in their only order. populate, measure and verify repeat for every
/// iteration; measure is the only timed one.
enum class Phase : std::uint8_t { setup, prewarm, populate, measure, verify, teardown };

inline constexpr std::array kAllPhases = {Phase::setup,   Phase::prewarm, Phase::populate,
                                          Phase::measure, Phase::verify,  Phase::teardown};

std::string_view to_string(Phase phase);
std::optional<Phase> phase_from(std::string_view name);

}  // namespace ocibench
