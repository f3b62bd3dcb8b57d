#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace ocibench::testing_support {

/// What `work` returns in a child process, which it may change as it likes: become another user,
/// refuse itself system calls. "died" when it did not come to an end.
std::string in_child(const std::function<std::string()>& work);

/// For good, with no other group. False where that is not allowed.
bool become(uid_t user);

/// Refuses the system call with this error from now on, as container runtimes do.
bool refuse_system_call(long number, int error);

}  // namespace ocibench::testing_support
