#include "agent/options.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/tool_offers.hpp"

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "ocibench-agent");
  return parse_options(static_cast<int>(words.size()), words.data());
}

/// With everything that an agent needs before `words`.
Result<Options> parse_complete(const std::vector<const char*>& words) {
  std::vector<const char*> all = {"--connect",  "tcp://127.0.0.1:1", "--key",
                                  "lane-1.key", "--coordinator-key", "coordinator.pub"};
  all.insert(all.end(), words.begin(), words.end());
  return parse(std::move(all));
}

TEST(AgentOptions, NeedACoordinatorUnlessTheHostIsOnlyChecked) {
  EXPECT_EQ(parse({}).error().code, ErrorCode::usage);
  EXPECT_THAT(parse({}).error().message, HasSubstr("--connect"));
  const auto options = parse({"--check", "--json", "--offer", "crane"});
  ASSERT_TRUE(options) << options.error().message;
  const auto& check = std::get<CheckOptions>(*options);
  EXPECT_EQ(check.output, CheckOptions::Output::json);
  EXPECT_THAT(check.agent.offer, ElementsAre("crane"));
  EXPECT_EQ(parse({"--json", "--connect", "tcp://127.0.0.1:1"}).error().code, ErrorCode::usage);
}

TEST(AgentOptions, NeedKeys) {
  for (const std::vector<const char*>& keys :
       {std::vector<const char*>{}, {"--key", "k"}, {"--coordinator-key", "c"}}) {
    std::vector<const char*> words = {"--connect", "tcp://127.0.0.1:1"};
    words.insert(words.end(), keys.begin(), keys.end());
    const auto options = parse(words);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, ErrorCode::usage);
    EXPECT_THAT(options.error().message, HasSubstr("ocibench keygen NAME"));
  }
}

TEST(AgentOptions, TakeToolsAndFactsOneByOne) {
  const auto options = parse_complete({"--offer", "crane", "--fact", "network.path=vpc-endpoints",
                                       "--fact", "a.b=x=y", "--offer", "null"});
  ASSERT_TRUE(options) << options.error().message;
  const auto& agent = std::get<AgentOptions>(*options);
  EXPECT_THAT(agent.offer, ElementsAre("crane", "null"));
  EXPECT_THAT(agent.facts, ElementsAre(Pair("a.b", "x=y"), Pair("network.path", "vpc-endpoints")));
}

TEST(AgentOptions, TakeFoldersOfLocalFilesOneByOneAndNoneByThemselves) {
  const auto none = parse_complete({});
  EXPECT_THAT(std::get<AgentOptions>(*none).corpus_directories, testing::IsEmpty());
  const auto options = parse_complete({"--corpus-files", "/images", "--corpus-files", "more"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_THAT(std::get<AgentOptions>(*options).corpus_directories,
              ElementsAre("/images", std::filesystem::current_path() / "more"));
}

TEST(AgentOptions, TakeWhatToHideOneByOne) {
  const auto options = parse_complete({"--hide", "/a", "--hide", "b"});
  ASSERT_TRUE(options);
  EXPECT_THAT(std::get<AgentOptions>(*options).hidden,
              ElementsAre(std::filesystem::path("/a"), std::filesystem::path("b")));
}

TEST(AgentOptions, RefuseAFactThatIsNone) {
  for (const char* fact : {"x", "=x", "x=", "X=1", "x y=1"}) {
    const auto options = parse_complete({"--fact", fact});
    ASSERT_FALSE(options) << fact;
    EXPECT_THAT(options.error().message, HasSubstr("NAME=VALUE")) << fact;
  }
  EXPECT_FALSE(parse_complete({"--fact", "x=1", "--fact", "x=2"}));
}

TEST(ToolOffers, AreOnlyThoseThatAreNamed) {
  const std::vector<protocol::ToolOffer> tools = {{.name = "crane", .usable = true, .version = "1"},
                                                  {.name = "oras", .usable = true, .version = "2"}};
  EXPECT_EQ(offered(tools, {}), tools);
  const auto some = offered(tools, {"oras"});
  EXPECT_FALSE(some[0].usable);
  EXPECT_THAT(some[0].reason, HasSubstr("--offer"));
  EXPECT_EQ(some[1], tools[1]);
}

}  // namespace
}  // namespace ocibench::agent
