// Holds the folder table of docs/explanation/architecture.md and the habits of CONTRIBUTING.md:
// reads every source file and names file and line of what does not fit.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

struct Line {
  std::string file;  // relative to the root
  std::size_t number = 0;
  std::string text;

  [[nodiscard]] std::string where() const { return file + ":" + std::to_string(number); }
};

const fs::path kRoot = OCIBENCH_SOURCE_DIR;
constexpr std::array<std::string_view, 5> kFolders = {"common", "protocol", "agent", "coordinator",
                                                      "tests"};

std::vector<fs::path> source_files() {
  std::vector<fs::path> files;
  for (const std::string_view folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp") {
        files.push_back(fs::relative(entry.path(), kRoot));
      }
    }
  }
  std::ranges::sort(files);
  return files;
}

const std::vector<Line>& all_lines() {
  static const std::vector<Line> kLines = [] {
    std::vector<Line> lines;
    for (const fs::path& file : source_files()) {
      std::ifstream in(kRoot / file);
      std::string text;
      for (std::size_t number = 1; std::getline(in, text); ++number) {
        lines.push_back({file.string(), number, text});
      }
    }
    return lines;
  }();
  return kLines;
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return text.starts_with(p); });
}

/// Folder of a path for the include rules: the most specific entry of the table.
std::string_view room_of(std::string_view path) {
  static constexpr std::array<std::string_view, 10> kRooms = {
      "common/model/", "common/catalog/", "common/durable/", "common/http/", "common/oci/",
      "common/aws/",   "common/",         "protocol/",       "agent/",       "coordinator/"};
  const auto* const room =
      std::ranges::find_if(kRooms, [&](std::string_view r) { return path.starts_with(r); });
  return room == kRooms.end() ? "tests/" : *room;
}

const std::map<std::string_view, std::set<std::string_view>>& may_include() {
  static const std::map<std::string_view, std::set<std::string_view>> kTable = {
      {"common/", {"common/"}},
      {"common/model/", {"common/", "common/model/"}},
      {"common/catalog/", {"common/", "common/model/", "common/catalog/"}},
      {"common/durable/", {"common/", "common/model/", "common/durable/"}},
      {"common/http/", {"common/", "common/http/"}},
      {"common/oci/", {"common/", "common/model/", "common/http/", "common/oci/"}},
      {"common/aws/", {"common/", "common/http/", "common/aws/"}},
      {"protocol/", {"common/", "common/model/", "protocol/"}},
      {"agent/",
       {"common/", "common/model/", "common/catalog/", "common/durable/", "common/http/",
        "common/oci/", "common/aws/", "protocol/", "agent/"}},
      {"coordinator/",
       {"common/", "common/model/", "common/catalog/", "common/durable/", "common/http/",
        "common/oci/", "common/aws/", "protocol/", "coordinator/"}},
  };
  return kTable;
}

std::string include_of(const Line& line) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::smatch match;
  return std::regex_search(line.text, match, kInclude) ? match[1].str() : std::string();
}

TEST(House, FoldersIncludeOnlyWhatTheTableAllows) {
  for (const Line& line : all_lines()) {
    const std::string included = include_of(line);
    const std::string_view from = room_of(line.file);
    const std::string_view to = room_of(included);
    if (from == "tests/" || line.text.find('"') == std::string::npos) {
      continue;
    }
    if (to == "tests/") {
      EXPECT_FALSE(included.starts_with("tests/"))
          << line.where() << ": product code includes a test's header";
      continue;
    }
    EXPECT_TRUE(may_include().at(from).contains(to))
        << line.where() << ": " << from << " must not include " << included;
  }
}

TEST(House, ALibraryIsIncludedInOnePlace) {
  static const std::map<std::string_view, std::vector<std::string_view>> kPlaces = {
      {"zmq", {"protocol/"}},
      {"cereal/", {"protocol/"}},
      {"curl/", {"common/http/"}},
      {"openssl/",
       {"common/oci/digest.cpp", "common/base64.cpp", "common/sha256.cpp",
        "agent/target/certificate_authority.cpp"}},
      {"archive", {"common/oci/"}},
      {"sqlite3", {"common/durable/"}},
      {"toml++", {"common/toml.cpp"}},
      {"nlohmann/", {"common/json.hpp", "common/json.cpp"}},
      {"zlib", {"common/gzip.cpp"}},
      {"spdlog/", {"common/log.cpp"}},
      {"mustache", {"common/catalog/template.cpp"}},
      {"CLI/", {"agent/options.cpp", "coordinator/options.cpp"}},
      {"httplib", {"tests/"}},
      {"gtest/", {"tests/"}},
  };
  for (const Line& line : all_lines()) {
    const std::string included = include_of(line);
    if (included.empty() || line.text.find('"') != std::string::npos) {
      continue;
    }
    for (const auto& [library, places] : kPlaces) {
      if (included.starts_with(library) && !line.file.starts_with("tests/")) {
        EXPECT_TRUE(starts_with_any(line.file, places))
            << line.where() << ": <" << included << "> belongs in " << places.front();
      }
    }
  }
}

