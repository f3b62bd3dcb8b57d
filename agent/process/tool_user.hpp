#pragma once

#include <sys/types.h>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench::agent {

/// A user without a name, a file or a process, for tools alone, as long as the object lives.
class ToolUser {
 public:
  /// Of the range that systemd keeps for dynamic users: nobody else hands these out.
  /// https://systemd.io/UIDS-GIDS/
  static constexpr uid_t kFirst = 61184;
  static constexpr uid_t kLast = 65519;

  /// Takes one that has no entry, no process, and no other agent of this host.
  /// Errors: io, unavailable (none is left).
  static Result<ToolUser> claim();

  [[nodiscard]] uid_t id() const { return id_; }

 private:
  ToolUser(uid_t id, Fd lock) : id_(id), lock_(std::move(lock)) {}
  uid_t id_;
  Fd lock_;
};

}  // namespace ocibench::agent
