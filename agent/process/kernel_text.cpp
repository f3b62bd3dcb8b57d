#include "agent/process/kernel_text.hpp"

#include <cstdint>
#include <sstream>

#include "common/file.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint64_t kMaxFileBytes = 4 * 1024 * 1024;

}  // namespace

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::istringstream stream(read_file(file, kMaxFileBytes).value_or(std::string()));
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) {
    result.push_back(word);
  }
  return result;
}

}  // namespace ocibench::agent
