#pragma once

#include <string>
#include <string_view>

namespace ocibench::testing_support {

/// Decodes a frame as an agent does and, where it is an assignment that check_assignment() takes,
/// does with it what an agent does before it looks at the world: names the run's place, puts the
/// images there, and fills in the files of tools that take lists as YAML, JSON and lines. Asserts
/// that every place is below the target's namespace and that every file, parsed, says what the
/// assignment says. Returns what the assignment came to: "not an assignment", "refused: ...",
/// "cannot be placed: ..." or "rendered".
std::string exercise_assignment(std::string_view frame);

/// The frame with the length and the checksum that its payload has: a fuzzer does not find a CRC.
std::string sealed(std::string frame);

}  // namespace ocibench::testing_support
