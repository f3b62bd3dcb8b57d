#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "coordinator/image_command.hpp"
#include "coordinator/local_agent.hpp"
#include "coordinator/options.hpp"
#include "coordinator/progress.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::SizeIs;

Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "ocibench");
  return parse_options(static_cast<int>(words.size()), words.data());
}

TEST(Options, ReadsARunInLocalMode) {
  const auto options = parse({"run", "--local", "c.toml", "--results", "out", "--json"});
  ASSERT_TRUE(options.has_value());
  const auto& run = std::get<RunOptions>(*options);
  EXPECT_EQ(run.agents, RunOptions::Agents::local);
  EXPECT_EQ(run.campaign, "c.toml");
  EXPECT_EQ(run.results, "out");
  EXPECT_EQ(run.common.output, Output::json);
}

TEST(Options, ResumesTheNewestRunOrTheOneNamed) {
  EXPECT_TRUE(std::get<RunOptions>(*parse({"run", "--resume"})).resume);
  EXPECT_EQ(std::get<RunOptions>(*parse({"run", "--resume", "r"})).resume_run, "r");
}

TEST(Options, PutsTheTargetOneLevelFurtherDown) {
  EXPECT_EQ(std::get<RunOptions>(*parse({"run", "--local", "c.toml"})).target_below, "");
  EXPECT_EQ(std::get<RunOptions>(*parse({"run", "--local", "c.toml", "--target-below", "r1"}))
                .target_below,
            "r1");
  EXPECT_TRUE(parse({"run", "--resume", "--target-below", "r1"})) << "a unit passes it each time";
  for (const char* wrong : {"", "/", "A", "../b", "a b"}) {
    EXPECT_EQ(parse({"run", "--local", "c.toml", "--target-below", wrong}).error().code,
              ErrorCode::usage);
  }
}

