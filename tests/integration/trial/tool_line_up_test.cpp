// Every tool of competitors/ that is installed here copies the corpus `tiny` cold between two real
// registries, and the proof by digest holds.

#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/gzip.hpp"
#include "tests/support/trial_world.hpp"

namespace ocibench::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kPlain = "plain";
constexpr const char* kTls = "tls";

std::string unpacked(std::string_view compressed) {
  std::string text;
  GzipDecompressor stream(1'000'000, [&](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  });
  EXPECT_TRUE(stream.write(compressed) && stream.finish());
  return text;
}

std::vector<std::string> sync_tools() {
  const auto shipped = catalog::Catalog::load(OCIBENCH_SOURCE_DIR);
  std::vector<std::string> names;
  for (const auto& [name, tool] : shipped.value().tools()) {
    if (tool.kind == catalog::ToolKind::sync) {
      names.push_back(name);
    }
  }
  return names;
}

class ToolLineUp : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void SetUp() override {
    world.assignment.registry.tls = std::get<1>(GetParam()) == kTls;
    const catalog::ToolDefinition& tool = world.catalog().tools().at(name());
    if (tool.needs_tls && !world.assignment.registry.tls) {
      GTEST_SKIP() << name() << " speaks only TLS";
    }
    if (const auto found = world.subjects.find(world.catalog(), tool); !found) {
      GTEST_SKIP() << found.error().message;
    }
  }
  ~ToolLineUp() override { EXPECT_THAT(world.leftovers(), IsEmpty()); }

  [[nodiscard]] const std::string& name() const { return std::get<0>(GetParam()); }

  TrialWorld world;
};

TEST_P(ToolLineUp, CopiesEverything) {
  world.run(name());
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete})
      << testing::PrintToString(iteration.last_log_lines);
  EXPECT_THAT(world.reporter.all<TrialStarted>().at(0).subject.label, HasSubstr(name()));
}

TEST_P(ToolLineUp, TellsWhichImagesAreFinished) {
  const auto& completion = world.catalog().tools().at(name()).completion;
  if (!completion) {
    GTEST_SKIP() << name() << " does not tell";
  }
  world.run(name());
  const bool out = completion->stream == catalog::LogStream::out;
  const std::string log =
      unpacked(world.reporter.artifact(out ? "stdout.log.gz" : "stderr.log.gz"));
  EXPECT_THAT(catalog::finished_images(*completion, log).value(),
              SizeIs(world.lock().images.size()))
      << log;
}

INSTANTIATE_TEST_SUITE_P(Tools, ToolLineUp,
                         testing::Combine(testing::ValuesIn(sync_tools()),
                                          testing::Values(kPlain, kTls)),
                         [](const auto& test_case) {
                           std::string test = std::get<0>(test_case.param);
                           std::erase(test, '-');
                           return test + "_" + std::get<1>(test_case.param);
                         });

}  // namespace
}  // namespace ocibench::agent
