#include "common/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/fd.hpp"

namespace ocibench {
namespace {

Result<void> write_all(int fd, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0) {
      if (errno == EINTR) {
        continue;
      }
      return fail_errno(fmt::format("cannot write {}", name), errno);
    }
    content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int saved = errno;
    if (saved == ENOENT || saved == ENOTDIR) {
      return fail(ErrorCode::not_found, fmt::format("no such file: {}", path.string()));
    }
    return fail_errno(fmt::format("cannot open {}", path.string()), saved);
  }
  std::string content;
  // Read rather than stat: files of /proc have no size.
  for (std::string chunk(64 * 1024, '\0');;) {
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EISDIR) {
      return fail(ErrorCode::bad_input,
                  fmt::format("{} is a folder where a file is expected", path.string()));
    }
    if (got < 0) {
      return fail_errno(fmt::format("cannot read {}", path.string()), errno);
    }
    if (got == 0) {
      return content;
    }
    if (content.size() + static_cast<std::size_t>(got) > max_bytes) {
      return fail(ErrorCode::limit,
                  fmt::format("{} is larger than {} bytes", path.string(), max_bytes));
    }
    content.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   FileReaders readers) {
  std::string name = path.string() + ".XXXXXX";
  const Fd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) {
    return fail_errno(fmt::format("cannot create a file beside {}", path.string()), errno);
  }
  Result<void> written = write_all(fd.get(), content, path.string());
  // mkstemp makes 0600, and results are meant to be read by others.
  const mode_t mode = readers == FileReaders::everyone ? 0644 : 0600;
  if (written && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
                  ::rename(name.c_str(), path.c_str()) != 0)) {
    written = fail_errno(fmt::format("cannot write {}", path.string()), errno);
  }
  if (!written) {
    ::unlink(name.c_str());
  }
  return written;
}

Result<TemporaryDirectory> TemporaryDirectory::create(const std::filesystem::path& parent,
                                                      std::string_view prefix) {
  for (;;) {
    std::string name = (parent / fmt::format("{}XXXXXX", prefix)).string();
    if (::mkdtemp(name.data()) == nullptr) {
      return fail_errno(fmt::format("cannot create a directory in {}", parent.string()), errno);
    }
    Fd lock(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock && errno != ENOENT) {
      const int error = errno;
      ::rmdir(name.c_str());
      return fail_errno(fmt::format("cannot open {}", name), error);
    }
    // Fails where a file system has no such locks: there remove_abandoned() removes nothing.
    if (lock) {
      (void)::flock(lock.get(), LOCK_EX);
    }
    // Otherwise remove_abandoned() of another process has seen it before it was locked.
    if (::access(name.c_str(), F_OK) == 0) {
      return TemporaryDirectory(name, std::move(lock));
    }
  }
}

TemporaryDirectory::TemporaryDirectory(std::filesystem::path path, Fd lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    lock_ = std::move(other.lock_);
  }
  return *this;
}

TemporaryDirectory::~TemporaryDirectory() { remove(); }

void TemporaryDirectory::remove() noexcept {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

}  // namespace ocibench