TEST(House, WhatHidesTimeOrTheEnvironmentStaysInItsOneFile) {
  struct Ban {
    std::regex what;
    std::vector<std::string_view> allowed;
    std::string_view instead;
  };
  static const std::vector<Ban> kBans = {
      {std::regex(R"(system_clock::now|steady_clock::now)"), {"common/clock.cpp"}, "a Clock&"},
      {std::regex(R"(sleep_for|\busleep\(|\bsleep\()"), {"tests/"}, "poll with a deadline"},
      {std::regex(R"(\bgetenv\()"), {"common/host.cpp", "tests/"}, "common/host.hpp"},
      {std::regex(R"(\bs?rand\()"), {}, "a seeded generator"},
      {std::regex(R"(std::endl)"), {}, "'\\n'"},
      {std::regex(R"(^\s*using namespace )"), {}, "names"},
      {std::regex(R"(std::views|std::format)"), {}, "range algorithms, fmt::format"},
      {std::regex(R"(class \w*(Manager|Helper|Util|Handler|Impl)\b)"), {}, "a noun of the house"},
  };
  for (const Line& line : all_lines()) {
    if (line.file == "tests/tidy/house_rules_test.cpp") {
      continue;
    }
    for (const Ban& ban : kBans) {
      if (std::regex_search(line.text, ban.what)) {
        EXPECT_TRUE(starts_with_any(line.file, ban.allowed))
            << line.where() << ": " << line.text << "\n  use " << ban.instead;
      }
    }
  }
}

TEST(House, LinesHaveAtMostAHundredColumns) {
  for (const Line& line : all_lines()) {
    const bool literal =
        line.text.find("R\"") != std::string::npos || line.text.find("http") != std::string::npos;
    // Count characters, not bytes: UTF-8 continuation bytes are 10xxxxxx.
    const auto columns = std::ranges::count_if(
        line.text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    EXPECT_TRUE(columns <= 100 || literal) << line.where() << " has " << columns << " columns";
  }
}

TEST(House, FilesKeepToOneReasonToChange) {
  std::map<std::string, std::size_t> sizes;
  for (const Line& line : all_lines()) {
    sizes[line.file] = line.number;
  }
  for (const auto& [file, size] : sizes) {
    const std::size_t most = file.ends_with(".hpp") ? 250 : 500;
    EXPECT_LE(size, most) << file << " has " << size << " lines: find the second reason";
  }
}

TEST(House, EveryTestFileIsBuiltAndAsserts) {
  std::string cmake;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    if (entry.path().filename() == "CMakeLists.txt") {
      std::ifstream in(entry.path());
      cmake += std::string(std::istreambuf_iterator<char>(in), {});
    }
  }
  std::map<std::string, bool> asserts;
  static const std::regex kAssertion(R"(EXPECT_|ASSERT_|RC_ASSERT|FAIL\()");
  for (const Line& line : all_lines()) {
    if (line.file.starts_with("tests/") && line.file.ends_with("_test.cpp")) {
      asserts[line.file] |= std::regex_search(line.text, kAssertion);
    }
  }
  for (const auto& [file, does] : asserts) {
    EXPECT_TRUE(does) << file << " asserts nothing";
    EXPECT_NE(cmake.find(fs::path(file).filename().string()), std::string::npos)
        << file << " is in no CMakeLists.txt";
  }
}

TEST(House, EveryHeaderHasAPragmaOnce) {
  std::set<std::string> with;
  std::set<std::string> headers;
  for (const Line& line : all_lines()) {
    if (line.file.ends_with(".hpp")) {
      headers.insert(line.file);
      if (line.text == "#pragma once") {
        with.insert(line.file);
      }
    }
  }
  for (const std::string& header : headers) {
    EXPECT_TRUE(with.contains(header)) << header;
  }
}

}  // namespace
