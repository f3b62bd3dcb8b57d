#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::agent {

/// Tells the service manager how we are: "READY=1", "STOPPING=1", "STATUS=...", one a line.
/// `socket` is $NOTIFY_SOCKET: a path, or with a leading '@' an abstract name. sd_notify(3).
/// Never blocks. Errors: bad_input (no such address), io.
Result<void> notify_service(const std::string& socket, std::string_view state);

}  // namespace ocibench::agent
