#pragma once

#include <string>

namespace ocibench::testing_support {

/// The program of test_tool.cpp, which does to order what tools do.
inline const std::string kTestTool = OCIBENCH_BINARY_DIR "/ocibench-test-tool";

}  // namespace ocibench::testing_support
