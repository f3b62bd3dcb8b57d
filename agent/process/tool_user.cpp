#include "agent/process/tool_user.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <pwd.h>

#include "agent/process/escapees.hpp"

namespace ocibench::agent {
namespace {

/// A byte of it is locked for each user that an agent has taken; the kernel lets go of it when the
/// agent ends, however that is.
constexpr const char* kUsersInUse = "/run/ocibench-tool-users";

bool lock(const Fd& file, uid_t user) {
  struct flock byte {};
  byte.l_type = F_WRLCK;
  byte.l_whence = SEEK_SET;
  byte.l_start = static_cast<off_t>(user);
  byte.l_len = 1;
  return ::fcntl(file.get(), F_OFD_SETLK, &byte) == 0;
}

}  // namespace

Result<ToolUser> ToolUser::claim() {
  Fd file(::open(kUsersInUse, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    return fail_errno(fmt::format("cannot open {}", kUsersInUse), errno);
  }
  constexpr uid_t kCount = kLast - kFirst + 1;
  const uid_t start = std::random_device()() % kCount;
  for (uid_t i = 0; i < kCount; ++i) {
    const uid_t user = kFirst + (start + i) % kCount;
    if (lock(file, user)) {
      if (::getpwuid(user) == nullptr && processes_of(user).empty()) {
        return ToolUser(user, std::move(file));
      }
    }
  }
  return fail(ErrorCode::unavailable,
              fmt::format("every user from {} to {} is in use", kFirst, kLast));
}

}  // namespace ocibench::agent
