#include "common/catalog/subject_finder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/installation.hpp"
#include "common/file.hpp"
#include "common/sha256.hpp"

namespace ocibench::catalog {
namespace {

using testing::HasSubstr;

Result<std::string> says_version(const std::vector<std::string>& argv) {
  return argv.at(1) + " true 9.1";
}

Program program() {
  return {.name = "true",
          .label = "true {{version}} (Debian 12)",
          .binaries = {"no-such-program-of-ocibench", "true"},
          .installation = {.method = Installation::Method::apt, .what = "coreutils"},
          .version = VersionProbe{.arguments = {"--version"}, .pattern = R"(true (\d+\.\d+))"}};
}

/// A program below a tools directory that cannot tell its version.
class InstalledProgram : public testing::Test {
 protected:
  InstalledProgram() {
    definition.version = VersionProbe{.from = VersionProbe::From::install_record};
    std::filesystem::create_directories(binary.parent_path());
    std::filesystem::copy("/bin/true", binary);
  }

  [[nodiscard]] Result<FoundProgram> find() const {
    return SubjectFinder({.tools_directory = tools.path(), .path = "/usr/bin:/bin"}, says_version)
        .find(definition);
  }

  TemporaryDirectory tools =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "finder-").value();
  std::filesystem::path binary = installed_folder(tools.path(), "true") / "true";
  Program definition = program();
};

TEST(SubjectFinder, PinsTheProgramByVersionAndContent) {
  const SubjectFinder finder({.path = "/usr/bin:/bin"}, says_version);
  const FoundProgram found = finder.find(program()).value();
  EXPECT_EQ(found.identity.label, "true 9.1 (Debian 12)");
  EXPECT_EQ(found.identity.version, "9.1");
  ASSERT_EQ(found.identity.binaries.size(), 1U);
  EXPECT_EQ(found.identity.binaries[0].sha256, sha256_hex_of_file(found.binary).value());
  EXPECT_EQ(found.identity.binaries[0].size_bytes, std::filesystem::file_size(found.binary));
}

TEST_F(InstalledProgram, IsNotRunWhereOthersMayReplaceIt) {
  ASSERT_TRUE(find());
  std::filesystem::permissions(tools.path() / "true", std::filesystem::perms::all);
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_THAT(found.error().message,
              HasSubstr("is not run: " + (tools.path() / "true").string() +
                        " may be written to by other users; use another folder"));
}

TEST(SubjectFinder, SaysHowToInstallWhatIsMissing) {
  const SubjectFinder finder({.path = "/nonexistent"}, says_version);
  const auto found = finder.find(program());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("apt-get install coreutils"));
}

TEST(SubjectFinder, RefusesAProgramThatCannotBeAsked) {
  const SubjectFinder finder({.path = "/usr/bin:/bin"}, [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::timeout, "no answer");
  });
  const auto found = finder.find(program());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("no answer"));
}

TEST(SubjectFinder, RefusesAProgramThatAnswersSomethingElse) {
  const SubjectFinder finder({.path = "/usr/bin:/bin"},
                             [](const auto&) -> Result<std::string> { return "hello"; });
  const auto found = finder.find(program());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("does not tell its version"));
}

TEST_F(InstalledProgram, ComesBeforeThePath) { EXPECT_EQ(find().value().binary, binary); }

TEST_F(InstalledProgram, HasTheVersionThatWasInstalled) {
  const std::string sha256 = sha256_hex_of_file(binary).value();
  ASSERT_TRUE(write_install_record(
      binary, {.tool = "true", .line = "make", .version = "0.5.2", .sha256 = sha256}));
  EXPECT_EQ(find().value().identity.label, "true 0.5.2 (Debian 12)");
}

TEST_F(InstalledProgram, IsNamedByItsHashWhenItWasReplaced) {
  const std::string other(64, 'a');
  ASSERT_TRUE(write_install_record(
      binary, {.tool = "true", .line = "make", .version = "0.5.2", .sha256 = other}));
  const std::string digits = sha256_hex_of_file(binary).value().substr(0, 12);
  EXPECT_EQ(find().value().identity.version, "of unknown version (sha256 " + digits + ")");
}

TEST_F(InstalledProgram, IsNamedByItsHashWithoutAReadableRecord) {
  ASSERT_TRUE(write_file_atomically(binary.parent_path() / "installed.json", "{\"tool\": 1"));
  EXPECT_THAT(find().value().identity.version, HasSubstr("unknown version"));
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
}  // namespace ocibench::catalog
