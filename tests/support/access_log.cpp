#include "tests/support/access_log.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "common/json.hpp"

namespace ocibench::testing_support {
namespace {

using std::chrono::nanoseconds;

/// Go's time.Duration, such as "1m2.5s" or "826.116µs".
nanoseconds parse_duration(std::string_view text) {
  static const std::map<std::string, double, std::less<>> kUnits = {
      {"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}};
  double total = 0;
  std::string rest(text);
  while (!rest.empty()) {
    char* end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    const std::string after(end);
    const std::string unit = after.substr(0, after.find_first_of("0123456789"));
    const auto known = kUnits.find(unit);
    if (known == kUnits.end()) {
      return nanoseconds(-1);
    }
    total += value * known->second;
    rest = after.substr(unit.size());
  }
  return nanoseconds(std::llround(total));
}

/// "2026-11-22T01:03:28.638575232Z", with as many digits of a second as there are.
nanoseconds parse_time(const std::string& text) {
  std::tm calendar{};
  const char* const fraction = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &calendar);
  if (fraction == nullptr) {
    return nanoseconds(0);
  }
  const double part = *fraction == '.' ? std::strtod(fraction, nullptr) : 0;
  return std::chrono::seconds(::timegm(&calendar)) + nanoseconds(std::llround(part * 1e9));
}

std::optional<AccessRow> parse_row(std::string_view line) {
  const Result<Json> json = parse_json(line, "log");
  const Result<JsonObject> object =
      json ? JsonObject::open(*json, "log") : tl::unexpected(json.error());
  // An error has a line of its own, instead of the usual one.
  if (!object || !object->text("msg").value_or("").starts_with("response completed")) {
    return std::nullopt;
  }
  const nanoseconds ended = parse_time(object->text("time").value_or(""));
  return AccessRow{
      .method = object->text("http.request.method").value_or(""),
      .target = object->text("http.request.uri").value_or(""),
      .status = static_cast<int>(object->integer("http.response.status").value_or(0)),
      .peer = object->text("http.request.remoteaddr").value_or(""),
      .user_agent = object->text("http.request.useragent").value_or(""),
      .begun = ended - parse_duration(object->text("http.response.duration").value_or("")),
      .ended = ended};
}

}  // namespace

std::string AccessRow::text() const {
  return fmt::format("{} {} {}: {}", peer, method, target, status);
}

bool AccessRow::is(std::string_view wanted_method, std::string_view part_of_target) const {
  return method == wanted_method && target.find(part_of_target) != std::string::npos;
}

AccessLog parse_access_log(std::string_view log) {
  AccessLog found;
  for (std::size_t end = log.find('\n'); end != std::string_view::npos; end = log.find('\n')) {
    if (const auto row = parse_row(log.substr(0, end))) {
      found.push_back(*row);
    }
    log.remove_prefix(end + 1);
  }
  return found;
}

AccessLog rows(const AccessLog& log, std::string_view method, std::string_view part) {
  AccessLog found;
  std::ranges::copy_if(log, std::back_inserter(found),
                       [&](const AccessRow& row) { return row.is(method, part); });
  return found;
}

std::size_t connections(const AccessLog& log) {
  std::set<std::string> peers;
  for (const AccessRow& row : log) {
    peers.insert(row.peer);
  }
  return peers.size();
}

std::size_t most_at_once(const AccessLog& log) {
  std::size_t most = 0;
  for (const AccessRow& one : log) {
    most = std::max(
        most, static_cast<std::size_t>(std::ranges::count_if(log, [&](const AccessRow& other) {
          return other.begun <= one.begun && one.begun < other.ended;
        })));
  }
  return most;
}

std::string to_text(const AccessLog& log) {
  std::string text;
  for (const AccessRow& row : log) {
    text += row.text() + "\n";
  }
  return text;
}

}  // namespace ocibench::testing_support
