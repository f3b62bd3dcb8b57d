#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/support/assignment_exercise.hpp"

// What a coordinator that means harm may send: refused, or harmless to every file and place that an
// agent makes of it. The seeds are legal assignments, so a mutation is one field away from one.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string frame(data, data + size);
  static_cast<void>(
      ocibench::testing_support::exercise_assignment(ocibench::testing_support::sealed(frame)));
  return 0;
}
