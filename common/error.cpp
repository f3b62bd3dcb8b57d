#include "common/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

namespace ocibench {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage: return "usage";
    case ErrorCode::bad_input: return "bad input";
    case ErrorCode::not_found: return "not found";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::io: return "i/o";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::limit: return "limit";
    case ErrorCode::internal: return "internal";
  }
  return "unknown";
}

Error Error::with_context(std::string_view context) const {
  return {code, fmt::format("{}: {}", context, message)};
}

tl::unexpected<Error> fail_errno(std::string_view what, int errno_value) {
  return fail(ErrorCode::io,
              fmt::format("{}: {}", what, std::generic_category().message(errno_value)));
}

ExitCode exit_code_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage: return ExitCode::usage;
    case ErrorCode::bad_input:
    case ErrorCode::not_found: return ExitCode::bad_input;
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::conflict: return ExitCode::incomplete;
    case ErrorCode::io: return ExitCode::io;
    case ErrorCode::limit:
    case ErrorCode::internal: return ExitCode::internal;
  }
  return ExitCode::internal;
}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "ocibench: internal error: %s does not hold (%s:%d)\n", expression, file,
               line);
  std::abort();
}

}  // namespace ocibench
