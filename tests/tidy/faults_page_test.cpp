// docs/reference/faults.md and docs/explanation/trust.md promise what tests hold: a row for each
// test of tests/fault, and a test of that name behind each row.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
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
      tests.merge(found(content(entry.path()),
                        std::regex(R"(\n(?:TYPED_)?TEST(?:_F|_P)?\((\w+), (\w+)\))")));
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

void expect_only_tests_that_exist(const std::string& page) {
  const auto named = found(content(kRoot / page), std::regex(R"(`([A-Z]\w+)\.(\w+)`)"));
  EXPECT_GT(named.size(), 20U) << page;
  const auto present = tests_below(kRoot / "tests");
  for (const std::string& test : named) {
    EXPECT_TRUE(present.contains(test)) << page << ": " << test;
  }
}

TEST(FaultsPage, NamesNoTestThatIsNotThere) {
  expect_only_tests_that_exist("docs/reference/faults.md");
}

TEST(TrustPage, NamesNoTestThatIsNotThere) {
  expect_only_tests_that_exist("docs/explanation/trust.md");
}

/// The last column of each row of a table names a test, or at least one of the project's checks.
TEST(TrustPage, HasATestInEachRow) {
  std::istringstream page(content(kRoot / "docs/explanation/trust.md"));
  int rows = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| ") && !line.starts_with("| it ") && !line.starts_with("| they ")) {
      ++rows;
      EXPECT_TRUE(std::regex_search(line, std::regex(R"(\| [^|]*`[\w/.]+`[^|]*\|$)"))) << line;
    }
  }
  EXPECT_GT(rows, 20);
}

}  // namespace
}  // namespace ocibench::tidy
