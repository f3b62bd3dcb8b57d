#include "coordinator/tool_installer.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/installation.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Method = catalog::Installation::Method;

/// A toolchain that says which it is and "builds" by copying /bin/true.
class ToolInstallerTest : public testing::Test {
 protected:
  ToolInstallerTest() {
    fs::create_directories(toolchain);
    fs::copy("/bin/true", toolchain / "go");
    program = {
        .name = "made",
        .label = "made {{version}}",
        .binaries = {"made"},
        .installation = {.method = Method::go, .what = "example.org/made", .version = "v1.2"},
        .version = catalog::VersionProbe{.from = catalog::VersionProbe::From::install_record}};
  }

  Result<std::string> install() {
    const catalog::SubjectFinder finder({.tools_directory = tools, .path = toolchain}, probe());
    ToolInstaller installer({.clock = clock,
                             .catalog = catalog,
                             .finder = finder,
                             .probe = probe(),
                             .run = [this](const auto& argv) { return run(argv); },
                             .tools_directory = tools,
                             .path = toolchain});
    return installer.install(program);
  }

  catalog::ProbeProgram probe() {
    return [this](const std::vector<std::string>&) -> Result<std::string> { return go_version; };
  }

  Result<void> run(const std::vector<std::string>& argv) {
    commands.push_back(argv);
    if (build_fails) {
      return fail(ErrorCode::unavailable, "it ended with 1");
    }
    const fs::path folder = catalog::installed_folder(tools, program.name);
    fs::create_directories(folder);
    fs::copy("/bin/true", folder / "made");
    return {};
  }

  [[nodiscard]] std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(tools)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  TemporaryDirectory directory =
      TemporaryDirectory::create(fs::temp_directory_path(), "installer-").value();
  fs::path toolchain = directory.path() / "toolchain";
  fs::path tools = directory.path() / "tools";
  std::string go_version = "go1.26.8\n";
  bool build_fails = false;
  SystemClock clock;
  catalog::Catalog catalog = catalog::Catalog::load(OCIBENCH_SOURCE_DIR).value();
  catalog::Program program;
  std::vector<std::vector<std::string>> commands;
};

TEST_F(ToolInstallerTest, BuildsRecordsAndCleansUp) {
  EXPECT_THAT(install().value(), HasSubstr("made: installed made 1.2"));
  const auto record =
      catalog::read_install_record(catalog::installed_folder(tools, "made") / "made").value();
  EXPECT_EQ(record.version, "1.2");
  EXPECT_EQ(record.line, "CGO_ENABLED=0 go install example.org/made@v1.2");
  EXPECT_THAT(entries(), testing::ElementsAre("made")) << "no cache stays behind";
}

TEST_F(ToolInstallerTest, DoesNothingTwice) {
  ASSERT_TRUE(install());
  EXPECT_THAT(install().value(), HasSubstr("already there"));
  EXPECT_THAT(commands, SizeIs(1));
}

TEST_F(ToolInstallerTest, BuildsAgainWhenThePinMoved) {
  ASSERT_TRUE(install());
  program.installation.version = "v1.3";
  fs::remove(catalog::installed_folder(tools, "made") / "made");
  EXPECT_THAT(install().value(), HasSubstr("made 1.3"));
}

TEST_F(ToolInstallerTest, SaysWhichToolchainIsMissing) {
  go_version = "go1.19.8\n";
  EXPECT_THAT(install().error().message, HasSubstr("needs Go 1.21 or later"));
  fs::remove(toolchain / "go");
  EXPECT_THAT(install().error().message, HasSubstr("there is none on the PATH"));
  program.installation.method = Method::cargo;
  EXPECT_THAT(install().error().message, HasSubstr("there is no cargo on the PATH"));
  EXPECT_THAT(commands, IsEmpty());
}

TEST_F(ToolInstallerTest, LeavesNoRecordOfABuildThatFailed) {
  build_fails = true;
  EXPECT_THAT(install().error().message, HasSubstr("example.org/made@v1.2: it ended with 1"));
  EXPECT_FALSE(
      catalog::read_install_record(catalog::installed_folder(tools, "made") / "made").has_value());
}

TEST_F(ToolInstallerTest, LeavesAPackageAloneThatIsThere) {
  program = {.name = "true",
             .label = "true",
             .binaries = {"/bin/true"},
             .installation = {.method = Method::apt, .what = "coreutils"}};
  EXPECT_THAT(install().value(), HasSubstr("already there, /bin/true"));
  EXPECT_THAT(commands, IsEmpty());
}

TEST_F(ToolInstallerTest, SaysWhatAPersonHasToDo) {
  program.installation = {.method = Method::manual, .what = "ask the vendor"};
  EXPECT_THAT(install().error().message, HasSubstr("ask the vendor"));
}

TEST(RunOnTerminal, TellsHowACommandEnded) {
  EXPECT_TRUE(run_on_terminal({"true"}));
  EXPECT_EQ(run_on_terminal({"sh", "-c", "exit 3"}).error().message, "it ended with 3");
  EXPECT_THAT(run_on_terminal({"no-such-program-of-ocibench"}).error().message,
              HasSubstr("cannot run"));
}

}  // namespace
}  // namespace ocibench::coordinator
