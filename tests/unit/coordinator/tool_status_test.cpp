#include "coordinator/tool_status.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::coordinator {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class ToolStatusTest : public testing::Test {
 protected:
  Result<std::vector<ToolStatus>> statuses(const std::vector<std::string>& names) {
    return tool_statuses(catalog, finder, names);
  }

  catalog::Catalog catalog = catalog::Catalog::load(OCIBENCH_SOURCE_DIR).value();
  catalog::SubjectFinder finder{{.path = "/nowhere"},
                                [](const auto&) -> Result<std::string> { return "1.0.0"; }};
};

TEST_F(ToolStatusTest, ListsEveryToolAndRegistryInEightyColumns) {
  const auto all = statuses({}).value();
  EXPECT_EQ(all.size(), catalog.tools().size() + catalog.registries().size());
  std::string text = list_text(all);
  EXPECT_THAT(text, HasSubstr("crane           sync         no executable crane on the PATH; to "
                              "install it:\n                             ocibench tools install "
                              "crane\n"));
  EXPECT_THAT(text, HasSubstr("null            calibration  null (/bin/true)\n"));
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
    EXPECT_LE(end, 80U) << text.substr(0, end);
    text.erase(0, end + 1);
  }
}

TEST_F(ToolStatusTest, ChecksWhatIsAskedForAndKnowsNothingElse) {
  EXPECT_THAT(statuses({"null"}).value(), SizeIs(1));
  EXPECT_THAT(statuses({"crane", "docker-registry"}).value(), SizeIs(2));
  EXPECT_THAT(statuses({"cranee"}).error().message, HasSubstr("did you mean `crane`?"));
}

TEST_F(ToolStatusTest, ShowsWhatWouldBeRun) {
  const std::string text = check_text(statuses({"sleep"}).value().front());
  EXPECT_THAT(text, HasSubstr("sleep (calibration): usable\n"));
  EXPECT_THAT(text, HasSubstr("command     /bin/sleep 1\n"));
  EXPECT_THAT(text, HasSubstr("environment, and nothing else\n"));
}

TEST_F(ToolStatusTest, SaysWhatIsMissingAndHowItIsPinned) {
  const std::string text = check_text(statuses({"crane"}).value().front());
  EXPECT_THAT(text, HasSubstr("crane (sync): not usable\n"));
  EXPECT_THAT(text, HasSubstr("cmd/crane@v0.21.9"));
  EXPECT_THAT(text, HasSubstr("at most 8 blobs"));
}

TEST_F(ToolStatusTest, IsCompleteAsJson) {
  const Json json = status_json(statuses({"sleep"}).value().front());
  EXPECT_EQ(json.at("usable"), true);
  EXPECT_EQ(json.at("command"), "/bin/sleep 1");
  EXPECT_EQ(json.at("binaries").at(0).at("path"), "/bin/sleep");
}

}  // namespace
}  // namespace ocibench::coordinator