TEST(Options, NeedLocalModeOrKeysForARun) {
  const auto options = parse({"run", "c.toml"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, ErrorCode::usage);
  EXPECT_THAT(options.error().message, HasSubstr("--local"));
  EXPECT_THAT(options.error().message, HasSubstr("ocibench keygen coordinator"));
  EXPECT_THAT(options.error().message, HasSubstr("ocibench keys publish"));
  EXPECT_EQ(parse({"run", "c.toml", "--key", "k"}).error().code, ErrorCode::usage);
  EXPECT_EQ(parse({"run", "--local", "c.toml", "--key", "k", "--agents", "a"}).error().code,
            ErrorCode::usage);
  EXPECT_TRUE(parse({"run", "c.toml", "--key", "k", "--agents", "a"}));
}

TEST(Options, RefusesARunWithoutAndWithTwoCampaigns) {
  EXPECT_EQ(parse({"run"}).error().code, ErrorCode::usage);
  EXPECT_EQ(parse({"run", "c.toml", "--resume", "r"}).error().code, ErrorCode::usage);
}

TEST(Options, ReadsWhatToDoWithTools) {
  EXPECT_EQ(std::get<ToolsOptions>(*parse({"tools", "list"})).action, ToolsOptions::Action::list);
  const auto install = std::get<ToolsOptions>(*parse({"tools", "install", "crane", "oras"}));
  EXPECT_EQ(install.action, ToolsOptions::Action::install);
  EXPECT_THAT(install.names, testing::ElementsAre("crane", "oras"));
  EXPECT_THAT(std::get<ToolsOptions>(*parse({"tools", "install", "--all"})).names, SizeIs(0));
  EXPECT_TRUE(std::get<ToolsOptions>(*parse({"tools", "list", "--tools", "mine"}))
                  .common.tools_directory.is_absolute());
  EXPECT_EQ(parse({"tools"}).error().code, ErrorCode::usage);
  EXPECT_EQ(parse({"tools", "install"}).error().code, ErrorCode::usage);
  EXPECT_EQ(parse({"tools", "install", "crane", "--all"}).error().code, ErrorCode::usage);
}

TEST(Options, ReadsWhatToObserve) {
  const auto options = parse({"wire", "crane", "--scenario", "warm", "--tls", "--json"});
  ASSERT_TRUE(options.has_value());
  const auto& wire = std::get<WireOptions>(*options);
  EXPECT_EQ(wire.tool, "crane");
  EXPECT_EQ(wire.scenario, "warm");
  EXPECT_EQ(wire.corpus, "one-image");
  EXPECT_TRUE(wire.tls);
  EXPECT_EQ(wire.common.output, Output::json);
  EXPECT_EQ(parse({"wire"}).error().code, ErrorCode::usage);
}

TEST(Options, NamesTheNearestCommand) {
  const auto options = parse({"plam", "c.toml"});
  ASSERT_FALSE(options.has_value());
  EXPECT_THAT(options.error().message, HasSubstr("did you mean `plan`?"));
}

TEST(Options, SaysWhichLogLevelsThereAre) {
  const auto options = parse({"plan", "c.toml", "--log-level", "loud"});
  ASSERT_FALSE(options.has_value());
  EXPECT_THAT(options.error().message, HasSubstr("debug, info, warning or error"));
}

TEST(Options, HelpsWithExamplesAndExitCodes) {
  const auto options = parse({"run", "--help"});
  ASSERT_TRUE(options.has_value());
  const std::string& text = std::get<HelpText>(*options).text;
  EXPECT_THAT(text, HasSubstr("--resume"));
  EXPECT_THAT(text, HasSubstr("Exit status:"));
}

TEST(Options, ReadsAnImageCopy) {
  const auto options = parse({"image", "copy", "--from", "a:1", "--to", "b:2", "lib/x:1", "m/x",
                              "--without", "mounts", "--without", "parallel", "--json"});
  ASSERT_TRUE(options) << options.error().message;
  const auto& copy = std::get<ImageCopyOptions>(*options);
  EXPECT_EQ(copy.from, "a:1");
  EXPECT_EQ(copy.image, "lib/x:1");
  EXPECT_EQ(copy.target_repository, "m/x");
  EXPECT_EQ(copy.copy.without,
            (std::set{oci::CopyOptimisation::mounts, oci::CopyOptimisation::parallel}));
  EXPECT_EQ(copy.output, Output::json);
}

TEST(Options, RefusesAnImageCopyThatIsNotClear) {
  const auto error = [](std::vector<const char*> more) {
    std::vector<const char*> words = {"image", "copy", "--from", "a", "--to", "b"};
    words.insert(words.end(), more.begin(), more.end());
    const auto options = parse(std::move(words));
    return options ? "" : options.error().message;
  };
  EXPECT_THAT(error({}), HasSubstr("either IMAGE and REPOSITORY or --images"));
  EXPECT_THAT(error({"x:1"}), HasSubstr("either IMAGE"));
  EXPECT_THAT(error({"x:1", "y", "--images", "f"}), HasSubstr("either IMAGE"));
  EXPECT_THAT(error({"x:1", "y", "--without", "magic"}), HasSubstr("knows no magic, but skip-"));
  EXPECT_THAT(error({"x:1", "y", "--connections", "0"}), HasSubstr("--connections"));
  EXPECT_THAT(error({"x:1", "y", "--plain-http", "--ca-file", "f"}), HasSubstr("excludes"));
  EXPECT_THAT(parse({"image", "copy", "--from", "a", "--to", "b/c", "x:1", "y"}).error().message,
              HasSubstr("\"b/c\" is no registry host"));
}

TEST(Options, HelpsWithTheExitCodesOfAnImageCopy) {
  const auto options = parse({"image", "copy", "--help"});
  const std::string& text = std::get<HelpText>(*options).text;
  EXPECT_THAT(text, HasSubstr("2    some are not"));
  EXPECT_THAT(text, HasSubstr("single-put"));
}

TEST(ImageList, HasALinePerImage) {
  const auto jobs = parse_image_list("# ours\na/b:1 m/b\r\n\n  a/c:v2\tm/c  ", "list");
  ASSERT_TRUE(jobs) << jobs.error().message;
  EXPECT_EQ(*jobs, (std::vector<oci::CopyJob>{{"a/b", "1", "m/b"}, {"a/c", "v2", "m/c"}}));
}

TEST(ImageList, SaysWhichLineIsWrong) {
  const auto message = [](std::string_view text) {
    return parse_image_list(text, "list").error().message;
  };
  EXPECT_THAT(message("a:1 b\na:2"), HasSubstr("list:2: expected"));
  EXPECT_THAT(message("a b"), HasSubstr("list:1: \"a\" is no repository:tag"));
  EXPECT_THAT(message("a:1 b c"), HasSubstr("\"b c\" is no repository name"));
  EXPECT_THAT(message("a:1 m\nb:1 m"), HasSubstr("list:2: m:1 is the destination of two images"));
  EXPECT_THAT(message("\n"), HasSubstr("names no images"));
}

TEST(Progress, ShowsHowFarTheCampaignIsInOneLine) {
  const Trial trial{.id = TrialId("cold/skopeo/r1"), .iterations = 5};
  const std::vector<Dispatcher::TrialView> trials = {{.trial = &trial,
                                                      .status = Dispatcher::TrialStatus::leased,
                                                      .attempt = 2,
                                                      .iterations_finished = 3,
                                                      .phase = Phase::measure,
                                                      .iteration = 4}};
  EXPECT_EQ(progress_text(trials, seconds(72), 120),
            "3/5 iterations  1:12  cold/skopeo/r1 measure 4/5 (attempt 2)");
  EXPECT_THAT(progress_text(trials, seconds(72), 30), SizeIs(29));
}

TEST(Progress, CountsNoIterationsWhereNoneArePlanned) {
  const Trial trial{
      .id = TrialId("cold/skopeo/observe"), .kind = TrialKind::observe, .iterations = 0};
  std::vector<Dispatcher::TrialView> trials = {{.trial = &trial}};
  EXPECT_EQ(progress_text(trials, seconds(2), 80), "0:02  waiting for an agent");
  trials[0].status = Dispatcher::TrialStatus::leased;
  trials[0].phase = Phase::populate;
  EXPECT_EQ(progress_text(trials, seconds(2), 80), "0:02  cold/skopeo/observe populate");
  trials[0].status = Dispatcher::TrialStatus::done;
  EXPECT_EQ(progress_text(trials, seconds(2), 80), "0:02  finishing");
}

TEST(LocalAgent, MayReadTheFoldersOfTheCampaignsOwnFiles) {
  const auto directory =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "local-agent-").value();
  const std::filesystem::path root = std::filesystem::canonical(directory.path());
  for (const char* folder : {"real", "named"}) {
    std::filesystem::create_directory(root / folder);
  }
  ASSERT_TRUE(write_file_atomically(root / "real/a.tar", "a"));
  std::filesystem::create_symlink(root / "real/a.tar", root / "named/a.tar");
  const auto named = [&](const std::string& file) {
    return LocalFile{(root / file).string(), "a", "1"};
  };
  EXPECT_THAT(directories_of({"local", LocalFileSpec{{named("named/a.tar"), named("real/a.tar"),
                                                      named("absent/b.tar")}}}),
              testing::ElementsAre(root / "absent", root / "real"));
  EXPECT_THAT(directories_of({"made", SyntheticSpec{}}), testing::IsEmpty());
}

}  // namespace
}  // namespace ocibench::coordinator
