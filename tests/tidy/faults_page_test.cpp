// docs/reference/faults.md promises what tests hold: a row for each test of tests/fault, and a test
// of that name behind each row.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::tidy {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = OCIBENCH_SOURCE_DIR;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What the pattern captures, its groups joined by a dot.
std::set<std::string> found(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator each(text.begin(), text.end(), pattern), end; each != end; ++each) {
    names.insert((*each)[1].str() + "." + (*each)[2].str());
  }
  return names;
}

std::set<std::string> tests_below(const fs::path& folder) {
  std::set<std::string> tests;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".cpp") {
      tests.merge(found(content(entry.path()), std::regex(R"(\nTEST(?:_F)?\((\w+), (\w+)\))")));
    }
  }
  return tests;
}

TEST(FaultsPage, HasARowForEachTest) {
  const std::string page = content(kRoot / "docs/reference/faults.md");
  for (const std::string& test : tests_below(kRoot / "tests/fault")) {
    EXPECT_THAT(page, testing::HasSubstr("| `" + test + "`")) << test;
  }
}

TEST(FaultsPage, NamesNoTestThatIsNotThere) {
  const std::string page = content(kRoot / "docs/reference/faults.md");
  const auto named = found(page, std::regex(R"(`([A-Z]\w+)\.(\w+)`)"));
  EXPECT_GT(named.size(), 20U);
  const auto present = tests_below(kRoot / "tests");
  for (const std::string& test : named) {
    EXPECT_TRUE(present.contains(test)) << test;
  }
}

}  // namespace
}  // namespace ocibench::tidy
