#include "coordinator/plan/plan_text.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/toml.hpp"
#include "coordinator/plan/planner.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

std::string content_of(const std::string& path) {
  const auto text = read_file(std::string(OCIBENCH_SOURCE_DIR "/") + path, TomlDocument::kMaxBytes);
  EXPECT_TRUE(text.has_value()) << text.error().message;
  return text.value_or("");
}

std::string quickstart_text() {
  const auto campaign = parse_campaign(content_of("scenarios/campaigns/quickstart.toml"),
                                       "quickstart.toml", shipped_catalog());
  return plan_text(*make_plan(*campaign, shipped_catalog(), {.lock = made_corpus(6)}));
}

TEST(PlanText, OfTheQuickstartIsAsRecorded) {
  EXPECT_EQ(quickstart_text(), content_of("tests/golden/plan_quickstart.txt"));
}

TEST(PlanText, FitsEightyColumns) {
  std::istringstream lines(quickstart_text());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace
}  // namespace ocibench::coordinator
