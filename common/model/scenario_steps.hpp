#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ocibench {

/// What is at the target before the time is taken.
enum class Populate : std::uint8_t {
  nothing,  ///< the target is empty
  corpus,   ///< the tool itself has synced the corpus once, untimed
};

/// What the tool finds of its own (caches, home) when the time is taken.
enum class ToolState : std::uint8_t {
  fresh,  ///< nothing
  kept,   ///< what its untimed run has left
};

/// Where the timed run puts the images.
enum class Destination : std::uint8_t {
  same,   ///< where the untimed run has put them
  other,  ///< in repositories of the same registry that do not exist yet
};

/// When the timed run of an iteration begins.
enum class Start : std::uint8_t {
  when_ready,  ///< as soon as this lane has prepared it
  together,    ///< at one moment on all lanes that have a trial of the same round
};

inline constexpr std::array kAllPopulates = {Populate::nothing, Populate::corpus};
inline constexpr std::array kAllToolStates = {ToolState::fresh, ToolState::kept};
inline constexpr std::array kAllDestinations = {Destination::same, Destination::other};
inline constexpr std::array kAllStarts = {Start::when_ready, Start::together};

std::string_view to_string(Populate populate);        ///< "nothing", "corpus"
std::string_view to_string(ToolState state);          ///< "fresh", "kept"
std::string_view to_string(Destination destination);  ///< "same", "other"
std::string_view to_string(Start start);              ///< "when-ready", "together"

/// What an agent does around the timed run of a scenario.
struct ScenarioSteps {
  Populate populate = Populate::nothing;
  ToolState tool_state = ToolState::fresh;
  Destination destination = Destination::same;
  Start start = Start::when_ready;

  friend bool operator==(const ScenarioSteps&, const ScenarioSteps&) = default;
};

}  // namespace ocibench
