#include "agent/process/nameless_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

namespace ocibench::agent {

Result<Fd> nameless_file(const std::filesystem::path& directory) {
  Fd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) {  // not every file system has O_TMPFILE
    std::string name = (directory / ".ocibench-XXXXXX").string();
    fd = Fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd) {
      return fail_errno(fmt::format("cannot create a file in {}", directory.string()), errno);
    }
    ::unlink(name.c_str());
  }
  return fd;
}

}  // namespace ocibench::agent
