#include "common/folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "common/fd.hpp"

namespace ocibench {

namespace fs = std::filesystem;

Result<void> sync_path(const fs::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return fail_errno(fmt::format("cannot sync {}", path.string()), errno);
  }
  return {};
}

Result<void> sync_tree(const fs::path& directory) {
  std::error_code error;
  for (fs::recursive_directory_iterator each(directory, error), end; !error && each != end;
       each.increment(error)) {
    const fs::file_status status = each->symlink_status(error);
    if (!error && (fs::is_regular_file(status) || fs::is_directory(status))) {
      if (Result<void> synced = sync_path(each->path()); !synced) {
        return synced;
      }
    }
  }
  if (error) {
    return fail_errno(fmt::format("cannot sync {}", directory.string()), error.value());
  }
  return sync_path(directory);
}

Result<Renamed> rename_directory(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return Renamed::done;
  }
  if (errno == EEXIST) {
    return Renamed::taken;
  }
  if (errno == EINVAL || errno == ENOSYS) {
    return claim_and_rename(from, to);
  }
  return fail_errno(fmt::format("cannot rename {} to {}", from.string(), to.string()), errno);
}

Result<Renamed> claim_and_rename(const fs::path& from, const fs::path& to) {
  constexpr mode_t kForAll = 0755;
  if (::mkdir(to.c_str(), kForAll) != 0) {
    return errno == EEXIST ? Result<Renamed>(Renamed::taken)
                           : fail_errno(fmt::format("cannot create {}", to.string()), errno);
  }
  if (::rename(from.c_str(), to.c_str()) == 0) {
    return Renamed::done;
  }
  const int error = errno;
  if (error == EEXIST || error == ENOTEMPTY) {
    return Renamed::taken;  // filled by another meanwhile
  }
  ::rmdir(to.c_str());
  return fail_errno(fmt::format("cannot rename {} to {}", from.string(), to.string()), error);
}

std::vector<fs::path> remove_abandoned(const fs::path& parent, std::string_view prefix) {
  std::vector<fs::path> removed;
  std::error_code error;
  for (fs::directory_iterator each(parent, error), end; !error && each != end;
       each.increment(error)) {
    if (!each->path().filename().string().starts_with(prefix)) {
      continue;
    }
    const Fd fd(::open(each->path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      continue;  // its owner lives
    }
    std::error_code failed;
    fs::remove_all(each->path(), failed);
    if (!failed) {
      removed.push_back(each->path());
    }
  }
  return removed;
}

}  // namespace ocibench
