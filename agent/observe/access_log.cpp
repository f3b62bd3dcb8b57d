#include "agent/observe/access_log.hpp"

#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"

namespace ocibench::agent {
namespace {

constexpr std::string_view kOrigin = "access log";
constexpr std::size_t kMilliDigits = 3;
constexpr std::size_t kMaxSecondDigits = 11;  // until the year 5138
constexpr std::int32_t kMaxStatus = 999;

/// All of `text` as a decimal number.
template <class T>
std::optional<T> parse_digits(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return digits && error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

/// Seconds since 1970 with three decimals, nginx's $msec: "1763757437.123".
std::optional<WallTime> parse_time(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == text.npos || point > kMaxSecondDigits || text.size() != point + 1 + kMilliDigits) {
    return std::nullopt;
  }
  const auto seconds = parse_digits<std::int64_t>(text.substr(0, point));
  const auto millis = parse_digits<std::int64_t>(text.substr(point + 1));
  if (!seconds || !millis) {
    return std::nullopt;
  }
  return WallTime(std::chrono::seconds(*seconds) + std::chrono::milliseconds(*millis));
}

tl::unexpected<Error> bad_value(std::string_view key) {
  return fail(ErrorCode::bad_input, fmt::format("{}: not what nginx writes as {}", kOrigin, key));
}

/// Texts of the line that have an inner form.
Result<void> read_inner(const JsonObject& line, LoggedRequest& request) {
  const Result<std::string> ended = line.text("ended");
  const Result<std::string> status = line.text("status");
  if (!ended || !status) {
    return tl::unexpected(ended ? status.error() : ended.error());
  }
  const std::optional<WallTime> time = parse_time(*ended);
  const auto number = parse_digits<std::int32_t>(*status);
  if (!time) {
    return bad_value("$msec");
  }
  if (!number || *number > kMaxStatus) {
    return bad_value("$status");
  }
  request.ended = *time;
  request.status = *number;
  return {};
}

Result<void> read_texts(const JsonObject& line, LoggedRequest& request) {
  for (const auto& [key, member] :
       {std::pair("method", &LoggedRequest::method), std::pair("target", &LoggedRequest::target),
        std::pair("agent", &LoggedRequest::user_agent)}) {
    Result<std::string> text = line.text(key);
    if (!text) {
      return tl::unexpected(std::move(text.error()));
    }
    request.*member = *std::move(text);
  }
  return {};
}

Result<void> read_numbers(const JsonObject& line, LoggedRequest& request) {
  for (const auto& [key, member] : {std::pair("connection", &LoggedRequest::connection),
                                    std::pair("received", &LoggedRequest::received_bytes),
                                    std::pair("sent", &LoggedRequest::sent_bytes)}) {
    const Result<std::uint64_t> number = line.unsigned_integer(key);
    if (!number) {
      return tl::unexpected(number.error());
    }
    request.*member = *number;
  }
  return {};
}

}  // namespace

Result<LoggedRequest> parse_log_line(std::string_view line) {
  const Result<Json> json =
      parse_json(line, kOrigin, {.max_bytes = kMaxLogLineBytes, .max_depth = 1});
  if (!json) {
    return tl::unexpected(json.error());
  }
  const Result<JsonObject> object = JsonObject::open(*json, std::string(kOrigin));
  if (!object) {
    return tl::unexpected(object.error());
  }
  LoggedRequest request;
  return read_inner(*object, request)
      .and_then([&] { return read_texts(*object, request); })
      .and_then([&] { return read_numbers(*object, request); })
      .map([&] { return std::move(request); });
}

Result<std::vector<LoggedRequest>> parse_access_log(std::string_view text) {
  std::vector<LoggedRequest> requests;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    Result<LoggedRequest> request = end == text.npos
                                        ? fail(ErrorCode::bad_input, "it ends within a line")
                                        : parse_log_line(text.substr(0, end));
    if (!request) {
      return fail(request.error(), fmt::format("request {}", requests.size() + 1));
    }
    requests.push_back(*std::move(request));
    text.remove_prefix(end + 1);
  }
  return requests;
}

}  // namespace ocibench::agent
