#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// A request as the recording proxy saw it from the tool's side.
struct LoggedRequest {
  WallTime ended{};                  ///< when the answer had been sent, or the connection was gone
  std::uint64_t connection = 0;      ///< number of its connection, unique within one recording
  std::string method;                ///< empty where what came was no request
  std::string target;                ///< path and query as sent
  std::int32_t status = 0;           ///< 499: the tool hung up before it was answered; 0: no answer
  std::uint64_t received_bytes = 0;  ///< from the tool, with headers
  std::uint64_t sent_bytes = 0;      ///< to it, with headers
  std::string user_agent;

  friend bool operator==(const LoggedRequest&, const LoggedRequest&) = default;
};

/// Longer lines are refused: a request line and its headers are bounded by the proxy.
inline constexpr std::size_t kMaxLogLineBytes = 256 * 1024;

/// A line of nginx's access log in the format that proxy_config() asks for: one JSON object.
/// Errors: bad_input with the key, limit.
Result<LoggedRequest> parse_log_line(std::string_view line);

/// Every line, in the order in which the requests ended.
/// Errors: as parse_log_line, with the line's number; bad_input when the last line has no end.
Result<std::vector<LoggedRequest>> parse_access_log(std::string_view text);

}  // namespace ocibench::agent
