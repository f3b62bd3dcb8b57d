#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace ocibench {

/// What kind of failure it is, as far as a caller can act on it. Few on purpose: the message tells
/// the rest. `exit_code_for` (below) is the only place where a code becomes an exit status.
enum class ErrorCode {
  usage,        ///< the command line is wrong
  bad_input,    ///< a file, frame or answer from outside is malformed
  not_found,    ///< a named thing does not exist
  unavailable,  ///< a peer, program or package is absent or refuses
  io,           ///< the operating system refused or failed
  timeout,      ///< a deadline passed
  conflict,     ///< the state does not allow it (already there, moved meanwhile, wrong order)
  limit,        ///< a named limit would be exceeded
  internal,     ///< our own failure
};

std::string_view to_string(ErrorCode code);

/// An expected failure: a code to act on and a sentence for a person.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  /// The same error seen from one level up: "context: message".
  [[nodiscard]] Error with_context(std::string_view context) const;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

/// The failing value of a Result: `return fail(ErrorCode::io, "cannot open ...")`.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Passes an error up with context: `return fail(result.error(), "reading plan.json")`.
inline tl::unexpected<Error> fail(const Error& error, std::string_view context) {
  return tl::unexpected<Error>(error.with_context(context));
}

/// An error of the operating system: "what: strerror(errno_value)".
tl::unexpected<Error> fail_errno(std::string_view what, int errno_value);

/// Exit statuses of both programs, as documented in docs/reference/cli.md.
enum class ExitCode : int {
  valid = 0,
  threshold = 1,
  incomplete = 2,
  not_uploaded = 3,
  usage = 64,
  bad_input = 65,
  internal = 70,
  io = 74,  ///< sysexits.h EX_IOERR: no space, no permission, a device that fails
  interrupted = 130,
};

ExitCode exit_code_for(ErrorCode code);

/// A broken invariant of ours: prints where and what, then aborts. On in every build.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace ocibench

#define OCIBENCH_ASSERT(expression)    \
  ((expression) ? static_cast<void>(0) \
                : ::ocibench::assertion_failed(#expression, __FILE__, __LINE__))
