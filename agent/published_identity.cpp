#include "agent/published_identity.hpp"

#include <cctype>
#include <string>
#include <string_view>
#include <utility>

namespace ocibench::agent {
namespace {

/// Whether a path may begin at `at`, and not only go on there.
bool begins(const std::string& text, std::size_t at) {
  return at == 0 || (std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0 &&
                     std::string_view("._-~").find(text[at - 1]) == std::string_view::npos);
}

std::string without(std::string text, const std::string& home) {
  const std::string folder = home + "/";
  for (std::size_t at = text.find(folder); at != std::string::npos;
       at = text.find(folder, at + 1)) {
    if (begins(text, at)) {
      text.replace(at, home.size(), "~");
    }
  }
  return text;
}

}  // namespace

SubjectIdentity published(SubjectIdentity identity, const std::filesystem::path& home) {
  std::string folder = home.lexically_normal().string();
  while (folder.ends_with('/')) {
    folder.pop_back();
  }
  if (!folder.starts_with('/')) {
    return identity;
  }
  for (BinaryIdentity& binary : identity.binaries) {
    binary.path = without(std::move(binary.path), folder);
  }
  identity.command = without(std::move(identity.command), folder);
  identity.config_text = without(std::move(identity.config_text), folder);
  return identity;
}

}  // namespace ocibench::agent
