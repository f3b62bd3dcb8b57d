#include "common/version.hpp"

#include "git_sha.inc"

namespace ocibench {

std::string_view version() { return OCIBENCH_VERSION; }
std::string_view git_sha() { return kGitSha; }

std::string_view compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace ocibench
