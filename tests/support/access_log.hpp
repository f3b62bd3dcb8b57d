#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ocibench::testing_support {

/// One request as docker-registry has logged it, when it was done with it.
struct AccessRow {
  std::string method;
  std::string target;  ///< path and query
  int status = 0;
  std::string peer;  ///< "address:port" of the client: one per connection
  std::string user_agent;
  std::chrono::nanoseconds begun{0};  ///< since the epoch
  std::chrono::nanoseconds ended{0};

  /// "GET /v2/...: 200", for messages.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is(std::string_view wanted_method, std::string_view part_of_target) const;
};

using AccessLog = std::vector<AccessRow>;

/// The requests in a log of docker-registry 2.8 with the JSON formatter, in the order in which they
/// ended. Lines that are something else, or not complete yet, count for nothing.
AccessLog parse_access_log(std::string_view log);

/// Those of one method whose target contains `part`.
AccessLog rows(const AccessLog& log, std::string_view method, std::string_view part = "");
/// How many different connections they came over.
std::size_t connections(const AccessLog& log);
/// The most that were being answered at one moment.
std::size_t most_at_once(const AccessLog& log);
/// A line per request, for messages.
std::string to_text(const AccessLog& log);

}  // namespace ocibench::testing_support
