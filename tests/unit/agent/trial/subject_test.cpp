#include "agent/subject.hpp"

#include <gtest/gtest.h>

#include "common/sha256.hpp"

namespace ocibench::agent {
namespace {

Result<std::string> says_version(const std::vector<std::string>& argv) {
  return argv.at(1) + " true 9.1";
}

catalog::Program program() {
  return {.name = "true",
          .label = "true {{version}} (Debian 12)",
          .binaries = {"no-such-program-of-ocibench", "true"},
          .install = "apt-get install coreutils",
          .version = catalog::VersionProbe{{"--version"}, R"(true (\d+\.\d+))"}};
}

TEST(SubjectFinder, PinsTheProgramByVersionAndContent) {
  const SubjectFinder finder("/usr/bin:/bin", says_version);
  const FoundProgram found = finder.find(program()).value();
  EXPECT_EQ(found.identity.label, "true 9.1 (Debian 12)");
  EXPECT_EQ(found.identity.version, "9.1");
  ASSERT_EQ(found.identity.binaries.size(), 1U);
  EXPECT_EQ(found.identity.binaries[0].sha256, sha256_hex_of_file(found.binary).value());
  EXPECT_EQ(found.identity.binaries[0].size_bytes, std::filesystem::file_size(found.binary));
}

TEST(SubjectFinder, SaysHowToInstallWhatIsMissing) {
  const SubjectFinder finder("/nonexistent", says_version);
  const auto found = finder.find(program());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_NE(found.error().message.find("apt-get install coreutils"), std::string::npos);
}

TEST(SubjectFinder, RefusesAProgramThatCannotBeAsked) {
  const SubjectFinder finder("/usr/bin:/bin", [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::timeout, "no answer");
  });
  const auto found = finder.find(program());
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("no answer"), std::string::npos);
}

TEST(SubjectFinder, LeavesAnUntoldVersionEmpty) {
  const SubjectFinder finder("/usr/bin:/bin",
                             [](const auto&) -> Result<std::string> { return "hello"; });
  EXPECT_EQ(finder.find(program()).value().identity.label, "true (Debian 12)");
}

TEST(Subject, QuotesTheCommandForAShell) {
  const SubjectIdentity identity =
      with_command({}, {.argv = {"/bin/tool", "a b", "it's", "", "--x=1"}});
  EXPECT_EQ(identity.command, R"(/bin/tool 'a b' 'it'\''s' '' --x=1)");
}

TEST(Subject, KeepsTheTextOfItsFiles) {
  EXPECT_EQ(with_command({}, {.files = {{"a.yml", "x: 1\n"}}}).config_text, "x: 1\n");
  EXPECT_EQ(with_command({}, {.files = {{"a", "1\n"}, {"b", "2\n"}}}).config_text,
            "# a\n1\n# b\n2\n");
}

}  // namespace
}  // namespace ocibench::agent
